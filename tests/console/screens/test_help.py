"""The help lists every key with what stands in its way."""

from console.actions import ACTIONS
from console.screens.help import help_lines
from console.screens.subject import Kind, resolve
from state.model.brakes.kill_use import KillUse, Means
from state.model.view import View
from tests.console.fake_engine import FakeEngine, night
from tests.making import NOON


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
    assert len(reasons) == 6
    assert not any(
        "Not now" in line for line in lines[lines.index(next(x for x in lines if "Kill the selected" in x)) + 1 :][:1]
    )


def test_tells_when_the_kill_switch_was_used_and_rehearsed() -> None:
    """The last use and the last drill stand at the end, each with how long it took."""
    fields = {"at": NOON, "by": "operator:ada", "builds": 2, "processes": 9, "ms": 400.0}
    used = KillUse(id="u", means=Means.KEY, **fields)
    drill = KillUse(id="d", means=Means.FILE, drill="d", **fields)
    lines = [line.text for line in help_lines(None, View(at=NOON, kill_uses={"u": used, "d": drill}))]
    assert lines[-2:] == [
        "  Last used: just now by ada (key), 2 builds dead in 0.40 s.",
        "  Last drill: 0.40 s, just now.",
    ]
