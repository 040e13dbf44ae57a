"""What an answer to a hold is bound to."""

import msgspec

from state.model.brakes.hold import Hold
from tests.making import NOON

HELD = Hold(figure="files", used=11, limit=10, text="?", since=NOON)


def test_the_same_figure_and_value_is_the_same_question() -> None:
    """Words and time may differ; a figure, a value, a limit or a kind may not."""
    assert HELD.digest == msgspec.structs.replace(HELD, text="other words").digest
    assert HELD.digest == msgspec.json.decode(msgspec.json.encode(HELD), type=Hold).digest
    others = [{"figure": "calls"}, {"used": 12}, {"limit": 11}, {"anomaly": True}]
    digests = {HELD.digest, *(msgspec.structs.replace(HELD, **change).digest for change in others)}
    assert len(digests) == 5


def test_a_yes_to_what_is_unusual_is_kept_apart() -> None:
    """It is no leave to go over a limit of the same figure."""
    assert HELD.allowance == "files" and HELD.short == "files 11 of 10"
    assert msgspec.structs.replace(HELD, anomaly=True).allowance == "anomaly:files"
