"""One line of the journal."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state import line as lines
from state.line import GENESIS, Seal
from state.model.reason import Reason
from state.records import UNREADABLE
from tests.making import NOON
from tests.state.making import ASKED

BODY = lines.body_of(ASKED, [("control", b'{"paused":true}')])


def test_a_line_is_a_json_object_that_anyone_can_check() -> None:
    """The digest covers the body's bytes; the hash covers the line's bytes before it."""
    raw, end = lines.seal(Seal(), NOON, "operator:ada", BODY)
    told = json.loads(raw)
    assert list(told) == ["seq", "at", "actor", "digest", "prev", "hash", "body"]
    assert told["seq"] == end.seq == 1
    assert told["at"] == "2026-03-04T12:00:00Z"
    assert told["prev"] == GENESIS
    assert told["digest"] == hashlib.sha256(BODY).hexdigest()
    assert told["hash"] == end.hash == hashlib.sha256(raw.split(b',"hash":"')[0]).hexdigest()
    assert told["body"]["changes"] == [["control", {"paused": True}]]
    assert told["body"]["reason"]["why"] == "asked for"


def test_lines_are_chained() -> None:
    """Each line carries the hash of the one before."""
    _, first = lines.seal(Seal(), NOON, "engine", BODY)
    raw, second = lines.seal(first, NOON, "engine", BODY)
    line = lines.parse(raw)
    assert (line.seq, line.prev, line.hash) == (2, first.hash, second.hash)
    assert raw.startswith(lines.opening(2))


@given(st.text(), st.text())
def test_whatever_is_said_is_sealed_and_read_back(actor: str, why: str) -> None:
    """Quotes, newlines and the line's own words within a text confuse nothing."""
    reason = Reason(actor=actor, action="said", why=why + '","hash":"')
    raw, _ = lines.seal(Seal(), NOON, actor + '","hash":"', lines.body_of(reason, []))
    line = lines.parse(raw)
    assert raw.count(b"\n") == 1
    assert lines.flaw(raw, line) == ""
    assert lines.body_in(line).reason == lines.why_in(line) == reason


@given(st.data())
def test_no_byte_can_change_unseen(data: st.DataObject) -> None:
    """Any other line than the sealed one is no line, has a flaw, or is another link of the chain."""
    raw, end = lines.seal(Seal(), NOON, "engine", BODY)
    at = data.draw(st.integers(0, len(raw) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))
    changed = raw[:at] + bytes([other]) + raw[at + 1 :]
    try:
        line = lines.parse(changed)
    except UNREADABLE:
        return
    assert lines.flaw(changed, line) or line.hash != end.hash


@pytest.mark.parametrize(
    ("old", "new", "flaw"),
    [
        (b'"seq":1', b'"seq":2', "header"),
        (b'"paused":true', b'"paused":false', "contents"),
        (b'"body":{', b'"body": {', "not written as it was sealed"),
        (b"\n", b" \n", "not written as it was sealed"),
    ],
)
def test_a_flaw_is_told_in_words(old: bytes, new: bytes, flaw: str) -> None:
    """Header, contents and layout are told apart."""
    raw, _ = lines.seal(Seal(), NOON, "engine", BODY)
    changed = raw.replace(old, new)
    assert flaw in lines.flaw(changed, lines.parse(changed))
    assert lines.header_fits(changed, lines.parse(changed)) == (flaw != "header")


def test_an_erased_body_leaves_the_chain_whole() -> None:
    """The chain covers the digest only, so contents can be taken out."""
    raw, _ = lines.seal(Seal(), NOON, "engine", BODY)
    erased = raw.replace(BODY, lines.ERASED)
    line = lines.parse(erased)
    assert line.erased
    assert lines.flaw(erased, line) == ""
    assert not lines.parse(raw).erased


def test_a_body_is_taken_out_of_a_line_and_nothing_else() -> None:
    """Twice is as good as once, and the line's number is known without reading it."""
    raw, _ = lines.seal(Seal(41, "a" * 64), NOON, "engine", lines.body_of(ASKED, []))
    bare = lines.without_body(raw)
    line = lines.parse(bare)
    assert line.erased and lines.flaw(bare, line) == ""
    assert (line.seq, line.hash, line.digest) == (42, lines.parse(raw).hash, lines.parse(raw).digest)
    assert lines.without_body(bare) == bare
    assert lines.seq_of(raw) == lines.seq_of(bare) == 42
    assert [lines.seq_of(strange) for strange in (b"", b"{", b'{"seq":x,', b'{"seq":1', b"[1,2]")] == [0] * 5
