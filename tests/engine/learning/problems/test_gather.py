"""The look itself, at real disks, folders, logs and certificates."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.clock import SystemClock
from engine.learning.problems.facts import Facts
from engine.learning.problems.gather import gather, volumes
from engine.learning.problems.judging import judge
from state.files import Workspace, create_workspace
from state.model import build as b
from state.model.brakes.source import Provider, Source
from state.model.reason import Reason
from state.model.view import View
from state.settings import AuditSettings, Settings, WatchSettings
from state.settings.learning.problems import ProblemSettings
from state.store import Store
from tests.engine.learning.problems.test_certificates import make
from tests.making import ManualClock, a_build

NOW = datetime.now(UTC)
SIZE = 16 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "midwatch-test", str(place)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "ws")


def look(workspace: Workspace, settings: Settings | None = None, **view: object) -> Facts:
    return gather(workspace, View(at=NOW, **view), settings or Settings(), NOW, {}, ())


def test_a_disk_that_fills_up(small: Path) -> None:
    """A real one: well at first, then nearly full, then critical."""
    workspace = create_workspace(small / "ws")
    ballast = small / "ballast"
    told = []
    for share in (0.5, 0.92, 0.98):
        ballast.write_bytes(b"x" * int(SIZE * share))
        seen, _ = judge(look(workspace))
        told.append([sighting.severity.value for sighting in seen if sighting.subject == str(workspace.root)])
    assert told == [[], ["high"], ["critical"]]


def test_folders_on_one_disk_are_one_disk(tmp_path: Path, small: Path) -> None:
    """Each is named; another disk is another one; a folder that is not there is passed over."""
    places = {tmp_path: "here", tmp_path / "gone": "nowhere", small: "there", tmp_path / "small/..": "here too"}
    found = volumes(places)
    assert [(volume.path, volume.holds) for volume in found] == [
        (str(tmp_path), ("here", "here too")),
        (str(small), ("there",)),
    ]
    assert found[1].total_bytes == SIZE
    assert all(0 <= volume.free_bytes <= volume.total_bytes for volume in found)


def test_what_grows_is_measured(workspace: Workspace, tmp_path: Path) -> None:
    """Folders of the engine's own, and logs that the settings name; what is spare is counted in once."""
    merged = b.Finished(ending="done", text="", at=NOW - timedelta(days=30))
    build = a_build("tidy-1", merged, repo="/code", result="c", delivered=b.Check(result=b.Result.YES))
    work = workspace.build("tidy-1").work
    work.mkdir(parents=True)
    (work / "big").write_bytes(os.urandom(300_000))
    (workspace.build("tidy-1").root / "output.log").write_bytes(os.urandom(100_000))
    log = tmp_path / "own.log"
    log.write_bytes(os.urandom(50_000))
    settings = Settings(watch=WatchSettings(logs=(str(log),)))
    facts = look(workspace, settings, builds={build.id: build})
    sizes = {folder.name: folder.bytes for folder in facts.folders}
    assert 400_000 <= sizes["builds"] < 500_000
    assert 50_000 <= sizes[str(log)] < 60_000
    assert sizes["snapshots"] == 0
    [left] = facts.leftovers
    assert (left.build, left.path) == ("tidy-1", str(work))
    assert 300_000 <= left.bytes < 350_000
    assert facts.sample.sizes == sizes


def test_what_expires_is_read(workspace: Workspace, tmp_path: Path) -> None:
    """A certificate that openssl made, one that is not there, and a secret with a day of its own."""
    end = make(tmp_path / "own.pem", 2)
    settings = Settings(
        problems=ProblemSettings(certificates=(str(tmp_path / "own.pem"), str(tmp_path / "gone.pem"))),
        secrets={
            "npm": Source(name="npm", provider=Provider.ENVIRONMENT, key="K", expires=date(2031, 1, 2)),
            "plain": Source(name="plain", provider=Provider.ENVIRONMENT, key="K"),
        },
    )
    settings = msgspec.structs.replace(settings, time=msgspec.structs.replace(settings.time, zone="Asia/Tokyo"))
    own, gone, secret = look(workspace, settings).expiries
    assert own.at == end
    assert gone.at is None and gone.trouble.startswith("No such file")
    assert secret.at == datetime(2031, 1, 1, 15, tzinfo=UTC)
    seen, _ = judge(look(workspace, settings))
    told = [sighting for sighting in seen if sighting.subject == str(tmp_path / "own.pem")]
    assert [sighting.severity.value for sighting in told] == ["high"]


def test_errors_of_the_log_are_counted(workspace: Workspace) -> None:
    """Those of the last day apart; lines that are none of the engine's own are passed over."""

    def line(hours: float, level: str) -> str:
        at = (NOW - timedelta(hours=hours)).isoformat()
        return f'{{"at":"{at}","level":"{level}","event":"x"}}\n'

    assert look(workspace).errors is None
    (workspace.logs / "engine.log.1").write_text(line(73, "info") + line(50, "error") + line(49, "info"))
    (workspace.logs / "engine.log").write_text(line(48, "info") + line(2, "error") + '{"level":"error"}\nnonsense\n')
    errors = look(workspace).errors
    assert errors is not None
    assert (errors.recent, errors.before) == (1, 1)
    assert errors.days == pytest.approx(49 / 24)


def test_what_is_older_than_it_need_be_is_measured(workspace: Workspace) -> None:
    """Whole days of the record; and its last entry is known."""
    clock = ManualClock(NOW - timedelta(days=100))
    with Store.open(workspace, clock) as store:
        for _ in range(3):
            store.commit([], Reason(actor="test", action="set_up", why="a day"))
            clock.forward(50 * 86_400)
        last = clock.now() - timedelta(days=50)
    facts = look(workspace)
    assert facts.prunable_bytes > 0
    assert facts.timing.last_entry_at == last
    assert look(workspace, Settings(audit=AuditSettings(keep_s=None))).prunable_bytes == 0


def test_the_machine_is_asked(workspace: Workspace) -> None:
    """Its memory, its clock and its boot are told as the kernel has them."""
    facts = look(workspace)
    if facts.memory is not None:
        assert 0 < facts.memory.available_bytes <= facts.memory.total_bytes
    assert facts.sample.up_s > 0
    assert SystemClock().now() - facts.now < timedelta(hours=2)
    assert msgspec.json.decode(msgspec.json.encode(facts.sample), type=type(facts.sample)) == facts.sample
