"""What one build used, from two sources and across restarts."""

from engine.builds.use import Use
from state.model import build as b
from state.model.counts.tokens import Price, Tokens
from state.model.money import MICRO
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


MODEL = Tokens(model="m", taken=1_000_000, said=2 * MICRO)


def test_tokens_are_counted_at_their_price_where_that_is_more_than_was_said() -> None:
    """A price that is set later counts for all that was used before; one that is lowered takes nothing back."""
    listed: dict[str, Price] = {}
    use = Use(a_build("tidy-1", RUNNING), adopted=False, price_list=lambda: listed)
    use.seen(Progress(build="tidy-1", spent=2 * MICRO, tokens=(MODEL,)))
    assert use.latest is not None and use.latest.spent == 2 * MICRO and use.latest.tokens[0].priced is None
    for price, spent in ((3 * MICRO, 3 * MICRO), (MICRO, 3 * MICRO)):
        listed["m"] = Price(taken=price, made=0)
        use.add(0, 0)
        (tokens,) = use.latest.tokens
        assert tokens.priced == price and use.latest.spent == spent


def test_tokens_of_an_adopted_build_count_once() -> None:
    """What the output still tells is part of what was recorded, model by model."""
    other = Tokens(model="o", made=7)
    build = a_build("tidy-1", RUNNING, spent=3 * MICRO, tokens=(MODEL, other))
    use = Use(build, adopted=True, price_list=lambda: {"*": Price(taken=3 * MICRO, made=0)})
    half = Tokens(model="m", taken=500_000, said=MICRO)
    use.seen(Progress(build="tidy-1", spent=MICRO, tokens=(half,)))
    assert use.latest is not None and use.latest.spent == 3 * MICRO
    assert {used.model: used.total for used in use.latest.tokens} == {"m": 1_000_000, "o": 7}


def test_use_is_on_record_at_once_where_that_is_asked() -> None:
    """What a build is held for is written down with it."""
    use, build = Use(a_build("tidy-1", RUNNING), adopted=False), a_build("tidy-1", RUNNING)
    use.seen(Progress(build="tidy-1", calls=1))
    assert use.noted(build, 0.0) is not None
    use.seen(Progress(build="tidy-1", calls=1, tokens=(MODEL,)))
    assert use.noted(build, 1.0) is None
    noted = use.noted(build, 1.0, at_once=True)
    assert noted is not None and noted.tokens == (MODEL,)
