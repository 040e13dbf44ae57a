"""The kill switch's command as somebody types it in a chat."""

import re

COMMAND = "/kill-autonomous"

_ORDER = re.compile(rf"\s*{COMMAND}(?:@\w+)?(?:\s+(?P<why>.*))?\s*", re.IGNORECASE | re.DOTALL | re.ASCII)


def parse_kill(text: str) -> str | None:
    """Return the reason that a message gives for using the kill switch, empty for none; None where it is no order.

    The command must be the message's beginning: who writes about it, or quotes it, orders nothing. A phone's capital
    letter and the name of a bot behind it do no harm.
    """
    found = _ORDER.fullmatch(text)
    return " ".join((found["why"] or "").split()) if found else None
