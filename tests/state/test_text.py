"""Tests of text from others made harmless to show."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.text import clean, one_line, reveal


@pytest.mark.parametrize(
    ("dirty", "harmless"),
    [
        ("plain text, ünïcödé 漢字 🎉", "plain text, ünïcödé 漢字 🎉"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x9b31mred", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d52;c;aGk=\x9cclip", "clip"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x1b_G apc\x1b\\kitty", "kitty"),
        ("\x1bcreset\x1b(B", "reset"),
        ("end\x1b", "end"),
        ("end\x1b[3", "end"),
        ("bell\x07 back\x08 del\x7f nul\x00", "bell back del nul"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\u2066b\u2069c\u200fd\u061ce", "abcde"),
        ("tag\U000e0041", "tag"),
        ("one\ntwo\tthree\r\nfour\u2028five\x85six", "one two three four five six"),
        ("bad \udcff byte", "bad \ufffd byte"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(dirty: str, harmless: str) -> None:
    """Escape sequences of every kind, controls and overrides go; what people read stays."""
    assert clean(dirty) == harmless


def test_an_unfinished_string_sequence_hides_nothing() -> None:
    """An opening without an end takes no text with it, so a log or a name cannot swallow what follows."""
    assert clean("\x1b]0;rm -rf /\nnext", lines=True) == "0;rm -rf /\nnext"


def test_lines_and_tabs_stay_when_asked() -> None:
    """Every kind of line break becomes a newline, and tabs stay, when whole texts are cleaned."""
    assert clean("a\tb\r\nc\rd\x0be\u2029f", lines=True) == "a\tb\nc\nd\ne\nf"


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_nothing_unseen_survives(text: str, lines: bool) -> None:
    """Whatever comes in, no control, no surrogate and no override comes out, and cleaning twice changes nothing."""
    out = clean(text, lines=lines)
    allowed = {"\n", "\t"} if lines else set()
    assert not [c for c in out if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} and c not in allowed]
    assert not set(out) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    assert clean(out, lines=lines) == out
    out.encode()


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("\x1b\x9b\x9d\x9c\x07[]0;1m\\\nPab(")))
def test_nothing_unseen_survives_a_soup_of_sequences(text: str) -> None:
    """No arrangement of broken sequences leaves one behind."""
    assert not set(clean(text, lines=True)) & set("\x1b\x9b\x9d\x9c\x07")


def test_a_flood_of_openings_is_cleaned_in_linear_time() -> None:
    """A megabyte of unfinished sequences costs no more than a pass or two over it."""
    assert "\x1b" not in clean("\x1b]" * 500_000)
    assert "\x1b" not in clean("\x1b[" + "0" * 1_000_000)


def test_reveal_names_what_cannot_be_seen_and_hides_nothing() -> None:
    """What the operator decides by shows every hidden character, and all of the text around it."""
    assert reveal("plain") == "plain"
    assert reveal("+x\x1b]0;y\x07z\n\tq") == "+x<1b>]0;y<07>z\n\tq"
    assert reveal("if a\u202e:\r\n") == "if a<202e>:<0d>\n"
    assert reveal("zero\u200bwidth \udc80") == "zero<200b>width \ufffd"


def test_one_line_folds_and_cuts() -> None:
    """A text for one line of a pane has no breaks, no runs of spaces and a visible cut."""
    assert one_line("  a \n\n b\tc ", 20) == "a b c"
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abcd", 4) == "abcd"
    assert one_line("abcd", 0) == "…"
