"""What one build is confined to, by its record and the settings."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.builds.confining import confine, lease
from engine.hall import Hall
from engine.secrets.secret import SecretUnavailable
from engine.work.sandbox import Machine
from state.files import create_workspace
from state.journal import Entry
from state.model import build as b
from state.model.brakes.source import Form, Provider, Source
from state.settings import Settings
from state.store import Store
from tests.engine.engines import SETUP, building
from tests.making import ManualClock

VALUE = "kx-81f3c6d2a90e"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """A hall in whose settings one secret can be read and one cannot."""
    (tmp_path / "npm").write_text(f"{VALUE}\n")
    (tmp_path / "npm").chmod(0o600)
    sources = {
        name: Source(name=name, provider=Provider.FILE, key=str(tmp_path / name), form=Form.ENVIRONMENT)
        for name in ("npm", "gone")
    }
    workspace, clock = create_workspace(tmp_path / "operator"), ManualClock()
    with Store.open(workspace, clock) as store:
        yield Hall(workspace, store, Settings(secrets=sources), clock, Machine(), lambda: None, lambda _: None)


def begin(hall: Hall, *names: str) -> list[Entry]:
    """Record a build that was granted these secrets; returns what is recorded from then on."""
    hall.store.stage(building(b.Starting(token="t"), task={"secrets": names}.items()), SETUP)
    entries: list[Entry] = []
    hall.store.listeners.append(entries.append)
    return entries


def test_the_record_says_what_it_may_use(hall: Hall) -> None:
    """Its limits, its folder and its names are those of its record; it holds no secret by itself."""
    entries = begin(hall, "npm")
    found = asyncio.run(confine(hall, "tidy-1", "token"))
    build = hall.build("tidy-1")
    assert (found.build, found.token, found.limits, found.sandboxed) == ("tidy-1", "token", build.limits, True)
    assert found.work == str(hall.workspace.build("tidy-1").work)
    assert found.env == {
        "MIDWATCH_TASK": "tidy",
        "MIDWATCH_TITLE": hall.task("tidy").spec.title,
        "MIDWATCH_ATTEMPT": "1",
    }
    assert found.leases == () and entries == []


def test_only_what_was_granted_is_added_and_recorded_without_its_value(hall: Hall) -> None:
    """The lease holds the value; the record names the secret and not what it is."""
    entries = begin(hall, "npm")
    found = asyncio.run(lease(hall, asyncio.run(confine(hall, "tidy-1", "token"))))
    assert [source.name for source, _ in found.leases] == ["npm"]
    (entry,) = entries
    assert (entry.reason.action, entry.reason.why) == ("lease_granted", "npm as env")
    assert VALUE not in str(entry)


def test_without_a_grant_nothing_is_added_or_recorded(hall: Hall) -> None:
    """Most builds have no secrets, and the record says nothing of it."""
    entries = begin(hall)
    before = asyncio.run(confine(hall, "tidy-1", "token"))
    assert asyncio.run(lease(hall, before)) is before and entries == []


def test_a_secret_that_cannot_be_read_starts_nothing(hall: Hall) -> None:
    """It is refused in words before anything of the build begins."""
    entries = begin(hall, "gone")
    with pytest.raises(SecretUnavailable, match="gone"):
        asyncio.run(lease(hall, asyncio.run(confine(hall, "tidy-1", "token"))))
    assert entries == []
