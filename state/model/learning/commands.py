"""Commands on problems: what a face may ask to have noted or fixed."""

from state.model.learning.problem import Fixed, Kind, Sighting
from state.model.record import Tagged


class NoteProblems(Tagged, frozen=True, kw_only=True, tag="note_problems"):
    """Put on record what a look for problems saw; those of the kinds looked at that it did not see are gone."""

    seen: tuple[Sighting, ...]
    looked: tuple[Kind, ...]


class BeginFixes(Tagged, frozen=True, kw_only=True, tag="begin_fixes"):
    """Ask whether something may be done about these problems now, and put that on record before it is."""

    ids: tuple[str, ...]


class RecordFixes(Tagged, frozen=True, kw_only=True, tag="record_fixes"):
    """Put on record what came of it."""

    fixes: tuple[Fixed, ...]
