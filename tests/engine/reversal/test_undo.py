"""Builds are taken back in a real engine: wholly, or not at all, and over a crash."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from engine.engine import Engine
from engine.reversal import undo
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.reversal import Compensation, Reversal
from state.settings import Settings
from tests.engine.engines import Gate, House, ask, play, until
from tests.engine.work.repositories import commit, git, picture, repository
from tests.making import a_spec

UNDO = c.Undo(what="tidy", why="it was wrong")


def add(repo: Path | None = None, command: str = "echo more >> a.txt", **changes: object) -> c.AddTasks:
    place = {"repo": str(repo), "verify": "true"} if repo else {}
    return c.AddTasks(specs=(a_spec(command=command, **place, **changes),))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.txt": "a\n", "b.txt": "b\n"})


def test_a_merge_is_reverted_and_the_operators_files_stay(tmp_path: Path, repo: Path) -> None:
    """Branch and working tree lose the build's change and nothing else; the task may be made again."""
    house = House(tmp_path)

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(repo))
        await house.task_is("done")
        (repo / "b.txt").write_text("mine, not committed\n")
        before = house.store.number
        preview = await ask(engine, c.Undo(what="tidy", preview=True))
        assert preview.ok and "a.txt" in preview.text and "tidy becomes killed" in preview.text
        assert house.store.number == before, "a preview changes nothing"
        reply = await ask(engine, UNDO)
        assert reply.ok and "is reverted on main by" in reply.text
        assert picture(repo) == {"a.txt": "- b'a\\n'", "b.txt": "- b'mine, not committed\\n'"}
        build = house.build()
        assert (build.reverted.result, build.reversal, build.merged) == (
            b.Result.YES,
            None,
            git(repo, "rev-parse", "HEAD~1"),
        )
        assert house.task().state_name == "killed" and "undone by ada" in house.task().state.text
        again = await ask(engine, UNDO)
        assert not again.ok and "was taken back already" in again.text
        assert (await ask(engine, c.Retry(label="tidy"))).ok
        await house.task_is("done")
        assert (repo / "a.txt").read_text() == "a\nmore\n"

    play(house, scene)


def test_a_conflict_touches_nothing_and_runs_no_compensation(tmp_path: Path, repo: Path) -> None:
    """Later commits in the same place refuse the undo, in the preview too, with the paths."""
    told = tmp_path / "told"
    known = {"ping": Compensation(name="ping", run=f"tee {told}")}
    house = House(tmp_path, settings=Settings(compensations=known))

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(repo, "echo more >> a.txt; echo ::did ping"))
        await house.task_is("done")
        tip = commit(repo, {"a.txt": "mine\n"})
        for command in (msgspec.structs.replace(UNDO, preview=True), UNDO):
            reply = await ask(engine, command)
            assert not reply.ok and "a.txt" in reply.text
        assert git(repo, "rev-parse", "main") == tip
        assert not told.exists()
        assert house.task().state_name == "done"
        assert house.build().reverted.result is b.Result.NO

    play(house, scene)


def test_reported_actions_are_compensated_in_reverse(tmp_path: Path) -> None:
    """Each command gets the data of its report; what has none is said before and after; a later one makes it whole."""
    told = tmp_path / "told"
    known = {name: Compensation(name=name, run=f"tee -a {told}") for name in ("open", "push")}
    house = House(tmp_path, settings=Settings(compensations=known))
    command = "echo '::did open {\"id\": 1}'; echo '::did mail {\"id\": 2}'; echo '::did push {\"id\": 3}'; exit 3"

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(None, command))
        await house.task_is("retrying")
        preview = await ask(engine, c.Undo(what="tidy-1", preview=True))
        assert preview.text.splitlines()[1:] == [
            f"  push is taken back by `tee -a {told}`",
            "  mail cannot be undone: no compensation is registered for mail",
            f"  open is taken back by `tee -a {told}`",
        ]
        reply = await ask(engine, c.Undo(what="tidy-1"))
        assert not reply.ok and "no compensation is registered for mail" in reply.text
        assert told.read_text() == '{"id": 3}{"id": 1}'
        assert [deed.undone for deed in house.build().did] == ["done", "", "done"]
        engine._hall.settings.compensations["mail"] = Compensation(name="mail", run=f"tee -a {told}")
        assert (await ask(engine, c.Undo(what="tidy-1"))).ok
        assert told.read_text() == '{"id": 3}{"id": 1}{"id": 2}', "what is taken back is not taken back twice"
        assert house.build().reverted.result is b.Result.YES

    play(house, scene)


@pytest.mark.parametrize(("run", "words"), [("false", "exit code 1"), ("no-such-program-at-all", "no-such"), ("'", "")])
def test_a_compensation_that_fails_is_told(tmp_path: Path, run: str, words: str) -> None:
    """The undo is not done, says what failed, and may be asked for again."""
    house = House(tmp_path, settings=Settings(compensations={"ping": Compensation(name="ping", run=run)}))

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(None, "echo ::did ping"))
        await house.task_is("done")
        reply = await ask(engine, UNDO)
        assert not reply.ok and "ping was not taken back" in reply.text and words in reply.text
        assert house.build().did[0].undone == "failed"

    play(house, scene)


