"""Language models: priced tokens count as money, and a model without a price stops its build and the deciding."""

from collections.abc import Callable

from tests.front.midwatch import Space, until

PRICED = '[prices."small-*"]\nin = 3.0\nout = 15.0\ncached = 0.3\n'
WAIT = "while ! test -e go; do sleep 0.05; done"
SAYS = "echo '::usage model={} in={} out={}'; {}"


def set_price(space: Space, text: str) -> None:
    """Save a price as the operator does, into settings that an engine goes by."""
    path = space.root / "midwatch.toml"
    path.write_text(f"{path.read_text()}\n{text}")


def test_a_model_without_a_price_stops_its_build_and_the_deciding_until_it_has_one(space: Space) -> None:
    """Held, asked about once, in words that name the model and the key; a price and a yes let it go on."""
    space.add("costly", SAYS.format("new-1", 1_000_000, 1000, WAIT))
    with space.engine() as engine:
        told = space.held("costly")
        assert told["held"]["figure"] == "unpriced" and told["tokens"] == 1_001_000
        (question,) = space.json("status")["escalations"]
        assert '[prices."new-1"]' in question["text"] and "midwatch approve costly" in question["text"]
        assert "midwatch resume" in question["text"]
        assert "MANUAL MODE" in space.ok("status") and "new-1 has no price" in space.ok("status")
        space.add("other", "true")
        refused = space.fails(1, "approve", "costly")
        assert '[prices."new-1"]' in refused
        set_price(space, '[prices."new-?"]\nin = 2.0\nout = 10.0\n')
        until(lambda: space.run("approve", "costly").returncode == 0, "the price to count")
        assert space.state("other") == "queued"
        space.ok("resume")
        space.go("costly-1")
        assert space.wait("costly", "done", "failed") == "done"
        assert space.wait("other", "done", "failed") == "done"
        assert engine.alive and "times for the disk: half within" in space.ok("telemetry")
    row = next(row for row in space.json("stats")["rows"] if row["category"] == "all")
    assert row["tokens"] == 1_001_000 and row["spent"] == 2_010_000


def test_priced_tokens_are_held_at_the_limit_on_money_and_pass_below_it(open_space: Callable[..., Space]) -> None:
    """The price counts where the build said nothing or less, and the difference is told."""
    space = open_space(f'{PRICED}[limits.action]\nusd = 5.0\n[limits.rates]\nusd_per_h = "none"\n')
    space.add("fine", "echo '::usage model=small-7 in=1000000 cached=1000000 usd=0.10'; true")
    space.add("wide", SAYS.format("small-7", 1_000_000, 200_000, WAIT))
    with space.engine():
        assert space.wait("fine", "done", "failed") == "done"
        told = space.held("wide")["held"]
        assert (told["figure"], told["used"]) == ("spent", 6_000_000)
        space.ok("deny", "wide")
        assert space.wait("wide", "killed") == "killed"
    assert "small-7: it said $0.10, 2,000,000 tokens cost $3.30; the higher counts" in space.build("fine-1").notes
    assert "3.30" in space.ok("telemetry") and "2,000,000" in space.ok("telemetry")


def test_an_engine_that_is_to_end_leaves_a_frozen_build_and_says_so(open_space: Callable[..., Space]) -> None:
    """Its exit code is one of its own; the answer is given without an engine, and the next one carries it out."""
    space = open_space('[prices]\nunpriced = "hold"\n')
    space.add("costly", SAYS.format("new-1", 5, 5, WAIT))
    said = space.fails(6, "engine", "--until-idle", "--quiet")
    assert "costly-1 stays frozen" in said and "costly" in said
    set_price(space, '[prices."new-1"]\nin = 1\nout = 1\n')
    space.ok("approve", "costly")
    (space.paths.build("costly-1").work / "go").touch()
    space.ok("engine", "--until-idle")
    assert space.state("costly") == "done"


def test_a_wrong_price_is_refused_with_its_line(open_space: Callable[..., Space]) -> None:
    """Typed like every other setting."""
    space = open_space()
    before = len((space.root / "midwatch.toml").read_text().splitlines())
    set_price(space, '[prices."m"]\nin = -1\nout = nan\n[prices.n]\nin = 1\n')
    said = space.fails(1, "add", "--label", "x")
    assert f"midwatch.toml:{before + 3}" in said and f"midwatch.toml:{before + 4}" in said
    assert "prices.m.in" in said and "prices.n" in said and "out must be set" in said
