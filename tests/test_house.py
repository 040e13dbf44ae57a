"""The start-up script, the locks and the virtual environment."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
TOOLS = "sh cat chmod cp dirname env flock mkdir mktemp mv readlink rm sed sha256sum tail touch".split()
PROGRAMS = ("bwrap", "git", "prlimit", "timeout", "tmux", "ssh", "sshd", "ps", "sleep")

# An interpreter that only tells what it was asked, and answers as far as the script needs it.
PYTHON = """#!/bin/sh
case "$*" in
-c*version_info*) exit 0 ;;
"-c import ensurepip"*) exit 0 ;;
-c*purelib*) echo "${0%/bin/python}/site" ; exit 0 ;;
"-m compileall"*) exit 0 ;;
esac
echo "python $*" >>"$LOG"
case "$*" in
"-m venv --clear "*)
    rm -rf "$4"; mkdir -p "$4/bin" "$4/site"; touch "$4/pyvenv.cfg"; cp "$0" "$4/bin/python" ;;
"-m pip install"*uv.lock)
    printf '#!/bin/sh\\necho "uv $*" >>"$LOG"\\nexit ${UV_FAILS:-0}\\n' >"${0%python}uv"; chmod +x "${0%python}uv" ;;
"-m pip install"*) exit ${PIP_FAILS:-0} ;;
esac
"""


@dataclass(frozen=True)
class House:
    """A checkout of the script alone, on a machine that has only what the test gives it."""

    root: Path
    bin: Path
    log: Path

    def program(self, name: str, text: str = "#!/bin/sh\n") -> None:
        """Put a program on this machine."""
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(
        self, *arguments: str, script: Path | None = None, cwd: str = "/", **env: str
    ) -> tuple[int, str, list[str]]:
        """Run the script: its exit code, what it said, and what it had others do."""
        self.log.write_text("")
        done = subprocess.run(
            [script or self.root / "run", *arguments],
            cwd=cwd,
            env={"PATH": str(self.bin), "LOG": str(self.log), "HOME": str(self.root.parent / "home")} | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        return done.returncode, said, self.log.read_text().replace(f"{self.root}/", "").splitlines()


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A machine with Python and every program, in a folder whose name has spaces."""
    root = tmp_path / "a new house"
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copy2(ROOT / "run", root / "run")
    house = House(root, tmp_path / "bin", tmp_path / "log")
    house.bin.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"{tool} is missing on this machine"
        (house.bin / tool).symlink_to(found)
    for name in PROGRAMS:
        house.program(name)
    house.program("python3.11", PYTHON)
    house.program("id", "#!/bin/sh\necho 1000\n")
    return house


SYNC = "uv pip sync -q --python .venv/bin/python --compile-bytecode --require-hashes requirements/"
STEPS = ("format", "lint", "types", "imports")
ASKED = "python -P -m console.cli.main queue --json"


def test_first_start_installs_the_app_lock_and_then_runs_the_verb(house: House) -> None:
    """A first start makes the environment, installs by hash what the console needs, and runs the verb."""
    code, _, done = house.run("queue", "--json")
    assert code == 0
    assert done[0] == "python -m venv --clear .venv"
    assert "--require-hashes -r requirements/uv.lock" in done[1]
    assert done[2:] == [f"{SYNC}app.lock", ASKED]


def test_second_start_does_nothing_but_the_verb(house: House) -> None:
    """Once set up, a start installs nothing and says nothing."""
    house.run("queue")
    assert house.run("queue", "--json") == (0, "", [ASKED])


def test_starts_through_a_symlink_from_any_folder_in_an_empty_home(house: House, tmp_path: Path) -> None:
    """Where the user stands and how the script was called make no difference."""
    house.run("queue")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "midwatch").symlink_to("../a new house/run")
    assert house.run("queue", "--json", script=tmp_path / "links" / "midwatch", cwd=str(tmp_path)) == (0, "", [ASKED])


