"""What cannot be taken back is said before it is agreed to."""

from engine.policy.back.way import back, with_back
from state.model.task import Effect
from tests.making import a_spec

PAYS = a_spec("pay", effects=(Effect.FINANCIAL, Effect.ARCHITECTURE))


def test_a_plain_task_is_taken_back_by_undo() -> None:
    """Nothing more is said of it when it is asked about."""
    assert back(a_spec("tidy"), ()) == "undo: `midwatch undo tidy`"
    assert with_back("needs approval", a_spec("tidy", effects=(Effect.ARCHITECTURE,)), ()) == "needs approval"


def test_what_lasts_outside_is_said() -> None:
    """With the effects by name, and the actions that have a compensation."""
    assert with_back("dear", PAYS, ()) == "dear; what it does (financial) cannot be undone by midwatch"
    assert back(PAYS, {"refund", "book"}).endswith("but for what it reports as book, refund: `midwatch undo pay`")
