"""Money as integer micro-dollars."""

import pytest

from state.model.money import from_dollars, to_dollars


@pytest.mark.parametrize(
    ("text", "micro"),
    [("12.50", 12_500_000), (50, 50_000_000), (0.1, 100_000), ("$1,234.5", 1_234_500_000), (" 0 ", 0), ("0.000001", 1)],
)
def test_amounts_are_exact(text: str | float, micro: int) -> None:
    """Tenths that no binary fraction has are micro-dollars to the last one."""
    assert from_dollars(text) == micro


@pytest.mark.parametrize("text", ["", "much", "-1", "nan", "inf", "1.2.3"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Nothing is guessed, and nobody owes."""
    with pytest.raises(ValueError, match="is not an amount in dollars"):
        from_dollars(text)


def test_amounts_are_shown_in_dollars_and_cents() -> None:
    """As they stand on a bill."""
    assert [to_dollars(micro) for micro in (0, 12_500_000, 1_234_567_890_000)] == ["$0.00", "$12.50", "$1,234,567.89"]
