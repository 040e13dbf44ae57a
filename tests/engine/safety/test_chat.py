"""The kill switch from a chat."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.safety import kill_switch, processes
from engine.safety.chat import parse_kill
from state.model.brakes.kill_use import Means
from tests.engine.work.running import build_in, start

ROOT = Path(__file__).resolve().parents[3]
OPERATIONS = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/kill-autonomous", ""),
        ("  /kill-autonomous  \n", ""),
        ("/kill-autonomous it burns", "it burns"),
        ("/Kill-Autonomous it\n burns ", "it burns"),
        ("/kill-autonomous@midwatch_bot now", "now"),
    ],
)
def test_an_order_is_taken_with_its_reason(text: str, why: str) -> None:
    """The command at a message's beginning is the order, what follows it is the reason."""
    assert parse_kill(text) == why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kill-autonomous",
        "/kill",
        "/kill-autonomously",
        "/kill-autonomous-builds",
        "please do not /kill-autonomous",
        "> /kill-autonomous",
        "`/kill-autonomous`",
        "what does /kill-autonomous do?",
        "//kill-autonomous",
        "/kill-autonomous!",
        "/\u212aill-autonomous",
    ],
)
def test_who_only_speaks_of_it_orders_nothing(text: str) -> None:
    """Inside a sentence, quoted, or as part of another word it is no order."""
    assert parse_kill(text) is None


def test_the_lines_of_the_manual_kill(workspace) -> None:
    """What docs/operations.md tells a chat's integration to do ends a build, and is on file as a call."""
    text = OPERATIONS.read_text()
    lines = text[text.index("## From a chat") :].split("```python\n")[1].split("```")[0]
    identity = start(build_in(workspace), "sleep 1000")
    message = f"folder, text, sender = {str(workspace.root)!r}, '/kill-autonomous smoke', 'ada'\n"
    done = subprocess.run(
        [sys.executable, "-c", message + lines], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "1 build dead" in done.stdout
    assert not processes.alive(identity)
    (use,) = kill_switch.uses(workspace)
    assert (use.by, use.means, use.why) == ("chat:ada", Means.LIBRARY, "smoke")
