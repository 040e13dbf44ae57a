"""A veto: the operator overruled a decision of the engine's about a task."""

from datetime import datetime

from state.model.record import Noun


class Veto(Noun, frozen=True, kw_only=True):
    """Remembered as long as the task stays as it is: what was overruled is not decided again without asking."""

    action: str
    """The decision, such as `build_decided`."""
    seq: int
    """Its entry in the record."""
    digest: str
    """That of the task's spec: another spec is decided on anew."""
    by: str
    at: datetime
    build: str = ""
    """The build that it ends; empty when it ends none."""
