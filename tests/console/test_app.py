"""The console acts on what it drew, asks before it kills, and leaves as it should."""

from typing import Any

import msgspec
import pytest

from console.app import Leave, Why, export_picture
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.control import Control
from state.model.escalation import EscalationKind
from state.model.view import EngineInfo
from state.model.when.context import Situation
from tests.console.fake_engine import DIGEST, FakeEngine, night, question, reviewed, running, waiting
from tests.console.helm import Helm, questions, sail
from tests.making import NOON, ManualClock, a_build, a_task
from tests.widgets.stage import HOSTILE, harmless


def test_approve_sends_the_drawn_digest() -> None:
    """`a` answers the question that the selected row asks, bound to its digest, in the operator's name."""

    async def scene(helm: Helm) -> None:
        await helm.at("escalations", "q-csv")
        await helm.press("a")
        assert await helm.asked() == [c.Approve(label="csv", digest=DIGEST)]
        assert helm.engine.requests[0].actor == "operator:ann"
        await helm.sees("did Approve")

    sail(scene, night(FakeEngine()))


def test_approve_a_start_from_the_queue() -> None:
    """`a` on a task that asks to start is bound to that task's digest."""

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "export")
        await helm.press("a")
        assert await helm.asked() == [c.Approve(label="export", digest=waiting("export").spec.digest)]

    sail(scene, night(FakeEngine()))


def over(engine: FakeEngine) -> FakeEngine:
    """Have a merged build on the record."""
    merged = b.Check(result=b.Result.YES, text="merged as 0123abcd", at=NOON)
    state = b.Finished(ending="done", text="merged", at=NOON)
    engine.put(
        a_task("old", t.Done(build="old-1", note="merged", at=NOON)),
        a_build("old-1", state, delivered=merged, repo="/r"),
    )
    steps = "old-1 would be taken back:\n  main gets a commit that reverts 0123abcd\n  mail.sent cannot be undone"
    engine.reply = lambda request: c.Reply(ok=True, text=steps if request.command == PREVIEW else "old-1 goes")
    return engine


PREVIEW = c.Undo(what="old-1", preview=True)


@pytest.mark.parametrize(
    ("keys", "asked"), [(("enter",), [PREVIEW]), (("right", "enter"), [PREVIEW, c.Undo(what="old-1")])]
)
def test_undo_shows_first_what_it_would_do(keys: tuple[str, ...], asked: list[c.Command]) -> None:
    """`u` shows what is reversed and what is final, with the focus on Cancel; only another key does it."""

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "old")
        await helm.press("u")
        await helm.sees("Take back old-1?", "main gets a commit that reverts 0123abcd", "mail.sent cannot be undone")
        await helm.press(*keys)
        await helm.until(lambda: "Take back old-1?" not in helm.text)
        assert await helm.asked(len(asked)) == asked

    sail(scene, over(night(FakeEngine())))


def test_undo_that_the_engine_refuses_is_not_asked_about() -> None:
    """Where the engine says no, its words are shown and no question is put."""

    async def scene(helm: Helm) -> None:
        helm.engine.reply = lambda request: c.Reply(ok=False, text="somebody built upon it")
        await helm.at("queue", "old")
        await helm.press("u")
        await helm.sees("somebody built upon it")
        assert "Take back" not in helm.text
        assert await helm.asked() == [PREVIEW]

    sail(scene, over(night(FakeEngine())))


@pytest.mark.parametrize(("key", "answer"), [("a", c.Approve), ("d", c.Deny), ("R", c.RaiseLimit)])
def test_a_held_build_is_answered_from_its_row(key: str, answer: type[Any]) -> None:
    """`a` lets go on, `d` kills and `R` raises the limit of exactly what the row was shown to stand still for."""
    hold = Hold(figure="files", used=11, limit=10, text="ledger-1 is frozen: files 11 of 10", since=NOON)

    async def scene(helm: Helm) -> None:
        helm.engine.put(
            running("ledger-1", hold=hold),
            question("ledger", EscalationKind.LIMIT_REACHED, hold.digest, text=hold.text),
        )
        await helm.sees("■ held", "files 11 of")
        for pane, row in (("builds", "ledger-1"), ("escalations", "q-ledger")):
            await helm.at(pane, row)
            await helm.press(key)
            if key == "d":
                await helm.press("enter")
        for command in await helm.asked(2):
            assert isinstance(command, answer) and command.digest == hold.digest

    sail(scene, night(FakeEngine()))


