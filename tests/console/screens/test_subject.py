"""A subject is what an answer is bound to."""

import msgspec

from console.screens.subject import Kind, asked, resolve, shown_build
from state.model import task as t
from state.model.build import Finished
from state.model.escalation import EscalationKind
from state.model.view import View
from tests.console.fake_engine import DIGEST, FakeEngine, anomaly, night, question, reviewed
from tests.making import NOON, a_build, a_task


def picture() -> View:
    return night(FakeEngine()).view().result()


def test_a_row_is_known_by_its_key() -> None:
    """Each kind of row leads to its task, build and open digest."""
    view = picture()
    for kind, key, label, build, digest in (
        (Kind.TASK, "docs", "docs", "", ""),
        (Kind.TASK, "export", "export", "", view.tasks["export"].spec.digest),
        (Kind.BUILD, "ledger-1", "ledger", "ledger-1", ""),
        (Kind.BUILD, "csv-1", "csv", "csv-1", DIGEST),
        (Kind.ESCALATION, "q-csv", "csv", "csv-1", DIGEST),
        (Kind.ANOMALY, "n-ledger", "ledger", "ledger-1", ""),
    ):
        subject = resolve(kind, key, view)
        assert subject is not None
        assert subject[:5] == (kind, key, label, build, digest)
        assert subject.state == view.tasks[label].state_name


def test_what_is_gone_is_nothing() -> None:
    """Rows that are over, answered or unknown stand for nothing."""
    view = picture()
    answered = msgspec.structs.replace(view.escalations["q-csv"], answered_at=NOON)
    over = msgspec.structs.replace(view.builds["ledger-1"], state=Finished(ending="done", text="", at=NOON))
    view = msgspec.structs.replace(view, escalations={"q-csv": answered}, builds={"ledger-1": over})
    assert resolve(Kind.ESCALATION, "q-csv", view) is None
    assert resolve(Kind.BUILD, "ledger-1", view) is None
    assert all(resolve(kind, "no such", view) is None for kind in Kind)


def test_a_changed_diff_is_another_subject() -> None:
    """Two subjects are equal only when an answer to them means the same."""
    task, build = reviewed("csv")
    other_task, other_build = reviewed("csv", "e" * 64)
    before = resolve(Kind.TASK, "csv", View(at=NOON, tasks={"csv": task}, builds={build.id: build}))
    after = resolve(Kind.TASK, "csv", View(at=NOON, tasks={"csv": other_task}, builds={build.id: other_build}))
    assert before != after


def test_an_escalation_keeps_the_digest_that_it_asked_about() -> None:
    """A question about an earlier diff stays about that one."""
    task, build = reviewed("csv", "e" * 64)
    old = question("csv", EscalationKind.REVIEW_NEEDED, DIGEST)
    view = View(at=NOON, tasks={"csv": task}, builds={build.id: build}, escalations={old.id: old})
    subject = resolve(Kind.ESCALATION, old.id, view)
    assert subject is not None
    assert subject.digest == DIGEST != asked(task, view.builds)


def test_rows_without_a_task() -> None:
    """What concerns no task has no label, state or digest."""
    health = question("", EscalationKind.SYSTEM_HEALTH)
    strange = anomaly("gone")
    view = View(at=NOON, escalations={health.id: health}, anomalies={strange.id: strange})
    subject = resolve(Kind.ESCALATION, health.id, view)
    assert subject is not None
    assert (subject.label, subject.state, subject.digest) == ("", "", "")
    assert resolve(Kind.ANOMALY, strange.id, view) is not None


def test_the_log_is_that_of_the_latest_attempt() -> None:
    """A task between attempts shows the build that failed last."""
    builds = [a_build("x-1"), msgspec.structs.replace(a_build("x-2"), created_at=NOON.replace(hour=13)), a_build("y-1")]
    task = a_task("x", t.Retrying(at=NOON, text="so"))
    view = View(at=NOON, tasks={"x": task}, builds={build.id: build for build in builds})
    subject = resolve(Kind.TASK, "x", view)
    assert subject is not None
    shown = shown_build(subject, view)
    assert shown is not None
    assert shown.id == "x-2"
    assert shown_build(subject._replace(label="none"), view) is None
