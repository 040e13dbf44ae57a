"""What the settings say of routines that were learnt."""

from typing import Any

from state import units
from state.model.record import Noun
from state.settings.forms import Key


class PatternSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[patterns]`."""

    prebuild: bool = False
    """Whether tasks are queued before anybody asks for them."""
    prebuild_over: float = 0.8
    """From more confidence than this on; 0.5 to 1.0."""


def _confidence(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 1:
        raise ValueError(f"expected a number from 0.5 to 1, such as 0.8, not {units.said(value)}")
    return float(value)


PATTERNS = (
    Key(
        "prebuild",
        "prebuild",
        units.TRUTH,
        "Whether `midwatch patterns check` queues what will be wanted; you review what comes of it.",
    ),
    Key("prebuild_over", "prebuild_over", units.Kind(_confidence, str), "How sure it must be of more than this."),
)
