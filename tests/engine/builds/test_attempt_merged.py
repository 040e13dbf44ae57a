"""One build's life from its verification to the merge: reviewed, blocked, tried again, never half."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.settings import QueueSettings, Settings
from tests.engine.builds.attempts import CHANGE, add, approve, go_on
from tests.engine.engines import Gate, House, ask, nudge, until
from tests.engine.work.repositories import commit, git, repository
from tests.engine.work.running import PATIENCE_S
from tests.making import a_spec


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.txt": "a\n", ".gitignore": "runs\n"})


def test_a_branch_that_moves_between_check_and_merge_is_checked_again(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is merged is exactly what was verified: on the new tip the verify command runs again."""

    async def scene() -> None:
        gate = Gate(monkeypatch, "engine.work.delivery.deliver")
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="cat a.txt; ls")
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            commit(repo, {"other.txt": "meanwhile"})
            gate.door.set()
            await house.task_is("done")
            assert gate.calls == 2

    asyncio.run(scene())
    assert "other.txt" in house.workspace.verification("tidy-1").output.read_text()
    assert house.build().verified.result is house.build().delivered.result is b.Result.YES
    assert git(repo, "ls-files").split() == [".gitignore", "a.txt", "other.txt"]
    assert len(git(repo, "rev-list", "main").split()) == 3


def test_a_failing_verification_fails_the_build_and_merges_nothing(house: House, repo: Path) -> None:
    """Its last words are in the verdict, and the command itself still counts as executed well."""
    tip = git(repo, "rev-parse", "main")

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="echo three tests failed; exit 2")
            await house.task_is("retrying")

    asyncio.run(scene())
    build = house.build()
    assert (build.executed.result, build.verified.result) == (b.Result.YES, b.Result.NO)
    assert "exit code 2" in build.verified.text and "three tests failed" in build.verified.text
    assert build.delivered.result is b.Result.PENDING
    assert git(repo, "rev-parse", "main") == tip


