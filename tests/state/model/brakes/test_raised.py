"""A raised limit's place among the others."""

from state.model.brakes.raised import Raised
from tests.making import NOON


def test_there_is_one_for_each_task_and_figure() -> None:
    """A later one takes the place of an earlier one."""
    raised = Raised(label="tidy", figure="files", limit=20, until=NOON, by="operator:ada")
    assert raised.key == "tidy/files"