def test_approve_does_nothing_when_the_row_changed() -> None:
    """A diff that changed after it was drawn is not approved: the operator is told to look again."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "csv-1")
        drawn = helm.app.deck.drawn
        other = "e" * 64
        helm.engine.put(*reviewed("csv", other))
        await helm.until(lambda: helm.app.deck.drawn and helm.app.deck.drawn.digest == other)
        # The key was on its way while the screen still showed the old diff.
        helm.app.deck.drawn = drawn
        await helm.press("a")
        await helm.sees("csv has changed since it was drawn")
        assert helm.engine.commands == []
        helm.app.deck.drawn = helm.app.deck.subject
        await helm.press("a")
        assert await helm.asked() == [c.Approve(label="csv", digest=other)]

    sail(scene, night(FakeEngine()))


def test_a_second_press_does_not_answer_the_next_question() -> None:
    """When an answered row goes, the next one moves up under the cursor: a key at that moment does nothing to it."""
    clock = ManualClock()

    async def scene(helm: Helm) -> None:
        await helm.at("escalations", "q-export")
        await helm.press("a")
        await helm.asked()
        answered = msgspec.structs.replace(question("export", EscalationKind.APPROVAL_NEEDED), answered_at=NOON)
        clock.forward(1)
        helm.engine.put(answered, a_task("export"))
        await helm.until(lambda: helm.app.deck.drawn and helm.app.deck.drawn.key == "q-csv")
        await helm.press("a")
        await helm.sees("The selection has just moved to csv")
        assert len(helm.engine.commands) == 1
        clock.forward(1)
        await helm.press("a")
        assert (await helm.asked(2))[1] == c.Approve(label="csv", digest=DIGEST)

    sail(scene, night(FakeEngine()), clock=clock)


def test_a_second_press_while_the_first_is_under_way_sends_nothing() -> None:
    """An answer that has been sent is not sent again before the engine has replied."""
    engine = night(FakeEngine())
    engine.mute = True

    async def scene(helm: Helm) -> None:
        await helm.at("escalations", "q-csv")
        await helm.press("a")
        await helm.press("a")
        await helm.press("a")
        assert len(await helm.asked()) == 1

    sail(scene, engine)


@pytest.mark.parametrize(
    ("pane", "key", "press", "says"),
    [
        ("queue", "docs", "a", "docs waits for no approval: it is queued."),
        ("builds", "ledger-1", "a", "ledger waits for no approval: it is building."),
        ("builds", "csv-1", "k", "Nothing of csv runs; d refuses its diff."),
        ("queue", "old", "k", "Nothing of old runs; it is failed."),
        ("builds", "ledger-1", "r", "ledger needs no retry: it is building."),
        ("builds", "ledger-1", "d", "ledger waits for no answer: it is building."),
    ],
)
def test_says_why_it_is_not_possible(pane: str, key: str, press: str, says: str) -> None:
    """A key that cannot do anything now says why, and nothing is sent."""

    async def scene(helm: Helm) -> None:
        await helm.at(pane, key)
        await helm.press(press)
        await helm.sees(says)
        assert helm.engine.commands == []

    sail(scene, night(FakeEngine()))


def test_deny_asks_for_a_reason() -> None:
    """`d` asks why; Enter sends it with what was typed, Escape sends nothing."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "csv-1")
        await helm.press("d")
        await helm.sees("Deny csv?")
        await helm.press("escape")
        await helm.press("d")
        await helm.sees("Deny csv?")
        await helm.press(*"bad", "space", *"idea", "enter")
        assert await helm.asked() == [c.Deny(label="csv", digest=DIGEST, why="bad idea")]

    sail(scene, night(FakeEngine()))


def test_kill_asks_with_the_focus_on_cancel() -> None:
    """`k` names its target and Enter cancels; only going to the other button kills, and exactly the drawn build."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.press("k")
        await helm.sees("Kill ledger?", "ledger-1 and everything that it started dies at once")
        await helm.press("enter")
        assert helm.engine.commands == []
        await helm.press("k", "k", "k")
        await helm.press("right", "enter", "enter")
        assert await helm.asked() == [c.Kill(label="ledger", build="ledger-1")]

    sail(scene, night(FakeEngine()))


def test_kill_stays_bound_to_the_build_that_the_dialog_names() -> None:
    """A newer build that starts while the dialog is open is not what dies."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.press("k")
        await helm.sees("Kill ledger?")
        helm.engine.put(a_task("ledger", t.Building(build="ledger-2")), running("ledger-2"))
        await helm.until(lambda: "ledger-2" in helm.app.deck.view.builds)
        await helm.press("right", "enter")
        assert await helm.asked() == [c.Kill(label="ledger", build="ledger-1")]

    sail(scene, night(FakeEngine()))


