"""The help lists every key with what stands in its way."""

from console.actions import ACTIONS
from console.screens.help import help_lines
from console.screens.subject import Kind, resolve
from tests.console.fake_engine import FakeEngine, night


def test_lists_every_action() -> None:
    """No action is without its line."""
    view = night(FakeEngine()).view().result()
    text = "\n".join(line.text for line in help_lines(None, view))
    for action in ACTIONS:
        assert action.help in text
        assert f"  {action.label:<7}{action.words(view)}" in text


def test_says_why_not_now() -> None:
    """What is not possible for the selection has its reason below it, and only that."""
    view = night(FakeEngine()).view().result()
    lines = [line.text for line in help_lines(resolve(Kind.BUILD, "ledger-1", view), view)]
    reasons = [line.strip() for line in lines if "Not now" in line]
    assert "Not now: ledger waits for no approval: it is building." in reasons
    assert len(reasons) == 3
    assert not any(
        "Not now" in line for line in lines[lines.index(next(x for x in lines if "Kill the selected" in x)) + 1 :][:1]
    )