def test_a_build_that_changed_nothing_is_done(house: House, repo: Path) -> None:
    """There is nothing to merge, and the note says so."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command="true", verify="true")
            await house.task_is("done")

    asyncio.run(scene())
    assert house.task().state.note == "no changes"
    assert len(git(repo, "rev-list", "main").split()) == 1


def test_a_review_gives_the_slot_back_and_its_approval_merges(house: House, repo: Path) -> None:
    """A feature waits for the operator without keeping others from their turn; its approval merges that very diff."""
    house.settings = Settings(queue=QueueSettings(slots=1))

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true", category=t.Category.NEW_FEATURE)
            await approve(engine, house)
            await house.task_is("awaiting_review")
            assert house.questions() == [EscalationKind.REVIEW_NEEDED]
            await ask(engine, c.AddTasks(specs=(a_spec("next"),)))
            await house.task_is("done", label="next")
            assert not (await ask(engine, c.Approve(label="tidy", digest="0" * 64))).ok
            await approve(engine, house)
            await house.task_is("done")

    asyncio.run(scene())
    assert house.runs() == 1
    assert house.questions() == []
    assert (repo / "a.txt").read_text() == "a\nmore\n"


@pytest.mark.parametrize("approved", [True, False])
def test_a_review_survives_a_restart(house: House, repo: Path, approved: bool) -> None:
    """Approved while no engine ran it merges at the next start; not approved it goes on waiting."""

    async def before() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true", category=t.Category.NEW_FEATURE)
            await approve(engine, house)
            await house.task_is("awaiting_review")

    asyncio.run(before())
    if approved:
        yes = t.Approval(by="operator:ada", at=house.clock.now(), digest=house.build().digest)
        house.seed(msgspec.structs.replace(house.build(), approval=yes))

    async def after() -> None:
        async with house.live() as engine:
            if approved:
                await house.task_is("done")
            else:
                await nudge(engine)
                assert house.task().state_name == "awaiting_review"

    asyncio.run(after())
    assert house.runs() == 1
    assert len(git(repo, "rev-list", "main").split()) == (2 if approved else 1)


def test_an_answer_that_comes_while_a_merge_is_tried_is_the_last_word(
    house: House, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Denied in the moment in which the approved diff is brought onto the tip, it does not merge."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true", category=t.Category.NEW_FEATURE)
            await approve(engine, house)
            await house.task_is("awaiting_review")
            gate = Gate(monkeypatch, "engine.work.delivery.candidate")
            await approve(engine, house)
            await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
            assert (await ask(engine, c.Deny(label="tidy", digest=house.build().digest, why="no"))).ok
            gate.door.set()
            await nudge(engine)
            await until(lambda: not engine.view().engine.trouble and house.build().over, "it is over")

    asyncio.run(scene())
    assert house.task().state_name == "killed"
    assert len(git(repo, "rev-list", "main").split()) == 1


@pytest.mark.parametrize("verify", ["true", ""])
def test_a_conflict_waits_and_is_tried_again_until_the_way_is_clear(house: House, repo: Path, verify: str) -> None:
    """The branch changed the same line: nothing is touched; once that is taken back, it goes on by itself."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(
                engine, repo=str(repo), command=f"{CHANGE}; while ! test -e go; do sleep 0.01; done", verify=verify
            )
            await until(lambda: house.runs() == 1, "it runs")
            tip = commit(repo, {"a.txt": "a\nother\n"})
            (house.workspace.build("tidy-1").work / "go").touch()
            (house.workspace.build("tidy-1").work / ".gitignore").write_text("runs\ngo\n.gitignore\n")
            await house.task_is("awaiting_review")
            assert house.task().state.blocked == "merge conflict in a.txt"
            assert house.questions() == [EscalationKind.DELIVERY_BLOCKED]
            assert git(repo, "rev-parse", "main") == tip
            await nudge(engine)
            assert house.store.escalations["e1"].count == 1
            house.clock.forward(300)
            await nudge(engine)
            await until(lambda: house.store.escalations["e1"].count == 2, "it is tried again")
            commit(repo, {"a.txt": "a\n"})
            house.clock.forward(301)
            await nudge(engine)
            if verify:
                await house.task_is("done")
            else:
                await until(lambda: house.questions() == [EscalationKind.REVIEW_NEEDED], "only the diff is asked about")
                await approve(engine, house)
                await house.task_is("done")
            assert not engine.view().engine.trouble

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\nmore\n"
    assert house.questions() == []


def test_an_approval_hurries_a_blocked_merge(house: House, repo: Path) -> None:
    """The operator cleared the way and says so: it merges now, not when its time would come."""
    (repo / "a.txt").write_text("an unsaved thought\n")

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true")
            await house.task_is("awaiting_review")
            assert "a.txt" in house.task().state.blocked
            assert (repo / "a.txt").read_text() == "an unsaved thought\n"
            git(repo, "checkout", "--", "a.txt")
            await approve(engine, house)
            await house.task_is("done")

    asyncio.run(scene())
    assert (repo / "a.txt").read_text() == "a\nmore\n"
    assert house.runs() == 1


def test_a_blocked_merge_is_tried_at_once_by_the_next_engine(house: House, repo: Path) -> None:
    """Whoever starts the engine again has probably cleared the way."""
    (repo / "a.txt").write_text("an unsaved thought\n")

    async def before() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command=CHANGE, verify="true")
            await house.task_is("awaiting_review")

    asyncio.run(before())
    git(repo, "checkout", "--", "a.txt")
    go_on(house, "done")
    assert house.runs() == 1


def test_a_repository_that_vanished_fails_the_build_in_words(house: House, repo: Path) -> None:
    """No traceback: the build failed, and its text names the folder."""

    async def scene() -> None:
        async with house.live() as engine:
            await add(engine, repo=str(repo), command="touch here; while ! test -e go; do sleep 0.01; done")
            await until((house.workspace.build("tidy-1").work / "here").exists, "it runs")
            repo.rename(repo.with_name("gone"))
            (house.workspace.build("tidy-1").work / "go").touch()
            await house.task_is("retrying")
            assert str(repo) in house.task().state.text
            assert not engine.view().engine.trouble

    asyncio.run(scene())
