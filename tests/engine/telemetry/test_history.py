"""The index over past builds agrees with the store's tables, and says what is usual."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policy.bands.figures import DURATION, FILES, RETRIES
from engine.policy.bands.kinds import ALL, Kind
from engine.telemetry.history import History
from state.model import build as b
from state.model import task as t
from state.model.task import Category
from tests.making import NOON, a_build, a_spec, a_task

BUGS = Kind(category="bug_fix")


def over(number: int, ending: str = "done", *, label: str = "tidy", lasted_s: float = 60.0, files: int = 3) -> b.Build:
    """A build that is over; the higher its number, the later."""
    at = NOON + timedelta(hours=number)
    result = {"done": b.Result.YES, "failed": b.Result.NO}.get(ending, b.Result.PENDING)
    ran = b.Check(result=result, at=at + timedelta(seconds=lasted_s))
    return a_build(
        f"{label}-{number}",
        b.Finished(ending=ending, text="", at=at + timedelta(seconds=lasted_s + 5)),
        started_at=at,
        executed=ran,
        files_changed=files,
    )


TASKS = {
    "tidy": a_task("tidy", command="make"),
    "mend": a_task("mend", command="make -j"),
    "test": a_task("test", command="pytest -q"),
    "lint": a_task("lint", command="ruff check"),
    "write": a_task("write", command="claude -p x", category=Category.DOCUMENTATION),
    "note": a_task("note", command="pandoc x", category=Category.DOCUMENTATION),
}


def history(*builds: b.Build) -> History:
    return History(TASKS, builds)


def test_a_build_is_not_judged_by_itself() -> None:
    """Its own values are none of those that its band is made of."""
    known = history(*(over(n) for n in range(1, 11)), over(11, files=500))
    own = known.bands(a_spec(command="make"), sigma=3, least=10, but="tidy-11")["files"]
    assert 500.0 not in own.history
    assert own.n == 10
    assert known.bands(a_spec(command="make"), sigma=3, least=11)["files"].n == 11


def test_what_ends_meanwhile_does_not_move_the_bands() -> None:
    """They are worked out when they are asked for, from the builds as they were when the comparison began."""
    known = history(*(over(n) for n in range(1, 11)))
    bands = known.bands(a_spec(command="make"), sigma=3, least=10)
    for number in range(11, 60):
        known.note(over(number, files=500))
    assert bands["files"].history == (3.0,) * 10
    assert known.bands(a_spec(command="make"), sigma=3, least=10)["files"].centre == 500.0
    assert set(bands) == {"run_s", "files", "cpu_s", "retries"} and len(bands) == 4
    assert "memory_bytes" not in bands


def test_the_closest_kind_that_is_known_counts() -> None:
    """Builds of the same category, runner and repository; too few, those of the category; else all."""
    make = [over(n, files=4) for n in range(1, 11)]
    others = [over(n, label=("write", "note", "test", "lint")[n % 4], files=1) for n in range(11, 31)]
    known = history(*make, *others)
    assert known.bands(a_spec(command="make"), sigma=3, least=10)["files"].kind == "bug fix, make, no repository"
    assert known.bands(a_spec(command="cargo"), sigma=3, least=10)["files"].kind == "bug fix"
    assert known.bands(TASKS["write"].spec, sigma=3, least=10)["files"].kind == "all tasks"
    assert known.bands(TASKS["write"].spec, sigma=3, least=40) == {}
    assert set(known.kinds()) >= {ALL, BUGS, Kind(category="bug_fix", runner="make")}
    assert known.kinds()[0] == ALL


def test_one_other_kind_is_nothing_to_go_by() -> None:
    """Where nearly all builds were of one other kind, the first of its own kind is compared with nothing."""
    known = history(*(over(n) for n in range(1, 41)), over(41, label="write"), over(42, label="test"))
    assert known.bands(a_spec(command="cargo"), sigma=3, least=10) == {}
    assert known.bands(a_spec(command="make"), sigma=3, least=10)


def test_failed_and_killed_builds_are_not_usual() -> None:
    """How long it takes to fail or to be killed says nothing of how long such builds last."""
    known = history(over(1), over(2, "failed", lasted_s=1), over(3, "killed", lasted_s=2), over(4))
    assert known.values(BUGS, DURATION) == (60.0, 60.0)
    assert known.failures(BUGS) == (False, True, False)


def test_failures_before_it_was_done_are_counted_by_task() -> None:
    """Each task's row of failures ends with its next build that is done."""
    known = history(over(1, "failed"), over(2, "failed", label="mend"), over(3, "failed"), over(4), over(5))
    assert known.values(BUGS, RETRIES) == (2.0, 0.0)
    assert known.values(BUGS, RETRIES, but="tidy-4") == (0.0,)
    assert known.retries("tidy-4", TASKS["tidy"].spec) == 2
    assert known.retries("nowhere-1", TASKS["tidy"].spec) == 0


def test_too_many_failures_are_told_once() -> None:
    """The build by which there are too many is told of; those after it belong to the same trouble."""
    clean = [over(n) for n in range(1, 31)]
    known = history(*clean, *(over(n, "failed") for n in range(31, 36)))
    told = {n: known.fails(f"tidy-{n}", TASKS["tidy"].spec, sigma=3, least=10) for n in range(25, 36)}
    found = {n: each for n, each in told.items() if each is not None}
    assert list(found) == [33]
    assert (found[33].failed, found[33].of, found[33].kind) == (3, 5, "bug fix, make, no repository")
    assert found[33].before == 28
    assert history(*clean[:5]).fails("tidy-5", TASKS["tidy"].spec, sigma=3, least=10) is None


STATES = st.sampled_from(["checking", "done", "failed", "killed"])


def form(number: int, state: str) -> b.Build:
    build = over(number % 70, "done" if state == "checking" else state, label=("tidy", "mend", "write")[number % 3])
    return build if state != "checking" else a_build(
        build.id, b.Checking(candidate=""), started_at=build.started_at, executed=build.executed
    )  # fmt: skip


@given(st.lists(STATES, max_size=150))
@settings(deadline=None, max_examples=40)
def test_what_is_kept_in_step_is_what_is_built_anew(states: list[str]) -> None:
    """Noted one by one, in whatever form, or read from the tables at once: it comes to the same."""
    kept = History(TASKS, ())
    table: dict[str, b.Build] = {}
    for number, state in enumerate(states):
        build = form(number, state)
        if build.id in table and table[build.id].over:
            continue
        table[build.id] = build
        kept.note(build)
    anew = History(TASKS, table.values())
    for kind in anew.kinds():
        for figure in (DURATION, FILES, RETRIES):
            assert kept.values(kind, figure) == anew.values(kind, figure)
        assert kept.failures(kind) == anew.failures(kind)


def test_a_task_that_is_gone_is_left_out() -> None:
    """A build of which nobody knows what it was for belongs to no kind."""
    assert history(over(1, label="gone")).kinds() == ()
    assert History({"gone": a_task("gone", t.Queued())}, [over(1, label="gone")]).kinds()
