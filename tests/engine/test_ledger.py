"""The indexes over the store agree with its tables, whatever happens to these."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ledger import Ledger
from engine.policy.bands.kinds import ALL
from state.files import create_workspace
from state.model import build as b
from state.model import task as t
from state.store import Store
from tests.engine.engines import SETUP
from tests.making import NOON, ManualClock, a_build, a_task

TASK_STATES: list[t.TaskState] = [
    t.Queued(),
    t.Held(findings=()),
    t.Building(build="a-1"),
    t.Retrying(at=NOON, text=""),
    t.Done(build="a-1", note="", at=NOON),
]
BUILD_STATES: list[b.BuildState] = [
    b.Preparing(),
    b.Running(token="t", pid=1, start_ticks=1, boot=""),
    b.Reviewing(digest="d"),
    b.Finished(ending="done", text="", at=NOON),
]
CHANGES = st.lists(
    st.one_of(
        st.builds(a_task, st.sampled_from("abc"), st.sampled_from(TASK_STATES)),
        st.builds(
            lambda build_id, state, by: a_build(build_id, state, kill_by=by),
            st.sampled_from(["a-1", "b-1", "b-2"]),
            st.sampled_from(BUILD_STATES),
            st.sampled_from(["", "operator:ada"]),
        ),
    ),
    max_size=12,
)


def picture(ledger: Ledger) -> dict[str, Any]:
    return {
        "waiting": list(ledger.waiting),
        "occupying": sorted(build.id for build in ledger.occupying()),
        "unfinished": sorted(build.id for build in ledger.unfinished()),
        "reviewing": ledger.reviewing,
        "asked to end": ledger.asked_to_end,
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_following_the_changes_is_the_same_as_reading_the_tables(
    tmp_path_factory: Any, changes: list[t.Task | b.Build]
) -> None:
    """After any changes the indexes are what a fresh look at the tables gives, and what the tables say."""
    with Store.open(create_workspace(tmp_path_factory.mktemp("ledger")), ManualClock()) as store:
        ledger = Ledger(store)
        store.listeners.append(ledger.note)
        for change in changes:
            store.stage([change], SETUP)
        followed = picture(ledger)
        ledger.rebuild()
        assert followed == picture(ledger)
        builds = store.builds.values()
        assert followed["occupying"] == sorted(build.id for build in builds if build.occupies)
        assert followed["unfinished"] == sorted(build.id for build in builds if not build.over)
        assert followed["asked to end"] == {build.id for build in builds if build.kill_by and not build.over}


def test_what_is_held_is_looked_at_again_after_a_start(tmp_path: Path) -> None:
    """The engine died before it was released, or the settings were changed meanwhile: it is not forgotten."""
    with Store.open(create_workspace(tmp_path), ManualClock()) as store:
        done = a_task("first", t.Done(build="first-1", note="", at=NOON))
        held = a_task("second", t.Held(findings=()), depends=("first",))
        store.stage([done, held, a_task("third", t.Held(findings=())), a_task("fourth")], SETUP)
        assert Ledger(store).waiting.take_again() == ("second", "third")


def test_what_past_builds_came_to_is_followed(tmp_path: Path) -> None:
    """A build that ends after the history was first asked for is in it, and still is when it is read anew."""
    with Store.open(create_workspace(tmp_path), ManualClock()) as store:
        ledger = Ledger(store)
        store.listeners.append(ledger.note)
        assert ledger.history.kinds() == ()
        store.stage([a_task("a"), a_build("a-1", b.Finished(ending="done", text="", at=NOON))], SETUP)
        assert ledger.history.failures(ALL) == (False,)
        ledger.rebuild()
        assert ledger.history.failures(ALL) == (False,)
