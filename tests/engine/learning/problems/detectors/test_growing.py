"""The rule on what grows and what is left over."""

import pytest

from engine.learning.problems.detectors.growing import look
from engine.learning.problems.facts import Folder, Leftover
from state.model.learning.problem import Fix
from tests.engine.learning.problems.looks import GIB, a_look, a_sample, earlier, seen

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "expected"),
    [(GIB - 1, []), (GIB, [("growing:logs", "low")]), (4 * GIB, [("growing:logs", "medium")])],
)
def test_what_is_large(size: int, expected: list[tuple[str, str]]) -> None:
    """By the settings."""
    assert seen(look(a_look(folders=(Folder(name="logs", path="/ws/.midwatch/logs", bytes=size),)))) == expected


def test_what_is_large_and_grows() -> None:
    """A log that somebody else writes, by how much each day."""
    name = "/var/log/own.log"
    sizes = [GIB + 10 * MIB * place for place in range(9)]
    facts = a_look(
        folders=(Folder(name=name, path=name, bytes=GIB + 90 * MIB),),
        samples=earlier(sizes, name=name),
        sample=a_sample(sizes={name: GIB + 90 * MIB}),
    )
    [found] = look(facts) or ()
    assert found.severity == "medium"
    assert "takes 1.088 GiB, 40 MiB more each day: have whoever writes it set it aside" in found.text


def test_not_all_was_looked_at() -> None:
    """Then it is at least so much."""
    [found] = look(a_look(folders=(Folder(name="builds", path="/b", bytes=GIB, whole=False),))) or ()
    assert "/b takes at least 1 GiB" in found.text


def test_what_old_builds_left() -> None:
    """From the size that the settings name, with a fix."""
    few = (Leftover(build="a-1", path="/x", bytes=99 * MIB),)
    assert look(a_look(leftovers=few)) == ()
    [found] = look(a_look(leftovers=(*few, Leftover(build="a-1", path="/y", bytes=MIB)))) or ()
    assert (found.id, found.severity, found.fix) == ("growing:old-builds", "low", Fix.ROOM)
    assert found.text.startswith("1 build that ended more than 14 days ago still take 100 MiB")


def test_what_the_record_need_not_hold() -> None:
    """Is pruned by a fix."""
    [found] = look(a_look(prunable_bytes=5)) or ()
    assert (found.id, found.fix) == ("growing:old-entries", Fix.PRUNE)
