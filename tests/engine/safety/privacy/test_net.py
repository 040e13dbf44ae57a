"""One expression for many shapes."""

from engine.safety.privacy.net import Net, mapped
from engine.safety.privacy.shapes import Shape

NET = Net((Shape("one", "(one)"), Shape("two", "(two)", whole=True)), also="maybe")


def test_each_find_is_told_with_its_kind() -> None:
    """From left to right, each once, with the words that were found; what is no word of its own is passed over."""
    seen: list[tuple[str, str]] = []

    def put(kind: str, value: str) -> str:
        seen.append((kind, value))
        return f"<{kind}>"

    assert NET.replace("one two twofold tone", put) == "<one> <two> twofold t<one>"
    assert seen == [("one", "one"), ("two", "two"), ("one", "one")]


def test_a_placeholder_is_left_alone() -> None:
    """What was taken out before is not looked into."""
    assert NET.replace("[secret one] one", lambda kind, value: "x") == "[secret one] x"


def test_a_quick_look_sees_more_and_never_less() -> None:
    """What may be of interest to others is enough for a closer look, in texts and in lines of JSON."""
    assert NET.may_hold("maybe") and not NET.may_hold("nil")
    assert NET.passes(b'{"a":"nil"}') and not NET.passes(b'{"a":"\\none"}') and not NET.passes(b'{"a":"maybe"}')


def test_the_places_in_a_file_are_counted_in_bytes() -> None:
    """Behind letters of several bytes, and behind bytes that are no letters at all."""
    data = "zoë ".encode() + b"\xff one two"
    assert [data[start:end] for start, end in NET.spans(data, lambda *_: True)] == [b"one", b"two"]
    assert [data[start:end] for start, end in NET.spans(data, lambda data, start, end: end == len(data))] == [b"two"]


def test_only_texts_are_changed() -> None:
    """Numbers, truths and what is kept by name stay in plain data, however deep."""
    told = {"label": "x", "a": ["x", 1, None, {"b": "x", "label": "x"}], "c": True}
    assert mapped(told, str.upper, ("label",)) == {
        "label": "x",
        "a": ["X", 1, None, {"b": "X", "label": "x"}],
        "c": True,
    }
