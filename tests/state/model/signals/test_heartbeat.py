"""What is known of the checks."""

from state.model.signals.heartbeat import Done, Heartbeat
from tests.making import NOON


def test_a_check_is_found_by_its_name() -> None:
    """One that was never due is not known."""
    queue = Done(name="Queue", slot=NOON, at=NOON)
    beat = Heartbeat(checks=(queue,))
    assert beat.of("Queue") == queue
    assert beat.of("Disk") is None