def test_kill_switch_and_arm() -> None:
    """`K` asks, stops everything, shows it in words, and arms again."""

    async def scene(helm: Helm) -> None:
        await helm.press("K")
        await helm.sees("Engage the kill switch?", "1 running: ledger")
        await helm.press("enter")
        await helm.press("K", "right", "enter")
        assert await helm.asked() == [c.KillAll()]
        helm.engine.put(Control(stopped=True, stopped_at=NOON, stopped_by="operator:ann"))
        await helm.sees("■ STOPPED", "Kill switch engaged", "K ARM")
        await helm.press("K")
        await helm.sees("Arm again?")
        await helm.press("right", "enter")
        assert (await helm.asked(2))[1] == c.Arm()

    sail(scene, night(FakeEngine()))


def test_kill_switch_works_when_the_engine_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not answer is gone round: the console stops everything by itself."""
    monkeypatch.setattr("console.app.STOP_REPLY_S", 0.05)
    engine = night(FakeEngine())
    engine.mute = True
    stopped: list[bool] = []

    def stop() -> str:
        stopped.append(True)
        return "1 build dead in 3 ms"

    async def scene(helm: Helm) -> None:
        await helm.press("K", "right", "enter")
        await helm.sees("1 build dead in 3 ms")
        assert stopped == [True]

    sail(scene, engine, emergency_stop=stop)


def test_kill_switch_works_when_the_engine_is_gone() -> None:
    """A link that fails is gone round as well."""

    class Gone(FakeEngine):
        def submit(self, request: c.Request) -> "object":  # type: ignore[override]
            raise ConnectionError("the engine cannot be reached")

    async def scene(helm: Helm) -> None:
        await helm.press("K", "right", "enter")
        await helm.sees("stopped without the engine", "✗ engine stopped", "What is shown is old")

    sail(scene, night(Gone()))


def test_silence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator hears of an engine that does not answer, and that it may happen all the same."""
    monkeypatch.setattr("console.app.REPLY_S", 0.05)
    engine = night(FakeEngine())
    engine.mute = True

    async def scene(helm: Helm) -> None:
        await helm.press("p")
        await helm.sees("The engine has not answered")

    sail(scene, engine)


def test_refusal_is_told() -> None:
    """The engine's own words reach the operator, whatever is in them."""
    engine = night(FakeEngine())
    engine.reply = lambda request: c.Reply(ok=False, text=f"refused: {HOSTILE}", code=1)

    async def scene(helm: Helm) -> None:
        await helm.press("p")
        await helm.sees("refused:", "[bold]bold[/bold]")
        assert harmless(helm.text)

    sail(scene, engine)


def test_retry_and_pause() -> None:
    """`r` and `p` send what they say; `p` goes on again when it is paused."""

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "old")
        await helm.press("r")
        await helm.press("p")
        assert await helm.asked(2) == [c.Retry(label="old"), c.Pause(on=True)]
        helm.engine.put(Control(paused=True))
        await helm.sees("‖ PAUSED", "p resume")
        await helm.press("p")
        assert (await helm.asked(3))[2] == c.Pause(on=False)

    sail(scene, night(FakeEngine()))


def test_copy() -> None:
    """`y` copies the selected row's name, or the text that has the focus."""

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "ledger-1")
        await helm.press("y")
        assert helm.app.clipboard == "ledger"
        await helm.sees("5 passed")
        await helm.press("enter")
        await helm.press("y")
        assert helm.app.clipboard == "collecting tests\n.....\n5 passed"

    sail(scene, night(FakeEngine()))


def test_help_lists_keys_and_reasons() -> None:
    """`?` shows every key, and why one is not possible now."""

    async def scene(helm: Helm) -> None:
        await helm.at("queue", "docs")
        await helm.press("question_mark")
        await helm.sees("What you can do", "Not now: docs waits for no approval", "Moving about")
        await helm.press("escape")
        await helm.until(lambda: "What you can do" not in helm.text)

    sail(scene, night(FakeEngine()))


def test_palette_offers_the_actions() -> None:
    """Everything can be done by name."""

    async def scene(helm: Helm) -> None:
        await helm.press("ctrl+p")
        await helm.press(*"pause")
        await helm.sees("Start nothing more, or go on")
        await helm.press("enter")
        assert await helm.asked() == [c.Pause(on=True)]

    sail(scene, night(FakeEngine()))


def test_quit_when_attached_just_leaves() -> None:
    """Leaving another process's engine needs no question."""

    async def scene(helm: Helm) -> None:
        await helm.press("q")

    assert sail(scene, night(FakeEngine(hosted=False))) == Leave(Why.QUIT)


