"""What every test shares: who may run beside whom."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """One lock folder for all workers of a run, made by whoever starts first."""
    if "MIDWATCH_TEST_LOCKS" not in os.environ:
        folder = tempfile.mkdtemp(prefix="midwatch-tests-")
        os.environ["MIDWATCH_TEST_LOCKS"] = folder
        config.add_cleanup(lambda: _remove(Path(folder)))


SECOND_TRIES = 3
"""So many tests of a run may pass at their second try; more of them mean that something is wrong."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which too much was luck."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and len(reporter.stats.get("rerun", ())) > SECOND_TRIES:
        reporter.write_line(f"\nmore than {SECOND_TRIES} tests needed a second try", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give lone tests to one worker; leave measurements out unless they are asked for."""
    asked = "bench" in config.getoption("markexpr", "")
    for item in items:
        if item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.xdist_group("alone"))
        if item.get_closest_marker("bench") and not asked:
            item.add_marker(pytest.mark.skip(reason="a measurement: `./run bench` runs it"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests share the machine, except one marked `alone`: the others end first and then wait for it."""
    with _turn(Path(os.environ["MIDWATCH_TEST_LOCKS"]), alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _turn(folder: Path, *, alone: bool) -> Iterator[None]:
    # Everyone passes the door one by one, so that a lone test that waits inside it is not overtaken for ever.
    with (folder / "door").open("a") as door, (folder / "room").open("a") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


def _remove(folder: Path) -> None:
    for name in ("door", "room"):
        (folder / name).unlink(missing_ok=True)
    folder.rmdir()
