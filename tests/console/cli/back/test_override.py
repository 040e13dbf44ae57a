"""Tests of console.cli.back.override."""


def test_an_operators_own_entry_is_no_decision_of_the_engine(midwatch):
    """It is refused with the verb that takes it back."""
    midwatch.ok("pause")
    [entry] = midwatch.json("audit", "list", "--limit", "1")
    code, complaint = midwatch.fails("captain-override", str(entry["seq"]))
    assert code == 1 and "midwatch undo" in complaint


def test_a_number_is_needed(midwatch):
    """Anything else is refused before anything is asked."""
    code, _ = midwatch.fails("captain-override", "tidy")
    assert code == 2
