"""A decision's story in lines, for people."""

from collections.abc import Callable, Iterator
from datetime import datetime

from engine.reports.story import Story


def lines(told: Story, moment: Callable[[datetime], str]) -> list[str]:
    """Return a story as lines of a name and what there is to know; `moment` says a time as its reader wants it."""
    fields = [
        ("entry", str(told.seq)), ("at", moment(told.at)), ("actor", told.actor), ("action", told.action),
        ("task", told.label), ("build", told.build), *(("known", f"{fact.name}: {fact.value}") for fact in told.known),
        ("options", "; ".join(told.options)), ("chosen", told.chosen), ("why", told.why), ("sure", sure(told)),
    ]  # fmt: skip
    fields += [("made", f"{fact.name}: {fact.value}") for fact in told.changed]
    fields += [("then", f"{event.seq}  {moment(event.at)}  {event.action}: {event.why}") for event in told.outcome]
    if not told.outcome:
        fields.append(("then", "nothing on record came of it yet"))
    fields += [("after", told.prev), ("hash", told.hash)]
    return list(_once(fields))


def sure(told: Story) -> str:
    """Say how sure a decision was."""
    if told.confidence is not None:
        return f"{told.confidence:.0%}"
    return "a person decided" if told.actor.startswith("operator:") else "a fixed rule decided"


def _once(fields: list[tuple[str, str]]) -> Iterator[str]:
    """Lines of a name and a value, the name only where it is another than in the line before."""
    before = ""
    for name, value in fields:
        if value:
            yield f"{'' if name == before else name:8} {value}"
            before = name