def test_no_verb_makes_the_demo_and_opens_the_console_on_it(house: House) -> None:
    """Without arguments the demo workspace is made in the user's state folder and opened."""
    house.run("queue")
    _, _, done = house.run(XDG_STATE_HOME="/somewhere/of mine")
    demo = "/somewhere/of mine/midwatch/demo"
    assert done == [f"python -P -m console.cli.main demo {demo}", f"python -P -m console.cli.main --workspace {demo}"]


def test_two_first_starts_at_once_set_up_only_once(house: House) -> None:
    """A start that finds another one setting up waits for it, and then has nothing left to do."""
    house.log.write_text("")
    env = {"PATH": str(house.bin), "LOG": str(house.log), "HOME": "/"}
    starts = [subprocess.Popen([house.root / "run", "queue"], env=env, stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [start.wait(60) for start in starts] == [0, 0, 0]
    done = house.log.read_text()
    assert done.count("venv --clear") == done.count("uv pip sync") == 1
    assert done.count("console.cli.main queue") == 3


def test_changed_lock_is_installed_into_the_same_environment(house: House) -> None:
    """A new lock is followed at the next start without making the environment anew."""
    house.run("queue")
    with (house.root / "requirements" / "app.lock").open("a") as lock:
        lock.write("# changed\n")
    _, _, done = house.run("queue", "--json")
    assert f"{SYNC}app.lock" in done
    assert not any("venv --clear" in line for line in done)


def test_moved_checkout_gets_a_new_environment(house: House, tmp_path: Path) -> None:
    """An environment that was made elsewhere is not trusted."""
    house.run("queue")
    moved = House(house.root.rename(tmp_path / "elsewhere"), house.bin, house.log)
    _, _, done = moved.run("queue")
    assert done[0] == "python -m venv --clear .venv"


def test_interrupted_installation_starts_over(house: House) -> None:
    """An installation that failed leaves nothing that the next start would take for whole."""
    code, said, done = house.run("queue", UV_FAILS="1", PIP_FAILS="1")
    assert code == 1
    assert "could not be installed" in said
    assert "console.cli" not in done[-1]
    _, _, done = house.run("queue", "--json")
    assert done[-2:] == [f"{SYNC}app.lock", ASKED]


def test_pip_installs_where_uv_does_not_work(house: House) -> None:
    """When uv fails, pip installs the same lock, by hash as well."""
    code, _, done = house.run("queue", "--json", UV_FAILS="1")
    assert code == 0
    assert done[-2].startswith("python -m pip install")
    assert done[-2].endswith("--no-deps --require-hashes -r requirements/app.lock")
    assert done[-1] == ASKED


def test_tests_need_the_dev_lock_which_serves_the_console_too(house: House) -> None:
    """`test` adds the tools of the developer, and the console is content with that environment."""
    house.run("queue")
    _, _, done = house.run("test", "-k", "one")
    assert f"{SYNC}dev.lock" in done
    assert done[-1] == "python -m pytest -k one"
    assert house.run("queue", "--json") == (0, "", [ASKED])


def test_all_tests_run_two_at_a_time_with_coverage(house: House) -> None:
    """Arguments that leave every test in keep the parallel run and its coverage; a choice of tests runs plainly."""
    house.run("test", "tests/one.py")
    plain = "python -m pytest"
    assert house.run("test", "tests/one.py")[2] == [f"{plain} tests/one.py"]
    assert house.run("test")[2] == [f"{plain} -n 2 --dist loadgroup --cov --cov-report=term:skip-covered"]
    assert house.run("test", "-q")[2] == [f"{plain} -n 2 --dist loadgroup --cov --cov-report=term:skip-covered -q"]


def test_check_names_every_step_that_failed(house: House) -> None:
    """A step that fails does not hide the ones after it, and the last line names them all."""
    house.run("test", "-k", "one")
    for tool in ("ruff", "mypy", "lint-imports"):
        (house.root / ".venv" / "bin" / tool).symlink_to(house.bin / "ps")
    assert house.run("check", "static")[:2] == (0, "".join(f"{step:8} ok\n" for step in STEPS))
    (house.root / ".venv" / "bin" / "ruff").unlink()
    code, said, _ = house.run("check", "static")
    assert code == 1
    assert "types    ok\n" in said
    assert said.splitlines()[-1] == "midwatch: check failed: format lint"


def test_missing_bubblewrap_is_named_and_the_console_starts(house: House) -> None:
    """Who may not install system packages is told what to install, and the console comes up."""
    (house.bin / "bwrap").unlink()
    code, said, done = house.run("queue", "--json")
    assert code == 0
    missing = (
        "midwatch: bubblewrap is missing, so builds will not start; install it (Debian: apt-get install bubblewrap)"
    )
    assert said.splitlines().count(missing) == 1
    assert done[-1] == ASKED


def test_root_gets_missing_programs_by_apt(house: House) -> None:
    """Root's start installs the packages that are missing, after refreshing lists that do not know them."""
    (house.bin / "bwrap").unlink()
    house.program("id", "#!/bin/sh\necho 0\n")
    house.program(
        "apt-get",
        '#!/bin/sh\necho "apt-get $*" >>"$LOG"\ncase "$*" in\n*update) touch "$LOG.lists" ;;\n'
        f'*) [ -e "$LOG.lists" ] && cp "{house.bin}/git" "{house.bin}/bwrap" ;;\nesac\n',
    )
    code, said, done = house.run("queue", "--json")
    install = "apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install bubblewrap"
    assert code == 0
    assert done[:3] == [install, "apt-get -qq update", install]
    assert "builds will not start" not in said


def test_missing_python_stops_with_what_to_install(house: House) -> None:
    """Without a Python that is recent enough, one line says what to install."""
    (house.bin / "python3.11").unlink()
    code, said, _ = house.run("queue")
    assert code == 1
    assert said.splitlines()[-1].startswith("midwatch: Python 3.11 or newer is missing; install it")


def test_folder_that_is_no_environment_is_left_alone(house: House) -> None:
    """A `.venv` that is something else is neither used nor cleared."""
    mine = house.root / ".venv" / "mine"
    mine.parent.mkdir()
    mine.write_text("precious")
    code, said, _ = house.run("queue")
    assert code == 1
    assert "move it aside" in said
    assert mine.read_text() == "precious"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_pin_by_hash_and_name_no_host(lock: Path) -> None:
    """Each requirement is one version with its hashes, and where it is fetched from is nobody's business."""
    text = re.sub(r"\\\n", " ", lock.read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[a-z0-9._-]+==\S+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+", line), line
    assert "://" not in text
    assert not re.search(r"--(extra-)?index|--find-links|--trusted-host", text)


def test_both_locks_agree() -> None:
    """What the tests run against is what the console runs on."""
    versions = [dict(re.findall(r"(?m)^([a-z0-9._-]+)==(\S+)", lock.read_text())) for lock in LOCKS]
    app, dev, _ = versions
    assert app.items() <= dev.items()


def test_environment_runs_no_code_that_we_do_not_know() -> None:
    """A `.pth` file runs at every start of the interpreter, so only known ones may be there."""
    site = Path(sysconfig.get_path("purelib"))
    known = {"distutils-precedence.pth", "a1_coverage.pth", "midwatch.pth"}
    assert {path.name for path in site.glob("*.pth")} <= known
    ours = site / "midwatch.pth"
    if ours.exists():
        assert ours.read_text() == f"{ROOT}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["queue", "--help"], ["add", "--help"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """The command line answers without loading the screen, the tables or the watchers."""
    program = (
        "import sys\nfrom console.cli.main import main\nsys.argv = ['midwatch', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print('heavy:', *sorted({'textual', 'rich', 'tinydb', 'watchfiles'} & set(sys.modules)))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip() == "heavy:"
