"""The family of expected failures."""

from pathlib import Path

from state.errors import MidwatchError, NoWorkspace, StoreFailed, WorkspaceBusy


def test_every_expected_failure_has_an_exit_code() -> None:
    """A command line tells the kinds of failure apart by their codes."""
    assert [kind.code for kind in (MidwatchError, NoWorkspace, WorkspaceBusy, StoreFailed)] == [1, 3, 4, 1]


def test_busy_names_the_process_that_holds_the_workspace() -> None:
    """The operator learns whom to wait for, or that nobody said."""
    busy = WorkspaceBusy(Path("/w"), 41)
    assert busy.pid == 41
    assert "process 41 holds the workspace /w" in str(busy)
    assert "another process" in str(WorkspaceBusy(Path("/w"), 0))


def test_a_store_failure_says_whether_trying_again_helps() -> None:
    """Only a final failure ends the process's right to write."""
    assert not StoreFailed("full").final
    assert StoreFailed("broken", final=True).final
