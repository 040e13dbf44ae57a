"""The system's clock."""

from datetime import UTC

from engine.clock import SystemClock


def test_it_tells_aware_utc_and_never_goes_back() -> None:
    """The wall clock is aware UTC; the monotonic one does not decrease."""
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    first = clock.monotonic()
    assert clock.monotonic() >= first
