"""Money as integer micro-dollars, so that sums are exact."""

from decimal import Decimal, InvalidOperation

MICRO = 1_000_000
_MOST = 1_000_000_000


def from_dollars(text: str | int | float) -> int:
    """Return micro-dollars for a figure in US dollars; ValueError when it is not a finite, non-negative number."""
    try:
        amount = Decimal(str(text).strip().lstrip("$").replace(",", ""))
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount in dollars: write 12.50") from error
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{text!r} is not an amount in dollars: write a number of 0 or more")
    if amount > _MOST:
        raise ValueError(f"that is too much: an amount is at most {_MOST:,} dollars")
    return int(amount * MICRO)


def to_dollars(micro: int) -> str:
    """Return `$12.50` for 12,500,000 micro-dollars."""
    return f"${Decimal(micro) / MICRO:,.2f}"
