"""What this machine can enforce."""

import pytest

from console.doctor.machine import examine, rehearsed
from state.model.brakes.kill_use import KillUse, Means
from state.model.view import View
from tests.making import NOON


def test_each_program_is_named_with_what_is_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing one is not well, and says which package brings it."""
    monkeypatch.setattr("shutil.which", lambda name, path=None: None if name == "git" else f"/bin/{name}")
    found = {check.name: check for check in examine()}
    assert not found["git"].ok and "install git" in found["git"].text
    assert found["timeout"].ok and found["timeout"].text == "/bin/timeout"


@pytest.mark.parametrize(
    ("ms", "ok", "words"), [(None, True, "never rehearsed"), (400.0, True, "0.40 s"), (6000.0, False, "FAILED")]
)
def test_a_rehearsal_that_failed_is_not_well(ms: float | None, ok: bool, words: str) -> None:
    """The last drill is told; one that failed is something to look at, none at all is not."""
    uses = {}
    if ms is not None:
        fields = {"id": "d", "at": NOON, "by": "operator:ada", "means": Means.KEY, "builds": 2, "processes": 9}
        uses["d"] = KillUse(**fields, ms=ms, drill="d")
    check = rehearsed(View(at=NOON, kill_uses=uses))
    assert check.ok is ok and words in check.text
