"""Whatever is read of what others wrote: an answer or an error in words, never a crash, never a hang."""

import faulthandler
import zlib
from pathlib import Path

import pytest

from tests.fuzz.mutants import mutants
from tests.fuzz.targets import scratch, targets

COUNT = 2_000
HANGS_S = 300


NAMES = ("settings", "journal", "socket", "progress", "diffs", "tasks", "cron", "stop", "signals", "checks")


@pytest.mark.parametrize("name", NAMES)
def test_spoilt_input_is_answered(name: str) -> None:
    """Two thousand of each, the same ones every time; a failure names the input."""
    # A reader that never comes back ends the run, and says where it was.
    faulthandler.dump_traceback_later(HANGS_S, exit=True)
    try:
        with scratch() as folder:
            target = targets(Path(folder))[name]
            for data in mutants(target.seeds, COUNT, zlib.crc32(name.encode())):
                try:
                    target.read(data)
                except Exception as error:
                    raise AssertionError(f"{name} of {data!r}") from error
    finally:
        faulthandler.cancel_dump_traceback_later()


def test_every_target_is_tried(tmp_path: Path) -> None:
    """The list above leaves none out, and the seeds themselves are taken without a complaint."""
    found = targets(tmp_path)
    assert set(found) == set(NAMES)
    for target in found.values():
        for seed in target.seeds:
            target.read(seed)


def test_the_same_seed_spoils_the_same_way() -> None:
    """What failed once can be tried again; most of it really is spoilt."""
    first, second = (list(mutants([b"[queue]\nslots = 3\n"], 200, 7)) for _ in range(2))
    assert first == second
    assert len(set(first)) > 100
