"""The page that says how a signal is written."""

import re

from engine.signals.reading import read
from engine.signals.readme import README
from state.model.signals.signal import SignalType


def test_its_example_is_a_signal_and_every_type_is_named() -> None:
    """Whoever copies the example is understood."""
    example = re.search(r"^    \{.*?^    \}", README, re.DOTALL | re.MULTILINE)
    assert example and read(example[0].encode()).signal.type is SignalType.SYSTEM_HEALTH
    assert all(kind in README for kind in SignalType)
