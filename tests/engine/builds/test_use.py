"""What one build used, from two sources and across restarts."""

from engine.builds.use import Use
from state.model import build as b
from state.model.progress import Progress
from tests.making import a_build

RUNNING = b.Running(token="t", pid=1, start_ticks=1, boot="b")


def said(calls: int, spent: int = 0) -> Progress:
    return Progress(build="tidy-1", calls=calls, spent=spent)


def test_both_sources_are_one_sum() -> None:
    """What the build says and what others count are added, in whatever order they come."""
    use = Use(a_build("tidy-1", RUNNING), adopted=False)
    use.add(2, 5)
    use.seen(said(3, 7))
    assert use.latest is not None and (use.latest.calls, use.latest.spent) == (5, 12)
    use.add(1, 0)
    assert use.latest.calls == 6
    use.seen(said(4, 7))
    assert (use.latest.calls, use.latest.spent) == (7, 12)


def test_after_a_restart_nothing_counts_twice_and_nothing_is_lost() -> None:
    """What the output still tells is part of what was recorded; what it does not tell any more is carried on."""
    build = a_build("tidy-1", RUNNING, calls=10, spent=100)
    use = Use(build, adopted=True)
    use.seen(said(4))
    assert use.latest is not None and use.latest.calls == 10
    use.seen(said(6))
    assert use.latest.calls == 12
    all_told = Use(build, adopted=True)
    all_told.seen(said(15, 100))
    assert all_told.latest is not None and all_told.latest.calls == 15


def test_it_is_recorded_now_and_then_while_it_changes() -> None:
    """Not each line is a line of the journal."""
    build = a_build("tidy-1", RUNNING)
    use = Use(build, adopted=False)
    assert use.noted(build, 0.0) is None
    use.seen(said(1))
    first = use.noted(build, 0.0)
    assert first is not None and first.calls == 1
    assert use.noted(first, 60.0) is None
    use.seen(said(2))
    assert use.noted(first, 1.0) is None
    later = use.noted(first, 6.0)
    assert later is not None and later.calls == 2


def test_the_most_memory_that_was_seen_is_kept() -> None:
    """What it held once is told at its end."""
    use = Use(a_build("tidy-1", RUNNING), adopted=False)
    for held in (5, 9, 2):
        use.seen(Progress(build="tidy-1", memory_bytes=held))
    assert use.latest is not None and use.latest.memory_most_bytes == 9
