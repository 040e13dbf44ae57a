"""The proof of the comparison fails where builds are not compared."""

import pytest

from console.doctor import unusual
from tests.console.doctor.test_sandbox import tried


@pytest.mark.slow
def test_without_a_comparison_nothing_is_held() -> None:
    """Where it is switched off the same build runs to its end, and the proof says so; where it is on it is held."""
    (off,) = tried(unusual.anomaly, settings="\n[anomalies]\nenabled = false\n")
    assert not off.tripped
    (on,) = tried(unusual.anomaly)
    assert on.tripped
    assert on.detail.startswith("unusual-1 is frozen: output ")
