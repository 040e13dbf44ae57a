"""One person's words, in whatever form."""

import json

import pytest

from engine.safety.privacy.subject import BadSubject, Subject
from state.model import task as t
from tests.making import NOON, a_task


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        ("Grace Hopper", ["grace hopper", "Hopper, Grace", "GRACE.HOPPER", "by Grace\nHopper!"]),
        ("grace@example.org", ["<Grace@Example.org>", "to grace@example.org."]),
        ("+44 20 7946 0958", ["+442079460958", "+44 (20) 7946-0958", "44.20.7946.0958"]),
    ],
)
def test_a_subject_is_found_however_it_was_written(said: str, texts: list[str]) -> None:
    """In either case and order, parted by whatever, in texts, in lines of JSON and in the bytes of a log."""
    subject = Subject(said)
    for text in texts:
        assert subject.in_text(text)
        assert "[erased]" in subject.without(text)
        assert subject.in_line(json.dumps({"a": [f"x\n{text}"]}).encode())
        assert len(subject.spans(json.dumps(f"x\n{text}\ty").encode())) == 1


@pytest.mark.parametrize(
    "text", ["gracehopper", "Grace Hoppers", "disgrace hopper", "grace", "grace@example.organ", "9442079460958"]
)
def test_what_only_looks_like_it_is_not_it(text: str) -> None:
    """A part of a longer word is another word."""
    for said in ("Grace Hopper", "grace@example.org", "+44 20 7946 0958"):
        assert not Subject(said).in_text(text)
        assert not Subject(said).spans(text.encode())


def test_a_longer_word_hides_no_whole_one() -> None:
    """What only looks like it may end in what it is."""
    for text, left in (
        ("disgrace hopper, Grace!", "disgrace [erased]!"),
        ("Grace Hopper Grace Hoppers", "[erased] Grace Hoppers"),
    ):
        assert Subject("Grace Hopper").without(text) == left
        assert len(Subject("Grace Hopper").spans(text.encode())) == 1


@pytest.mark.parametrize("said", ["", "  ", "a", "@.", "--", "ab"])
def test_too_little_is_not_looked_for(said: str) -> None:
    """What would be found everywhere is refused."""
    with pytest.raises(BadSubject, match="too short"):
        Subject(said)


def test_a_record_loses_its_words_and_keeps_its_name() -> None:
    """All texts are cleaned, a task's command too; its label and its place are what it is known by."""
    task = a_task(
        "grace-hopper",
        t.Failed(build="grace-hopper-1", text="Grace Hopper", at=NOON),
        command="mail Grace Hopper",
        repo="/home/Grace Hopper",
    )
    cleaned = Subject("Grace Hopper").cleaned(task)
    assert (cleaned.spec.command, cleaned.state.text) == ("mail [erased]", "[erased]")
    assert (cleaned.label, cleaned.spec.repo, cleaned.state.build) == (task.label, task.spec.repo, "grace-hopper-1")
