"""Finds phone numbers, by what is known of each country's."""

from collections.abc import Iterator

_INTERNATIONAL = r"[+\x{ff0b}][ (.-]{0,2}\d"
# Dates have too few digits behind their first dash, and no number of ours begins with a 0.
_NATIONAL = r"\d{2,5}\)?[ ./-]{1,2}\d[\d ./-]{5}|\b0\d{8}"


def may_be(region: str) -> str:
    """Return the expression of what is worth a closer look: most texts are not."""
    return f"{_INTERNATIONAL}|{_NATIONAL}" if region else _INTERNATIONAL


def find(text: str, region: str) -> Iterator[tuple[int, int]]:
    """Yield where phone numbers begin and end; `region` is a country's two letters, or empty for international ones."""
    if not region and "+" not in text and "\uff0b" not in text:
        return
    import phonenumbers  # it takes its time to load, and most processes never see one

    for match in phonenumbers.PhoneNumberMatcher(text, region or None):
        yield match.start, match.end
