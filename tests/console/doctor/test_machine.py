"""What this machine can enforce."""

import pytest

from console.doctor.machine import examine


def test_each_program_is_named_with_what_is_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing one is not well, and says which package brings it."""
    monkeypatch.setattr("shutil.which", lambda name, path=None: None if name == "git" else f"/bin/{name}")
    found = {check.name: check for check in examine()}
    assert not found["git"].ok and "install git" in found["git"].text
    assert found["timeout"].ok and found["timeout"].text == "/bin/timeout"