def test_files_of_a_build_without_a_repository_are_set_aside(tmp_path: Path) -> None:
    """They are no result any more, and not lost."""
    house = House(tmp_path)

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(None, "echo text > report.txt"))
        await house.task_is("done")
        reply = await ask(engine, UNDO)
        assert reply.ok
        root = house.workspace.build("tidy-1").root
        assert (root / undo.ASIDE / "report.txt").read_text() == "text\n"
        assert not (root / "work").exists()

    play(house, scene)


def test_a_revert_that_a_crash_cut_off_is_finished(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine dies after the branch has moved: the next one finds it done, and reverts no second time."""
    house = House(tmp_path)

    async def first(house: House, engine: Engine) -> None:
        await ask(engine, add(repo))
        await house.task_is("done")
        gate = Gate(patch, "engine.work.delivery.deliver", after=True)
        asking = asyncio.create_task(engine.ask(c.Request(actor="operator:ada", command=UNDO)))
        await gate.entered.wait()
        assert house.build().reversal.new
        asking.cancel()

    with monkeypatch.context() as patch:
        play(house, first)
    assert house.build().reversal is not None

    async def second(house: House, engine: Engine) -> None:
        await until(lambda: house.build().reverted.result is b.Result.YES, "it is taken back")
        assert git(repo, "rev-list", "--count", "main") == "3"
        assert house.task().state_name == "killed"

    play(house, second)


def test_what_was_asked_for_without_an_engine_is_done_by_the_next(tmp_path: Path, repo: Path) -> None:
    """A refusal then becomes a question, for nobody waits for the answer."""
    house = House(tmp_path)

    async def first(house: House, engine: Engine) -> None:
        await ask(engine, add(repo))
        await house.task_is("done")

    play(house, first)
    build = house.build()
    house.seed(
        msgspec.structs.replace(build, reversal=Reversal(by="operator:ada", why="w", asked_at=house.clock.now()))
    )
    commit(repo, {"a.txt": "mine\n"})

    async def second(house: House, engine: Engine) -> None:
        await until(lambda: house.build().reversal is None, "it is answered")
        [question] = [q for q in house.store.escalations.values() if q.open]
        assert "was not taken back" in question.text and "a.txt" in question.text

    play(house, second)


def test_a_compensation_that_a_crash_cut_off_is_not_run_again(tmp_path: Path) -> None:
    """Nobody knows how far it came, so the operator is told instead."""
    told = tmp_path / "told"
    house = House(tmp_path, settings=Settings(compensations={"ping": Compensation(name="ping", run=f"tee {told}")}))

    async def first(house: House, engine: Engine) -> None:
        await ask(engine, add(None, "echo ::did ping"))
        await house.task_is("done")

    play(house, first)
    build = house.build()
    [deed] = build.did
    left = Reversal(by="operator:ada", why="w", asked_at=house.clock.now())
    begun = msgspec.structs.replace(deed, undone="begun")
    house.seed(msgspec.structs.replace(build, reversal=left, did=(begun,)))

    async def second(house: House, engine: Engine) -> None:
        await until(lambda: house.build().reversal is None, "it is answered")
        assert "a try was cut off" in house.build().reverted.text
        assert not told.exists()

    play(house, second)


def test_reports_say_what_builds_did_even_when_killed(tmp_path: Path) -> None:
    """What it did before it died is on record, without the data."""
    house = House(tmp_path)

    async def scene(house: House, engine: Engine) -> None:
        command = "echo '::did mail {\"to\": '$((40 + 2))'}'; touch up; sleep 60"
        await ask(engine, add(None, command))
        await until((house.workspace.build("tidy-1").work / "up").exists, "it runs")
        await ask(engine, c.Kill(label="tidy"))
        await house.task_is("killed")
        assert [deed.name for deed in house.build().did] == ["mail"]
        journal = b"".join(file.read_bytes() for file in house.workspace.journal.glob("*.jsonl"))
        assert b"action_reported" in journal and b'"to": 42' not in journal and b'to\\": 42' not in journal

    play(house, scene)


def test_a_moving_branch_is_followed(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that comes in between is kept, and the revert goes on top of it."""
    house = House(tmp_path)

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(repo))
        await house.task_is("done")
        gate = Gate(monkeypatch, "engine.work.delivery.deliver")
        asking = asyncio.create_task(ask(engine, UNDO))
        await gate.entered.wait()
        commit(repo, {"b.txt": "in between\n"})
        gate.door.set()
        assert (await asking).ok
        assert (repo / "b.txt").read_text() == "in between\n"
        assert (repo / "a.txt").read_text() == "a\n"

    play(house, scene)
    assert isinstance(house.task().state, t.Killed)
