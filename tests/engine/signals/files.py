"""Files of signals, as another program would write them."""

import json
from typing import Any


def written(identity: str = "ci-1", kind: str = "opportunity", /, payload: Any = None, **fields: Any) -> bytes:
    """The bytes of a signal; a field that is None is left out."""
    told = {
        "id": identity,
        "type": kind,
        "priority": "high",
        "created": "2026-03-04T11:59:00Z",
        "source": "ci",
        "payload": {"text": "a client asks for a quote"} if payload is None else payload,
        **fields,
    }
    return json.dumps({key: value for key, value in told.items() if value is not None}).encode()


TASK = {
    "label": "mend-sum",
    "title": "Mend the sum",
    "description": "Mend the rounding of totals in the ledger",
    "criteria": ["the sum of ten entries of 0.1 is exactly 1.0"],
    "category": "bug-fix",
    "command": "true",
}
"""A task that would start by itself if an operator had added it."""
