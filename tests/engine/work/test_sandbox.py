"""The command lines that confine a build."""

from pathlib import Path

import msgspec

from engine.work import sandbox
from engine.work.sandbox import Confinement, Machine, Mount
from state.files import BuildPaths
from tests.engine.work.running import confine

MACHINE = Machine(
    bwrap="/usr/bin/bwrap",
    timeout="/usr/bin/timeout",
    prlimit="/usr/bin/prlimit",
    links=("bin", "lib"),
    folders=("opt",),
    process_limit="cgroup",
    memory_limit="cgroup",
)


def made(command: str = "make it", **changes) -> Confinement:
    return confine(BuildPaths(Path("/w/.midwatch/builds/b-1")), command, **changes)


def words_of(c: Confinement, machine: Machine = MACHINE, devices: dict[str, str] | None = None) -> list[str]:
    data = sandbox.sealed(c, machine, devices)
    assert data.endswith(b"\0")
    return data[:-1].decode().split("\0")


def test_the_clock_stands_outside_the_sandbox():
    """The limit of time is kept by a program around bubblewrap, with nothing but SIGKILL."""
    words = sandbox.argv(made(limits={"time_s": 90.5}), MACHINE, "/s", 7)
    assert words.index("/usr/bin/timeout") < words.index("/usr/bin/bwrap")
    assert words[words.index("/usr/bin/timeout") : words.index("/usr/bin/bwrap")][1:] == [
        "--verbose",
        "--signal=KILL",
        "90.500",
    ]


def test_the_clock_leaves_room_for_a_hold():
    """It cannot tell when the build stood still, so it gives it that time besides."""
    words = sandbox.argv(made(limits={"time_s": 90.0, "hold_s": 30.0}), MACHINE, "/s", 7)
    assert "120.000" in words and "90.000" not in words


def test_a_limit_of_no_time_is_not_a_limit_of_none():
    """A limit of zero seconds ends a build at once, although `timeout 0` would never."""
    words = sandbox.argv(made(limits={"time_s": 0.0}), MACHINE, "/s", 7)
    assert "0.001" in words


def test_what_is_granted_is_in_no_command_line():
    """The environment of a build is handed over apart from the command line."""
    c = made(env={"KEY": "sk-virtual"})
    assert not any("sk-virtual" in word for word in sandbox.argv(c, MACHINE, "/s", 7))
    words = words_of(c)
    assert words[words.index("KEY") - 1 : words.index("KEY") + 2] == ["--setenv", "KEY", "sk-virtual"]


def test_the_environment_is_bare_but_for_what_is_granted():
    """A build gets a path, a home and a language, and its grants win over those."""
    assert set(sandbox.environment(made(), "/h")) == {"PATH", "HOME", "LANG"}
    assert sandbox.environment(made(env={"LANG": "de_DE.UTF-8"}), "/h")["LANG"] == "de_DE.UTF-8"


def test_every_wall_is_there():
    """Every namespace is new, every capability dropped, and the root, /proc and /dev are closed at the very end."""
    words = words_of(made(mounts=(Mount(host="/srv/data", inside="/data"),)))
    for word in ("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--clearenv"):
        assert word in words
    assert words[words.index("--cap-drop") + 1] == "ALL"
    assert words[-6:] == ["--remount-ro", "/", "--remount-ro", "/proc", "--remount-ro", "/dev"]
    assert words[words.index("/srv/data") - 1 : words.index("/srv/data") + 2] == ["--ro-bind", "/srv/data", "/data"]


def test_one_folder_only_can_be_written_to():
    """Of the machine's folders only the work folder is bound writable."""
    words = words_of(made())
    assert [words[i + 1 : i + 3] for i, word in enumerate(words) if word == "--bind"] == [
        ["/w/.midwatch/builds/b-1/work", "/work"]
    ]


def test_every_folder_in_memory_has_a_size():
    """No file system in memory that a build can write to is without a limit."""
    words = words_of(made(limits={"tmp_bytes": 12345}))
    for at in [i for i, word in enumerate(words) if word == "--tmpfs"]:
        assert words[at - 2 : at] == ["--size", "12345"]


def test_the_system_is_shown_as_it_is_built_here():
    """Folders of the root that are links stay links, and real ones are bound."""
    words = words_of(made())
    assert words[words.index("usr/bin") - 1 : words.index("usr/bin") + 2] == ["--symlink", "usr/bin", "/bin"]
    assert words[words.index("/opt") - 1] == "--ro-bind"


def test_devices_of_its_own_replace_the_machines():
    """Where device files are given they cover those that bubblewrap would show."""
    words = words_of(made(), devices={"null": "/b/dev/null"})
    assert words.index("--dev") < words.index("--dev-bind")
    assert words[words.index("--dev-bind") :][:3] == ["--dev-bind", "/b/dev/null", "/dev/null"]


def test_processes_are_limited_inside_where_only_a_resource_limit_can():
    """Without a control group the number of processes is limited behind the wall, where only the build's own count."""
    by_rlimit = msgspec.structs.replace(MACHINE, process_limit="rlimit")
    words = sandbox.argv(made(limits={"processes": 33}), by_rlimit, "/s", 7)
    assert words[words.index("--") :][:3] == ["--", "/usr/bin/prlimit", "--nproc=33"]
    assert "/usr/bin/prlimit" not in sandbox.argv(made(), MACHINE, "/s", 7)


def test_memory_is_limited_once():
    """Address space is limited only where no control group limits memory itself."""
    c = made(limits={"memory_bytes": 1 << 20})
    assert "ulimit -v" not in sandbox.argv(c, MACHINE, "/s", 7)[2]
    by_rlimit = msgspec.structs.replace(MACHINE, memory_limit="rlimit")
    assert "ulimit -v 1024 " in sandbox.argv(c, by_rlimit, "/s", 7)[2]


def test_without_a_sandbox_there_is_none():
    """Unsandboxed, neither bubblewrap nor `timeout` is in the command line, but the limit of time is."""
    words = sandbox.argv(made(sandboxed=False, limits={"time_s": 5.0}), MACHINE, "/s", 7)
    assert "/usr/bin/bwrap" not in words
    assert words[-3:] == ["/s", "5.000", "make it"]
