"""What a signal is called among other things."""

from state.model.signals.signal import Signal, SignalType


def test_a_type_that_is_not_known_keeps_its_name() -> None:
    """It counts as unclear, and people read what was written."""
    strange = Signal(id="ci-1", type=SignalType.UNCLEAR, said="moonrise")
    assert strange.kind == "moonrise"
    assert Signal(id="ci-2", type=SignalType.ANOMALY).kind == "anomaly"


def test_its_question_is_filed_under_no_tasks_label() -> None:
    """Labels hold no colon, so that an answer to a signal never answers a task."""
    assert Signal(id="tidy", type=SignalType.UNCLEAR).subject == "signal:tidy"
