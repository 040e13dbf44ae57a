"""What is given to a person who asks."""

from pathlib import Path

from engine.safety.privacy.export import everything
from engine.safety.privacy.subject import Subject
from engine.safety.privacy.vault import Vault
from state.files import create_workspace
from state.store import Store
from tests.making import ManualClock, a_task
from tests.state.making import ASKED


def test_all_that_is_held_of_a_subject_is_told(tmp_path: Path) -> None:
    """Whole entries, the words of tasks and the lines of files, and nothing about others."""
    workspace = create_workspace(tmp_path)
    with Store.open(workspace, ManualClock()) as store:
        store.commit([a_task("one", description="ask Grace Hopper")], ASKED)
        store.commit([a_task("two")], ASKED)
    Vault(workspace).keep("two", {"[mail 1]": "x@example.org", "[name 1]": "Grace Hopper"})
    (workspace.logs / "engine.log").write_text("a\nby Grace Hopper\n")
    (tmp_path / "GOALS.md").write_text("Grace Hopper\nb\n")
    held = everything(workspace, Subject("grace hopper"))
    assert [entry["seq"] for entry in held["entries"]] == [1]
    assert held["tasks"] == {"two": {"[mail 1]": "x@example.org", "[name 1]": "Grace Hopper"}}
    assert held["files"] == {".midwatch/logs/engine.log": ["by Grace Hopper"], "GOALS.md": ["Grace Hopper"]}
