"""What counts as a signal, and what is made of its words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.signals.reading import NoSignal, Unfinished, read
from state.model.escalation import Urgency
from state.model.signals.signal import SignalType
from tests.engine.signals.files import written


def test_a_whole_signal_says_all_of_it() -> None:
    """Each field is where it belongs, with its unit."""
    signal, payload = read(
        written("ci-7", "low_confidence", {"text": "odd", "confidence": 0.5, "impact": "$12.50", "label": "tidy"})
    )
    assert (signal.id, signal.type, signal.priority, signal.source) == (
        "ci-7", SignalType.LOW_CONFIDENCE, Urgency.HIGH, "ci",
    )  # fmt: skip
    assert signal.created == datetime(2026, 3, 4, 11, 59, tzinfo=UTC)
    assert (signal.text, signal.confidence, signal.impact, signal.label) == ("odd", 0.5, 12_500_000, "tidy")
    assert payload["impact"] == "$12.50"


def test_the_least_that_a_signal_says() -> None:
    """An id and a type are enough; it is then of medium priority."""
    signal, payload = read(b'{"id": "a", "type": "goals-updated"}')
    assert (signal.type, signal.priority, signal.created, signal.text) == (
        SignalType.GOALS_UPDATED, Urgency.MEDIUM, None, "",
    )  # fmt: skip
    assert payload == {}


def test_an_unknown_type_is_unclear() -> None:
    """Another program may tell of what nobody foresaw."""
    signal, _ = read(written("a", "moon\x1b[2Jrise"))
    assert (signal.type, signal.kind) == (SignalType.UNCLEAR, "moonrise")


def test_its_words_are_harmless_and_short() -> None:
    """Nothing that a terminal obeys comes through, however it is put."""
    signal, _ = read(written(payload={"message": "one\x1b]0;owned\x07\ntwo\u202e " + "x" * 9000}, source="c\x1b[2Ji"))
    assert signal.text.startswith("one two xxx") and len(signal.text) == 300
    assert signal.source == "ci"
    without, _ = read(written(payload={"disk": 97}))
    assert without.text == '{"disk":97}'
    asking, _ = read(written(payload={"confidence": 1, "task": {"title": "Mend the sum"}}))
    assert asking.text == "Mend the sum"


@pytest.mark.parametrize("data", [b"", b"{", b'{"id": "a", "type": "unc', b"\xff", b"[" * 100_000, b"{} x"])
def test_what_is_not_whole_json_may_still_be_written(data: bytes) -> None:
    """Nobody can tell a slow writer's first half from a mistake by its bytes alone."""
    with pytest.raises(Unfinished, match="no JSON"):
        read(data)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id": None}, "id: is missing"),
        ({"id": "../../etc/passwd"}, "id: use letters"),
        ({"id": "a\x1b[2J"}, "id: use letters"),
        ({"id": "x" * 101}, "id: use letters"),
        ({"id": 7}, "id: should be a text"),
        ({"type": ""}, "type: should be a text"),
        ({"priority": "now!"}, "priority: should be one of low, medium, high, urgent, not now!"),
        ({"created": "yesterday"}, "created: should be a time"),
        ({"created": "2026-03-04T11:59:00"}, "created: says no offset"),
        ({"payload": [1]}, "payload: should be an object"),
        ({"payload": {"confidence": "70"}}, "payload.confidence: should be a number"),
        ({"payload": {"confidence": 70}}, "payload.confidence: should be a number"),
        ({"payload": {"confidence": True}}, "payload.confidence: should be a number"),
        ({"payload": {"impact": "much"}}, "payload.impact: should be an amount"),
        ({"payload": {"impact": -1}}, "payload.impact: should be an amount"),
        ({"payload": {"impact": [1]}}, "payload.impact: should be an amount"),
    ],
)
def test_a_field_that_cannot_be_understood_is_named(fields: dict[str, Any], words: str) -> None:
    """A claim that cannot be read must not pass for one that was not made."""
    told = {"id": "ci-1", "type": "unclear", **fields}
    with pytest.raises(NoSignal, match=words) as failure:
        read(written(told.pop("id"), told.pop("type"), told.pop("payload", None), id=fields.get("id", "ci-1"), **told))
    assert not isinstance(failure.value, Unfinished)


def test_json_that_is_no_object_is_no_signal() -> None:
    """A list or a number says nothing."""
    for data in (b"[]", b"7", b"null"):
        with pytest.raises(NoSignal, match="no object"):
            read(data)
