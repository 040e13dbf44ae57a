"""Tests of the drafts as files."""

from pathlib import Path

import pytest

from engine.links.mail.drafts import Drafts
from state.files import create_workspace

LABEL = "mail:0123456789ab"


def test_a_draft_is_for_the_operator_only(tmp_path: Path) -> None:
    """Nobody else can read it or look for it; once it is removed it is gone, also for the second time."""
    drafts = Drafts(create_workspace(tmp_path))
    assert drafts.read(LABEL) is None
    drafts.keep(LABEL, b"hello")
    assert drafts.read(LABEL) == b"hello"
    assert drafts.path(LABEL).stat().st_mode & 0o777 == 0o600
    assert drafts.folder.stat().st_mode & 0o777 == 0o700
    drafts.remove(LABEL)
    drafts.remove(LABEL)
    assert drafts.read(LABEL) is None


@pytest.mark.parametrize("label", ["mail:../../etc/pw", "tidy", "mail:0123456789ab/..", ""])
def test_a_label_names_no_other_place(tmp_path: Path, label: str) -> None:
    """Whatever a caller says, no file outside is meant."""
    with pytest.raises(AssertionError):
        Drafts(create_workspace(tmp_path)).path(label)
