"""Reads a signal from the bytes of a file, which anybody may have written."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from state.model.escalation import Urgency
from state.model.money import from_dollars
from state.model.signals.signal import Signal, SignalType
from state.records import UNREADABLE
from state.text import one_line

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_WIDTH = 300
_NAME = 60
_KNOWN = {kind.value: kind for kind in SignalType}
_WORDS = ("text", "message", "title", "summary", "reason", "description")
"""Where in a payload the words for people stand; the first that is there counts."""


class NoSignal(Exception):
    """What a file holds is no signal; its text says why, in words."""


class Unfinished(NoSignal):
    """It is not even whole JSON: perhaps somebody is still writing it."""


class Told(NamedTuple):
    """A signal, and all that its file says besides."""

    signal: Signal
    payload: Mapping[str, Any]


def read(data: bytes) -> Told:
    """Return what a file says. Raises NoSignal, and Unfinished where the end of it may be missing."""
    try:
        value = msgspec.json.decode(data)
    except UNREADABLE as error:
        raise Unfinished(f"it is no JSON: {one_line(str(error), _WIDTH)}") from None
    if not isinstance(value, dict):
        raise NoSignal('it is JSON, and no object: write {"id": ..., "type": ...}')
    payload = value.get("payload", {})
    if not isinstance(payload, dict):
        raise NoSignal("payload: should be an object")
    said = _text(value, "type")
    kind = _KNOWN.get(said.strip().lower().replace("-", "_"))
    signal = Signal(
        id=_identity(value),
        type=kind or SignalType.UNCLEAR,
        said="" if kind else one_line(said, _NAME),
        priority=_priority(value),
        created=_created(value),
        source=one_line(_text(value, "source", ""), _NAME),
        text=_words(payload),
        label=_label(payload),
        confidence=_confidence(payload),
        impact=_impact(payload),
        digest=hashlib.sha256(data).hexdigest(),
    )
    return Told(signal, payload)


def _text(value: Mapping[str, Any], key: str, default: str | None = None) -> str:
    found = value.get(key, default)
    if found is None:
        raise NoSignal(f"{key}: is missing")
    if not isinstance(found, str) or (not found.strip() and default is None):
        raise NoSignal(f"{key}: should be a text")
    return found


def _identity(value: Mapping[str, Any]) -> str:
    found = _text(value, "id")
    if not _ID.fullmatch(found):
        raise NoSignal("id: use letters, digits and . _ : - (at most 100), beginning with a letter or digit")
    return found


def _priority(value: Mapping[str, Any]) -> Urgency:
    found = _text(value, "priority", Urgency.MEDIUM).strip().lower()
    if found not in list(Urgency):
        raise NoSignal(f"priority: should be one of {', '.join(Urgency)}, not {one_line(found, _NAME)}")
    return Urgency(found)


def _created(value: Mapping[str, Any]) -> datetime | None:
    if value.get("created") is None:
        return None
    try:
        found = msgspec.convert(value["created"], datetime)
    except msgspec.ValidationError:
        raise NoSignal("created: should be a time with its offset, such as 2026-02-06T22:00:00Z") from None
    if found.tzinfo is None:
        raise NoSignal("created: says no offset: end it with Z, or with one such as +01:00")
    return found


def _words(payload: Mapping[str, Any]) -> str:
    task = payload.get("task")
    places = [payload, *([task] if isinstance(task, dict) else []), {"text": task}]
    texts = (place.get(key) for place in places for key in _WORDS)
    said = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    if not said and payload:
        said = msgspec.json.encode(payload).decode()
    return one_line(said, _WIDTH)


def _label(payload: Mapping[str, Any]) -> str:
    found = payload.get("label")
    return found if isinstance(found, str) and _LABEL.fullmatch(found) else ""


def _confidence(payload: Mapping[str, Any]) -> float | None:
    found = payload.get("confidence")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        raise NoSignal("payload.confidence: should be a number from 0 to 1, such as 0.8")
    return float(found)


def _impact(payload: Mapping[str, Any]) -> int | None:
    found = payload.get("impact")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise NoSignal("payload.impact: should be an amount in US dollars, such as 12.50")
    try:
        return from_dollars(found)
    except ValueError:
        raise NoSignal("payload.impact: should be an amount in US dollars, such as 12.50") from None
