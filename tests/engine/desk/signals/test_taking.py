"""What is decided about signals, and that it is decided once."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.desk.desk import Desk
from engine.safety import crash
from engine.signals.reading import read
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.model.signals.signal import Handling, Signal
from state.settings import SandboxKind, TaskSettings
from tests.engine.desk.asking import ask, desk, questions, state_of
from tests.engine.signals.files import written
from tests.making import NOON, a_spec

__all__ = ["desk"]


def a_signal(*args: Any, **fields: Any) -> Signal:
    return read(written(*args, **fields)).signal


def taken(desk: Desk, signal: Signal, **command: Any) -> str:
    reply = ask(desk, c.TakeSignal(signal=signal, **command))
    assert reply.ok
    return reply.text


def spawning(confidence: float | None = 0.9, **payload: Any) -> Signal:
    return a_signal("ci-1", "spawn_agent", {"confidence": confidence, **payload})


def test_it_is_on_record_with_what_came_of_it(desk: Desk) -> None:
    """One entry holds the signal and its question, and says what it was decided upon."""
    told = taken(desk, a_signal())
    assert told == "asked: e1 asks you: no rule can decide it"
    signal = desk.common.store.signals["ci-1"]
    assert (signal.handling, signal.taken_at) == (Handling.ASKED, NOON)
    assert questions(desk, "signal:ci-1") == [("opportunity", "")]
    [question] = desk.common.store.escalations.values()
    assert "ci signals opportunity: a client asks for a quote" in question.text
    assert desk.common.store.number == 1


def test_the_same_signal_is_never_decided_twice(desk: Desk) -> None:
    """What was decided is told again; nothing is added to the record."""
    first = taken(desk, a_signal())
    number = desk.common.store.number
    assert taken(desk, a_signal()) == first
    assert desk.common.store.number == number


def test_another_one_with_the_same_id_is_none(desk: Desk) -> None:
    """It is set aside, and the one before it stays what it was."""
    taken(desk, a_signal())
    told = taken(desk, a_signal(payload={"text": "something else"}))
    assert told.startswith("aside: another signal had the id ci-1 already")
    assert desk.common.store.signals["ci-1"].text == "a client asks for a quote"


def test_the_operator_closes_its_question(desk: Desk) -> None:
    """A signal that waits is answered like all that waits."""
    taken(desk, a_signal())
    assert ask(desk, c.Deny(label="signal:ci-1", digest="")).ok
    assert questions(desk, "signal:ci-1") == [("opportunity", "denied")]


def test_what_only_tells_asks_nobody(desk: Desk) -> None:
    """It is on record, and that is all."""
    assert taken(desk, a_signal("g-1", "goals_updated", priority="low")).startswith("logged: ")
    assert not desk.common.store.escalations
    assert desk.common.store.signals["g-1"].handling is Handling.LOGGED


def test_a_sure_signals_task_is_judged_like_any_other(desk: Desk) -> None:
    """Its source is the signal's whatever it says itself, and nothing about it is approved."""
    told = taken(desk, spawning(), spec=a_spec(source="operator"))
    assert told == "queued: tidy: queued"
    task = desk.common.store.tasks["tidy"]
    assert (task.spec.source, task.approval, task.forced, task.doubt) == ("signal:ci", None, False, "")


def test_the_gate_holds_what_it_would_hold_of_anybody(desk: Desk) -> None:
    """A signal is no way past approval or clarity."""
    assert taken(desk, spawning(), spec=a_spec(category=t.Category.NEW_FEATURE)).endswith("awaiting_approval")
    held = msgspec.structs.replace(spawning(), id="ci-2")
    assert taken(desk, held, spec=a_spec("vague", criteria=())).endswith("held")


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (spawning(0.55), "it says to be 55% sure"),
        (spawning(None), "it does not say how sure it is"),
        (spawning(impact=51), "$51.00 are at stake"),
    ],
)
def test_the_task_of_an_unsure_one_waits_for_a_yes(desk: Desk, signal: Signal, words: str) -> None:
    """The question says why, and a yes lets it into the queue."""
    taken(desk, signal, spec=a_spec())
    assert state_of(desk, "tidy") == "awaiting_approval"
    [question] = desk.common.store.escalations.values()
    assert question.type is EscalationKind.APPROVAL_NEEDED and words in question.text
    digest = desk.common.store.tasks["tidy"].spec.digest
    assert ask(desk, c.Approve(label="tidy", digest=digest)).ok
    assert state_of(desk, "tidy") == "queued"


