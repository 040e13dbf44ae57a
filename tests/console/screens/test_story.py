"""The details tell all that is known, in words."""

import re
from datetime import datetime, timedelta

import msgspec
import pytest

from console.screens.story import tell, title
from console.screens.subject import Kind, resolve, shown_build
from state.model import build as b
from state.model import task as t
from state.model.anomaly import Band
from state.model.progress import Progress
from state.model.verdict import Finding, Stance
from state.model.view import View
from tests.console.fake_engine import DIGEST, FakeEngine, night
from tests.making import NOON, a_build, a_task


def told(view: View, kind: Kind, key: str, *findings: Finding, now: datetime = NOON) -> str:
    """The story as one text."""
    subject = resolve(kind, key, view)
    assert subject is not None
    return "\n".join(cell.text for cell in tell(subject, view, shown_build(subject, view), findings, now))


def night_view() -> View:
    return night(FakeEngine()).view().result()


def test_tells_every_reason() -> None:
    """Each rule's finding stands there with its verdict in words."""
    findings = (
        Finding(rule="slots", verdict=Stance.WAIT, text="both slots are taken"),
        Finding(rule="clarity", verdict=Stance.ALLOW, text="it says when it is done"),
    )
    text = told(night_view(), Kind.TASK, "docs", *findings)
    assert "Why it does not start" in text
    assert "○ wait  slots: both slots are taken" in text
    assert "✓ yes   clarity: it says when it is done" in text


def test_a_held_task_tells_its_own_reasons() -> None:
    """Without fresh findings, those that the task was held for stand there."""
    text = told(night_view(), Kind.TASK, "export")
    assert "? ask   approvals: adds a new feature" in text
    assert "a approves the start of exactly this task" in text


def test_a_review_names_the_digest() -> None:
    """What an approval would be bound to is named."""
    text = told(night_view(), Kind.ESCALATION, "q-csv")
    assert "csv asks" in text
    assert f"a approves the merge of exactly this diff ({DIGEST[:10]})" in text


def test_a_running_build_tells_how_it_fares() -> None:
    """The live figures, the checks and the ticked criteria stand there."""
    view = night_view()
    progress = Progress(
        build="ledger-1", percent=45, step="testing", output_bytes=2048, criteria=(True,), commits=("Round once",)
    )
    text = told(msgspec.structs.replace(view, progress={"ledger-1": progress}), Kind.BUILD, "ledger-1")
    assert "45 %  testing" in text
    assert "2.0 KiB of output" in text
    assert "executed  ○ not yet" in text
    assert "[x] the sum of ten entries" in text
    assert "commit: Round once" in text


def test_a_silent_build_tells_how_long_it_has_run_by_now() -> None:
    """Its time goes on although its last sign of life is long past."""
    view = night_view()
    progress = Progress(build="ledger-1", life_at=NOON)
    build = msgspec.structs.replace(view.builds["ledger-1"], started_at=NOON)
    view = msgspec.structs.replace(view, builds={"ledger-1": build}, progress={"ledger-1": progress})
    text = told(view, Kind.BUILD, "ledger-1", now=NOON + timedelta(minutes=90))
    assert re.search(r"time +\S+ +1.5 h/", text), text


def test_a_finished_build_tells_what_is_proven() -> None:
    """Checks say yes or no with their words, the time it took, and notes."""
    build = a_build(
        "x-1",
        b.Finished(ending="failed", text="no", at=NOON),
        sandboxed=False,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=90),
        executed=b.Check(result=b.Result.YES),
        verified=b.Check(result=b.Result.NO, text="2 tests failed"),
        notes=("1 MiB of output was cut",),
    )
    task = a_task("x", t.Failed(build="x-1", text="gave up", at=NOON), failures=3, attempts=3)
    text = told(View(at=NOON, tasks={"x": task}, builds={"x-1": build}), Kind.TASK, "x")
    assert "gave up" in text
    assert "3 attempts, 3 failed in a row" in text
    assert "verified  ✗ no  2 tests failed" in text
    assert "took 0:01:30" in text
    assert "note: 1 MiB of output was cut" in text
    assert "NO SANDBOX" in text


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (t.Retrying(at=NOON, text="the tests failed"), "the tests failed"),
        (t.Done(build="", note="no changes", at=NOON), "no changes"),
        (t.Killed(build="", text="denied: bad idea", at=NOON), "denied: bad idea"),
        (t.AwaitingReview(build="", digest=DIGEST, blocked="the tree is dirty"), "the tree is dirty"),
    ],
)
def test_a_state_tells_why(state: t.TaskState, says: str) -> None:
    """What a state carries is told."""
    assert says in told(View(at=NOON, tasks={"x": a_task("x", state)}), Kind.TASK, "x")


def test_what_is_wanted_hides_nothing() -> None:
    """Money, paths and commands stand there; a command's unseen characters are shown, for it is what one approves."""
    task = a_task(
        "x", command="echo a\x1b[8m; rm -rf b\necho c", budget=12_500_000, value=1, paths=("src",), depends=("y",)
    )
    text = told(View(at=NOON, tasks={"x": task}), Kind.TASK, "x")
    assert "echo a<1b>[8m; rm -rf b" in text
    assert "echo c" in text
    assert "$12.50" in text
    assert "src" in text


def test_an_anomaly_tells_its_figures() -> None:
    """What was measured stands beside what it should be, and the task's story follows."""
    text = told(night_view(), Kind.ANOMALY, "n-ledger")
    assert "▲ time: 9 s" in text
    assert "▶ building" in text


def test_an_anomaly_and_its_question_show_the_picture() -> None:
    """The value is drawn among those before it, both where it is listed and where it is asked about."""
    band = Band(low=0, high=200, centre=60, sigma=3, kind="bug fix", history=(50.0, 60.0, 70.0))
    view = night_view()
    before = view.anomalies["n-ledger"]
    anomaly = msgspec.structs.replace(before, value=900.0, limit=200.0, band=band)
    asked = msgspec.structs.replace(
        view.escalations["q-csv"], label="ledger", build=before.build, text=f"it is frozen: {before.text}; say yes"
    )
    view = msgspec.structs.replace(view, anomalies={anomaly.key: anomaly}, escalations={asked.key: asked})
    for text in (told(view, Kind.ANOMALY, anomaly.key), told(view, Kind.ESCALATION, asked.key)):
        assert "run time, on a logarithmic scale" in text
        assert "15 min ┤" in text
        assert text.count("◆") == 2
    other = msgspec.structs.replace(asked, text="something else")
    assert "◆" not in told(msgspec.structs.replace(view, escalations={other.key: other}), Kind.ESCALATION, other.key)


def test_titles() -> None:
    """The heading names the task, or the engine when there is none."""
    view = night_view()
    subject = resolve(Kind.BUILD, "ledger-1", view)
    assert subject is not None
    assert title(subject, view) == "ledger — Fix the rounding of totals"
    assert title(subject._replace(label=""), view) == "The engine"