def test_quit_when_nothing_runs_just_leaves() -> None:
    """Leaving a hosted engine without builds needs no question."""
    engine = FakeEngine()
    engine.put(a_task("docs"))

    async def scene(helm: Helm) -> None:
        await helm.press("q")

    assert sail(scene, engine) == Leave(Why.QUIT)


@pytest.mark.parametrize(("keys", "why"), [(("enter",), Why.HEADLESS), (("right", "enter"), Why.DRAIN)])
def test_quit_asks_when_builds_run_here(keys: tuple[str, ...], why: Why) -> None:
    """Leaving running builds asks; going on headless has the focus."""

    async def scene(helm: Helm) -> None:
        await helm.press("q")
        await helm.sees("Builds are running", "A build is running, and this console hosts the engine")
        await helm.press(*keys)

    assert sail(scene, night(FakeEngine())) == Leave(why)


def test_quit_can_be_cancelled() -> None:
    """Escape stays, however often one asked to leave."""

    async def scene(helm: Helm) -> None:
        await helm.press("q")
        await helm.sees("Builds are running")
        await helm.press("ctrl+q")
        await helm.press("escape")
        await helm.until(lambda: "Builds are running" not in helm.text)
        assert helm.app.is_running

    assert sail(scene, night(FakeEngine())) is None


def test_a_lost_terminal_leaves_without_asking() -> None:
    """There is nobody to ask: the console ends and says that the terminal is gone, even out of a dialog."""

    async def scene(helm: Helm) -> None:
        await helm.press("k")
        helm.app.terminal_gone()
        assert helm.app.terminal_lost

    assert sail(scene, night(FakeEngine())) == Leave(Why.LOST)


def test_asked_to_end() -> None:
    """SIGTERM ends the console without a question and without calling the terminal lost."""

    async def scene(helm: Helm) -> None:
        helm.app.asked_to_end()
        assert not helm.app.terminal_lost

    assert sail(scene, night(FakeEngine())) == Leave(Why.TERMINATED)


def test_work_that_fails_is_told() -> None:
    """What goes wrong behind the screen shows on it and does not end it."""

    def broken(build: b.Build) -> str:
        raise ValueError("no such diff")

    async def scene(helm: Helm) -> None:
        await helm.at("builds", "csv-1")
        await helm.sees("diff: no such diff")
        assert helm.app.is_running

    sail(scene, night(FakeEngine()), diff=broken)


def test_a_stopped_engine_shows() -> None:
    """When the engine ends, the console says so."""

    async def scene(helm: Helm) -> None:
        helm.engine.put(EngineInfo(mode="stopped", trouble="the engine cannot be reached"))
        await helm.sees("✗ engine stopped", "the engine cannot be reached")

    sail(scene, night(FakeEngine(hosted=False)))


def test_starts_where_the_questions_are() -> None:
    """Open questions have the focus when the console opens."""

    async def scene(helm: Helm) -> None:
        await helm.until(lambda: helm.app.focused is questions(helm))

    sail(scene, night(FakeEngine()))


def test_picture_asks_nobody_for_a_font() -> None:
    """The exported picture shows the screen and names no host but the SVG standard's."""

    async def scene(helm: Helm) -> None:
        await helm.sees("Escalations")
        picture = export_picture(helm.app)
        assert "Escalations" in picture
        assert "@font-face" not in picture
        assert [part.split('"')[0] for part in picture.split("http")[1:]] == ["://www.w3.org/2000/svg"]

    sail(scene, night(FakeEngine()))


def test_the_engine_is_told_now_and_then_that_somebody_is_there() -> None:
    """A touched key tells an engine that goes by the kind of time, at most once a minute."""
    clock = ManualClock()

    async def scene(helm: Helm) -> None:
        await helm.press("down")
        assert helm.engine.commands == []
        helm.engine.put(EngineInfo(pid=4711, mode="hosted", slots=2, situation=Situation(slots=2)))
        await helm.until(lambda: helm.app.deck.view.engine.situation is not None)
        await helm.press("down", "up")
        assert await helm.asked() == [c.Present()]
        clock.forward(59)
        await helm.press("down")
        assert len(helm.engine.commands) == 1
        clock.forward(1)
        await helm.press("up")
        assert await helm.asked(2) == [c.Present(), c.Present()]

    sail(scene, night(FakeEngine()), clock=clock)


def test_whoever_waits_for_the_first_picture_is_told_once() -> None:
    """As soon as all that there is has been painted, and never again."""
    seen: list[str] = []

    async def scene(helm: Helm) -> None:
        await helm.until(lambda: seen == ["settled"])
        helm.engine.put(a_task("more"))
        await helm.sees("more")

    sail(scene, night(FakeEngine()), settled=lambda: seen.append("settled"))
    assert seen == ["settled"]
