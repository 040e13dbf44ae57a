"""`research`: goals of the operator's, looked into while nobody waits."""

from collections.abc import Callable

import pytest

from tests.front.midwatch import Space
from tests.front.spaces import open_space

__all__ = ["open_space"]

GOALS = "# Goals\n\n- [ ] Understand why $(touch evil) customers leave\n- [x] Learn to walk\n\n## Write the book\n"


@pytest.fixture
def space(open_space: Callable[..., Space]) -> Space:
    """A workspace with two goals, and something that looks into them."""
    found = open_space("[research]\ncommand = \"echo '# About {goal}' > {out}\"\n")
    (found.root / "GOALS.md").write_text(GOALS)
    return found


def test_a_night_of_research_is_told_in_the_morning(space: Space) -> None:
    """Through the same gate as every task; the brief names each page with its first line, GOALS.md stays as it is."""
    dry = space.json("research", "--dry-run")
    assert (dry["goals"], dry["queued"], len(dry["next"])) == (2, [], 2)
    assert len(space.json("research")["queued"]) == 2
    assert "every goal is being looked into already" in space.ok("research")
    assert {row["state"] for row in space.json("queue")} == {"queued"}
    space.work()
    brief = space.ok("overnight", "brief")
    assert "## Briefings" in brief
    assert "> # About Understand why $(touch evil) customers leave" in brief
    assert "> # About Write the book" in brief
    assert (space.root / "GOALS.md").read_text() == GOALS
    assert not list(space.root.rglob("evil"))


def test_it_starts_nothing_while_nothing_may_start(space: Space) -> None:
    """While everything is paused the tasks wait in the queue; without a command or goals nothing is queued at all."""
    space.ok("pause")
    space.ok("research")
    space.work()
    assert {row["state"] for row in space.json("queue")} == {"queued"}
    (space.root / "GOALS.md").unlink()
    assert "GOALS.md" in space.fails(5, "research")
    (space.root / "midwatch.toml").write_text("")
    assert "[research]" in space.fails(5, "research")