def test_the_bounds_are_the_operators(desk: Desk) -> None:
    """Other settings draw the line elsewhere."""
    orders = desk.common.orders
    signals = msgspec.structs.replace(orders.settings.signals, confidence=0.5, impact_over=100_000_000)
    orders.settings = msgspec.structs.replace(orders.settings, signals=signals)
    taken(desk, spawning(0.55, impact=99), spec=a_spec())
    assert state_of(desk, "tidy") == "queued"


@pytest.mark.parametrize("own", [TaskSettings(sandbox=SandboxKind.NONE), TaskSettings(secrets=("npm",))])
def test_a_signal_cannot_choose_a_label_with_rights(desk: Desk, own: TaskSettings) -> None:
    """What the settings let a task of some name do is not for whoever guesses the name."""
    orders = desk.common.orders
    orders.settings = msgspec.structs.replace(orders.settings, tasks={"tidy": own, "plain": TaskSettings()})
    taken(desk, spawning(), spec=a_spec())
    assert state_of(desk, "tidy") == "awaiting_approval"
    assert "rights of its own" in desk.common.store.tasks["tidy"].doubt
    taken(desk, msgspec.structs.replace(spawning(), id="ci-2"), spec=a_spec("plain"))
    assert state_of(desk, "plain") == "queued"


def test_a_label_that_is_taken_is_told(desk: Desk) -> None:
    """The task that has it stays as it is, and the operator learns what was asked for."""
    ask(desk, c.AddTasks(specs=(a_spec(command="make"),)))
    assert taken(desk, spawning(), spec=a_spec()).startswith("asked: ")
    [question] = desk.common.store.escalations.values()
    assert "there is a task of this label already" in question.text
    assert desk.common.store.tasks["tidy"].spec.command == "make"


def test_what_is_no_task_is_told(desk: Desk) -> None:
    """The operator sees what was wrong with it."""
    assert "title: is missing" in taken(desk, spawning(), unfit="title: is missing")


def test_a_question_that_is_open_already_is_not_asked_twice(desk: Desk) -> None:
    """What the engine noticed itself is one question, however many programs tell of it."""
    ask(desk, c.AddTasks(specs=(a_spec(category=t.Category.NEW_FEATURE),)))
    told = taken(desk, a_signal("a-1", "approval_needed", {"label": "tidy"}))
    assert told == "logged: e1 asks you the same about tidy already"
    assert taken(desk, a_signal("a-2", "build_failed", {"label": "tidy"})).startswith("asked: ")


def test_a_crash_that_the_engine_told_of_is_not_told_again(desk: Desk, tmp_path: Path) -> None:
    """The file that it left for other programs is written down, and no more."""
    found = crash.Crash(pid=7, mode="headless")
    path = crash.leave_signal(desk.common.store.workspace, found, NOON)
    signal = read(path.read_bytes()).signal
    question = desk.common.questions.ask(crash.QUESTION, None, found.text, NOON, about=crash.SUBJECT)
    desk.common.stage([question], "engine", crash.KIND, found.text)
    assert taken(desk, signal) == "logged: the engine told you of it itself, as e1"
    other = msgspec.structs.replace(signal, id="other-1", source="cron daemon")
    assert taken(desk, other).startswith("asked: ")


def test_files_that_are_no_signals_are_one_question(desk: Desk) -> None:
    """The latest is named, harmlessly; the count tells of the others."""
    for number in range(3):
        assert ask(desk, c.SetAside(name=f"a\x1b[2J{number}.json", why="id: is missing")).ok
    [question] = desk.common.store.escalations.values()
    assert (question.count, question.label) == (3, "signals:bad")
    assert question.text == "escalations/a2.json is no signal and goes to escalations/bad: id: is missing"


def test_people_stay_out_of_the_record(desk: Desk) -> None:
    """What a signal says passes the same door as everything else."""
    from engine.safety.privacy.scrubber import Scrubber

    desk.common.store.door = Scrubber()
    taken(desk, a_signal(payload={"text": "ada@lovelace.example asks for a quote"}))
    assert "ada@" not in json.dumps(msgspec.to_builtins(desk.common.store.signals["ci-1"]))
    [question] = desk.common.store.escalations.values()
    assert "ada@" not in question.text and "asks for a quote" in question.text
