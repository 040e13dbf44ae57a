"""A key goes to the one build that was granted it, and nowhere else."""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.front.midwatch import Space, until
from tests.front.spaces import open_space

__all__ = ["open_space"]

VALUE = f"kx-{secrets.token_hex(16)}"
"""No other run of the tests may have the same."""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder of the operator's own, with two files that only they may read."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    for name in ("npm", "deploy"):
        (folder / name).write_text(f"{VALUE}-{name}\n")
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture
def space(open_space: Callable[..., Space], keys: Path) -> Space:
    """A workspace that knows the two, and grants one of them to one task."""
    return open_space(
        f'[retry]\ntimes = 0\n[secrets.npm]\nfrom = "file"\nkey = "{keys}/npm"\n'
        f'[secrets.deploy]\nfrom = "file"\nkey = "{keys}/deploy"\nas = "env"\n[tasks.granted]\nsecrets = ["npm"]\n'
    )


def leaks(space: Space) -> list[str]:
    """Where the value stands: files of the workspace but the build's own, and what the machine tells of processes."""
    found = [
        str(path)
        for path in space.root.rglob("*")
        if path.is_file() and not path.is_symlink() and VALUE.encode() in path.read_bytes()
    ]
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            for name in ("cmdline", "environ"):
                try:
                    told = (process / name).read_bytes()
                except OSError:
                    continue
                if VALUE.encode() in told:
                    found.append(f"{process}/{name}: {(process / 'cmdline').read_bytes()!r}")
    return found


READS = """\
echo "::progress 10 has it"
test "$(cat /run/secrets/npm)" = "$(cat "$NPM_FILE")" && stat -c %a /run/secrets/npm
wc -c </run/secrets/npm; cat /run/secrets/npm | md5sum | cut -c1-32; echo "core $(ulimit -c)"
env | grep -c MIDWATCH_LEASE; until [ -e go ]; do sleep 0.05; done; echo end"""


def test_a_granted_build_reads_it_and_nobody_else_does(space: Space) -> None:
    """As a file of its own; while it runs the value stands nowhere on disk, in no command line, in no environment."""
    space.add("granted", READS, "--secret", "npm")
    space.add("other", "ls /run/secrets; env | grep -i npm; echo none")
    with space.engine():
        output = space.paths.build("granted-1").output
        until(lambda: output.exists() and "core 0" in output.read_text(), "the build has read it")
        assert leaks(space) == []
        space.go("granted-1")
        space.wait("granted", "done")
        space.wait("other", "done", "failed")
    said = output.read_text().split()
    digest = hashlib.md5(f"{VALUE}-npm".encode(), usedforsecurity=False).hexdigest()
    assert said[said.index("400") :] == ["400", str(len(VALUE) + 4), digest, "core", "0", "0", "end"]
    assert "/run/secrets" in space.paths.build("other-1").output.read_text()
    granted = [row for row in space.json("audit", "list", "--label", "granted") if row["action"] == "lease_granted"]
    assert [row["why"] for row in granted] == ["npm as file"]
    assert leaks(space) == []


def test_without_a_yes_nothing_is_handed_over(space: Space) -> None:
    """A task that the settings do not grant it asks first; once approved it has it, here as a variable."""
    added = space.add("asks", 'test -n "$DEPLOY" && echo got it', "--secret", "deploy")
    assert added["state"] == "awaiting_approval"
    space.work()
    assert space.state("asks") == "awaiting_approval"
    space.ok("approve", "asks")
    space.work()
    assert space.state("asks") == "done"
    assert "got it" in space.paths.build("asks-1").output.read_text()


def test_a_value_that_a_build_prints_does_not_reach_the_record(space: Space) -> None:
    """Its output is its own; its last words, which the record keeps, have the name in the value's place."""
    space.add("granted", 'echo "failed with $(cat /run/secrets/npm)"; exit 1', "--secret", "npm")
    space.work()
    assert space.state("granted") == "failed"
    assert "[secret npm]" in space.row("granted")["reasons"][0]["text"]
    assert [path for path in leaks(space) if not path.endswith("/output.log")] == []


def test_a_file_that_others_may_read_is_no_secret(space: Space, keys: Path) -> None:
    """The build does not start without what it was promised, and the words say how to mend it."""
    (keys / "npm").chmod(0o644)
    space.add("granted", "echo ran", "--secret", "npm")
    space.work()
    assert space.state("granted") == "failed"
    assert "chmod 600" in space.row("granted")["reasons"][0]["text"]
    assert not space.paths.build("granted-1").output.exists()


def test_one_that_nobody_knows_is_never_granted(space: Space) -> None:
    """Held with its name, also after a yes."""
    added = space.add("unknown", "true", "--secret", "pypi")
    assert added["state"] == "held"
    space.run("approve", "unknown")
    space.work()
    assert space.state("unknown") == "held"
