"""The figures that problems are foreseen from."""

from datetime import timedelta

from console.cli.learning.looking import Look
from console.cli.learning.metrics import measure, told
from engine.learning.problems.facts import Folder
from state.model.learning.problem import Kind
from tests.engine.learning.problems.looks import GIB, a_look, a_sample, earlier
from tests.making import NOON


def test_they_tell_how_things_move() -> None:
    """A disk that loses 4 GiB a day is full in about two weeks."""
    samples = earlier([50 * GIB + GIB * (12 - place) for place in range(12)])
    facts = a_look(samples=samples, folders=(Folder(name="logs", path="/l", bytes=5, whole=False),))
    found = measure(Look(facts, (), tuple(Kind)))
    [disk] = found["disks"]
    assert disk["less_bytes_a_day"] == 4 * GIB
    assert abs(disk["full"].at - NOON - timedelta(days=12.5)) < timedelta(hours=1)
    assert (found["looks"], found["since"]) == (12, samples[0].at)
    text = told(found)
    assert "4 GiB" in text and "in about 12 days" in text
    assert "5 bytes or more" in text and "8 GiB of 16 GiB are left" in text


def test_without_looks_nothing_is_foreseen() -> None:
    """And it says so, also where the machine does not tell its memory."""
    found = measure(Look(a_look(memory=None, sample=a_sample()), (), ()))
    assert found["disks"][0]["full"] is None
    text = told(found)
    assert "cannot be told" in text and "looks so far: 0; 5 tell how things move" in text
    assert "memory" not in text
