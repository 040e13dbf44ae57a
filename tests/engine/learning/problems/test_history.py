"""The figures of earlier looks."""

import itertools
from datetime import timedelta
from pathlib import Path

from engine.learning.problems import history
from engine.learning.problems.facts import Sample
from state.files import create_workspace
from tests.engine.learning.problems.looks import a_sample
from tests.making import NOON


def test_they_come_back_as_they_were(tmp_path: Path) -> None:
    """Kept beside the record; without any, or with a damaged file, there are none."""
    workspace = create_workspace(tmp_path)
    assert history.load(workspace) == ()
    kept = (a_sample(), a_sample(at=NOON + timedelta(hours=6)))
    history.keep(workspace, kept)
    assert history.load(workspace) == kept
    assert history.path(workspace).stat().st_mode & 0o077 == 0
    history.path(workspace).write_bytes(b'[{"at"')
    assert history.load(workspace) == ()


def test_many_looks_in_a_short_time_do_not_push_out_older_ones() -> None:
    """A look every minute for a day leaves one an hour, and the latest as they are."""
    samples: tuple[Sample, ...] = tuple(a_sample(at=NOON - timedelta(days=9 - day)) for day in range(9))
    for minute in range(24 * 60):
        samples = history.add(samples, a_sample(at=NOON + timedelta(minutes=minute)))
    assert samples[0].at == NOON - timedelta(days=9)
    assert len(samples) <= 9 + 24 + 9
    assert [one.at for one in samples] == sorted(one.at for one in samples)
    apart = [later.at - sooner.at for sooner, later in itertools.pairwise(samples)]
    assert sum(gap < timedelta(minutes=59) for gap in apart) <= 10


def test_there_are_never_too_many() -> None:
    """The oldest make way."""
    samples: tuple[Sample, ...] = ()
    for day in range(history.MOST + 50):
        samples = history.add(samples, a_sample(at=NOON + timedelta(days=day)))
    assert len(samples) == history.MOST
    assert samples[-1].at == NOON + timedelta(days=history.MOST + 49)
