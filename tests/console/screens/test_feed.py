"""The log or the diff below the facts is read when it is shown, and only then."""

from pathlib import Path

import msgspec

from engine.work.output import read_log
from state.errors import MidwatchError
from state.files import BuildPaths
from state.model.build import Build, Finished
from tests.console.fake_engine import FakeEngine, night, reviewed, running
from tests.console.helm import Helm, sail
from tests.making import NOON, a_task
from tests.widgets.stage import HOSTILE, harmless
from widgets.detail import DetailPane


def test_follows_a_running_build() -> None:
    """What the build prints appears while it is looked at."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.sees("log of ledger-1", "5 passed")
        output = helm.app.deck.workspace.build("ledger-1").output
        with output.open("a") as file:
            file.write(f"one more line\n{HOSTILE}\n")
        await helm.sees("one more line", "[bold]bold[/bold]")
        assert harmless(helm.text)

    sail(scene, night(FakeEngine()), read_log=read_log)


def test_an_empty_log_says_so() -> None:
    """A build that has printed nothing says that instead of showing another's log, until it prints."""
    engine = night(FakeEngine())
    engine.put(running("quiet-1"), a_task("quiet"))

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.sees("5 passed")
        await helm.at("builds", "quiet-1")
        await helm.sees("It has printed nothing yet.")
        assert "5 passed" not in helm.text
        paths = helm.app.deck.workspace.build("quiet-1")
        paths.root.mkdir(parents=True)
        paths.output.write_text("its first word\n")
        await helm.sees("its first word")
        assert "It has printed nothing yet." not in helm.text

    sail(scene, engine)


def test_a_build_that_is_over_is_not_watched() -> None:
    """The last lines are read once more when a build ends, and then its log is left alone."""
    engine = night(FakeEngine())
    reads: list[str] = []

    def counting(paths: BuildPaths, last: int | None) -> bytes:
        reads.append(paths.root.name)
        return read_log(paths, last)

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "old")
        await helm.until(lambda: reads == ["old-1"])
        await helm.pilot.pause(0.6)
        assert reads == ["old-1"]

    over = msgspec.structs.replace(running("old-1"), state=Finished(ending="failed", text="", at=NOON))
    engine.put(over)
    sail(scene, engine, read_log=counting)


def test_a_log_that_cannot_be_read_says_so() -> None:
    """A broken disk is told in the log's place, once."""

    def broken(paths: BuildPaths, last: int | None) -> bytes:
        raise OSError("Input/output error")

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.sees("The log cannot be read: Input/output error")

    sail(scene, night(FakeEngine()), read_log=broken)


def test_a_review_shows_its_diff_once() -> None:
    """A task that waits for review shows its diff; it is read again only when its digest changes."""
    read: list[str] = []

    def diff(build: Build) -> str:
        read.append(build.digest[:1])
        return f"+added by {build.digest[:3]}"

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "csv-1")
        await helm.sees("diff of csv-1: 1 file, digest dddddddddd", "+added by ddd")
        await helm.at("builds", "ledger-1")
        await helm.at("builds", "csv-1")
        await helm.sees("+added by ddd")
        assert read == ["d"]
        helm.engine.put(*reviewed("csv", "e" * 64))
        await helm.sees("+added by eee", "digest eeeeeeeeee")
        assert read == ["d", "e"]

    sail(scene, night(FakeEngine()), diff=diff)


def test_a_diff_that_cannot_be_read_says_so() -> None:
    """A repository that is gone is told in the diff's place."""

    def broken(build: Build) -> str:
        raise MidwatchError("the repository is gone")

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "csv-1")
        await helm.sees("The diff cannot be read: the repository is gone")

    sail(scene, night(FakeEngine()), diff=broken)


def test_keys_choose_between_log_and_diff() -> None:
    """`l` and `v` switch; another selection starts with what suits it."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "csv-1")
        await helm.sees("diff of csv-1")
        await helm.press("l")
        await helm.sees("log of csv-1")
        await helm.press("v")
        await helm.sees("diff of csv-1")
        await helm.press("l")
        await helm.at("builds", "ledger-1")
        await helm.sees("log of ledger-1")
        await helm.at("builds", "csv-1")
        await helm.sees("diff of csv-1")

    sail(scene, night(FakeEngine()))


def test_what_nobody_sees_is_not_read() -> None:
    """In a small window the log is read only while the details are open, and again when they are opened again."""
    reads: list[str] = []

    def counting(paths: BuildPaths, last: int | None) -> bytes:
        reads.append(paths.root.name)
        return read_log(paths, last)

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.pilot.pause(0.4)
        assert reads == []
        await helm.press("enter")
        await helm.sees("5 passed")
        await helm.press("escape")
        await helm.sees("Anomalies")
        await helm.press("l")
        await helm.sees("5 passed")
        await helm.press("escape")
        await helm.pilot.resize_terminal(200, 50)
        await helm.sees("Anomalies", "5 passed")

    sail(scene, night(FakeEngine()), (80, 24), read_log=counting)


def test_nothing_is_read_of_what_is_not_there(tmp_path: Path) -> None:
    """A task without any build shows neither."""

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "docs")
        assert "log of" not in helm.text
        assert helm.app.deck.query_one(DetailPane).body == "none"

    sail(scene, night(FakeEngine()))
