"""The task that a payload asks for."""

from engine.signals.asking import fields


def test_the_fields_of_a_task_stand_in_the_payload_or_apart() -> None:
    """What the payload says of the signal itself is none of the task's."""
    told = {"title": "Mend the sum", "command": "make"}
    assert fields({**told, "confidence": 0.9, "impact": 5, "reason": "red"}) == told
    assert fields({"task": told, "confidence": 0.9, "title": "not this"}) == told


def test_a_task_in_words_is_its_title_and_its_description() -> None:
    """The first line is the title, unless one is given."""
    text = "Mend the sum\nIt is off by a cent."
    assert fields({"task": text, "label": "sum"}) == {"label": "sum", "title": "Mend the sum", "description": text}
    assert fields({"task": text, "title": "Sum", "desc": "short"}) == {"title": "Sum", "desc": "short"}
    assert fields({"task": " "}) == {}
