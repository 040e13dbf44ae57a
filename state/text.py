"""Text from others made harmless to show: control characters, escape sequences and bidirectional overrides."""

import re

# A terminal swallows all of a sequence, so all of it goes, not only its first byte. A string (OSC, DCS and so on) that
# has no end on its line is no sequence: only its opening goes, so that nothing can hide the rest of a line.
_STRING_END = r"(?:\x07|\x1b\\|\x9c)"
_SEQUENCES = re.compile(
    rf"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*{_STRING_END}"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_TAGS = "\U000e0000-\U000e007f"
_UNSEEN = re.compile(rf"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f{_BIDI}{_TAGS}]")
_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_GAPS = re.compile(r"\r\n|[\t\n\r\v\f\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_REVEALED = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_BIDI}{_TAGS}\u200b-\u200d\u2060\ufeff]")


def clean(text: str, *, lines: bool = False) -> str:
    """Return the text without anything that a terminal would obey.

    Line breaks and tabs become single spaces, or with `lines` stay: every kind of line break as a newline.
    Bytes that were no UTF-8 (lone surrogates) become U+FFFD.
    """
    if text.isprintable():
        return text
    text = _SEQUENCES.sub("", text)
    text = _BREAKS.sub("\n", text) if lines else _GAPS.sub(" ", text)
    return _SURROGATES.sub("\ufffd", _UNSEEN.sub("", text))


def reveal(text: str) -> str:
    """Return the text with each unseen character shown by its name, such as `<1b>` or `<202e>`; hides nothing.

    For what the operator decides by, such as a diff. Newlines and tabs stay.
    """
    if text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", _REVEALED.sub(lambda found: f"<{ord(found[0]):02x}>", text))


def one_line(text: str, width: int) -> str:
    """Return the text cleaned, its runs of spaces folded, cut to `width` characters with `…` where it was longer."""
    text = " ".join(clean(text).split())
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
