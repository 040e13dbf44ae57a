"""Going back while an engine works, builds run, or somebody dies in the middle."""

import signal
import subprocess
import time

import pytest

from engine.reversal.snapshots.vault import Vault
from tests.front.midwatch import MIDWATCH, Space, until
from tests.front.spaces import open_space, space

__all__ = ["open_space", "space"]


def test_a_restore_beside_a_running_engine_is_obeyed_by_it(space: Space) -> None:
    """The engine puts it on record, takes the settings as they were, and starts nothing before `resume`."""
    space.add("tidy", "echo fine", "--priority", "low")
    (space.root / "GOALS.md").write_text("ship it\n")
    with space.engine():
        space.ok("snapshot", "create")
        space.ok("deny", "tidy")
        (space.root / "GOALS.md").unlink()
        space.ok("snapshot", "restore", "latest")
        view = space.view()
        assert (view.tasks["tidy"].state_name, view.control.paused) == ("awaiting_approval", True)
        assert (space.root / "GOALS.md").read_text() == "ship it\n"
        space.ok("approve", "tidy")
        assert space.state("tidy") == "queued"
        space.ok("resume")
        assert space.wait("tidy", "done", "awaiting_review")
    space.ok("audit", "verify")


def test_nothing_is_restored_while_builds_run_unless_they_are_stopped(space: Space) -> None:
    """They are named and go on; with --stop-builds they are dead first, and that is on record."""
    space.add("long", "sleep 600")
    (space.root / "GOALS.md").write_text("ship it\n")
    with space.engine():
        made = space.json("snapshot", "create")
        space.wait("long", "building")
        (space.root / "GOALS.md").write_text("oops\n")
        assert "long-1 still run" in space.fails(1, "snapshot", "restore", made["id"])
        assert (space.root / "GOALS.md").read_text() == "oops\n"
        assert space.state("long") == "building"
        space.ok("snapshot", "restore", made["id"], "--stop-builds")
        assert (space.root / "GOALS.md").read_text() == "ship it\n"
        assert space.build("long-1").state_name == "finished"
        assert space.state("long") == "queued"
    actions = [entry["action"] for entry in space.json("audit", "list")]
    assert actions.index("kill_asked") < actions.index("restored")


def test_builds_of_a_dead_engine_count_too(space: Space) -> None:
    """They run on without it, and a restore finds and stops them without it."""
    space.add("long", "sleep 600")
    engine = space.begin()
    until(lambda: space.view() is not None, "the engine to answer")
    space.wait("long", "building")
    until(space.paths.build("long-1").process.exists, "the build to run")
    made = space.json("snapshot", "create")
    engine.kill()
    assert "long-1 still run" in space.fails(1, "snapshot", "restore", made["id"])
    space.ok("snapshot", "restore", made["id"], "--stop-builds")
    space.ok("engine", "--until-idle")
    assert space.state("long") == "killed"


@pytest.mark.slow
def test_a_verb_that_is_killed_leaves_all_of_the_restore_or_none(space: Space) -> None:
    """Whenever the kill comes: the next verb finds the old state or the new one, files and record alike."""
    space.add("tidy", "true")
    wanted = space.root / "memory"
    wanted.mkdir()
    for number in range(40):
        (wanted / f"{number}.md").write_text(f"then {number}\n")
    made = space.json("snapshot", "create")
    space.ok("kill", "tidy")
    seen = set()
    for step in range(6):
        for number in range(40):
            (wanted / f"{number}.md").write_text(f"now {step}\n")
        if space.state("tidy") != "killed":
            space.ok("kill", "tidy")
        verb = subprocess.Popen(
            [*MIDWATCH, "snapshot", "restore", made["id"]], env=space.env, stdout=subprocess.DEVNULL
        )
        _wait_for_step(space, step, verb)
        verb.send_signal(signal.SIGKILL)
        verb.wait()
        state = space.state("tidy")
        texts = {path.read_text()[:4] for path in wanted.iterdir()}
        assert (state, texts) in (("killed", {"now "}), ("queued", {"then"}))
        assert not (space.paths.hidden / "restoring").exists()
        seen.add(state)
    space.ok("audit", "verify")
    with Vault(space.paths).locked():
        pass
    assert seen


def _wait_for_step(space: Space, step: int, verb: "subprocess.Popen[bytes]") -> None:
    """Let the verb come somewhat further each time."""
    stage = space.paths.hidden / "restoring"
    until(lambda: stage.exists() or verb.poll() is not None, "the verb to begin")
    time.sleep(step * 0.02)
