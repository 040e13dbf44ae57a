"""What reads bytes that others wrote, with real material for each and what may come of it."""

import asyncio
import struct
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from console import wire
from engine.intake import files as task_files
from engine.intake.tasks import IntakeError, parse_tasks
from engine.safety import stop_file
from engine.safety.privacy.scrubber import Scrubber
from engine.schedule.cron import next_after
from engine.schedule.cron import parse as parse_cron
from engine.schedule.expression import CronError
from engine.signals import asking, checks, frequency, reading
from engine.work.counts.usage import MOST_MODELS
from engine.work.progress import ProgressReader, commits_from_reflog, criteria_ticked
from state import journal, line
from state.files import Workspace
from state.line import Seal
from state.model import command as c
from state.model.reason import Reason
from state.settings import SettingsError, default_text, load
from state.text import clean, one_line, reveal
from tests.making import NOON, a_spec

_LOOP = asyncio.new_event_loop()
"""A reader wants one, and never runs it here."""
_SCRUBBER = Scrubber()
_UNSEEN = [chr(code) for code in (*range(0x09), *range(0x0E, 0x20), 0x7F, 0x9B, 0x202E, 0x2066)]


@dataclass(frozen=True)
class Target:
    """A reader of bytes; `read` raises only where it must not."""

    seeds: Sequence[bytes]
    read: Callable[[bytes], None]


def targets(folder: Path) -> dict[str, Target]:
    """Return every target by name; they may write below `folder`."""
    settings = folder / "midwatch.toml"
    (folder / "journal").mkdir()
    workspace = Workspace(folder / "stopped")
    workspace.hidden.mkdir(parents=True)

    def read_settings(data: bytes) -> None:
        settings.write_bytes(data)
        try:
            load(settings)
        except SettingsError as error:
            _in_words(error)

    def read_journal(data: bytes) -> None:
        (folder / "journal" / "2026-03-04.jsonl").write_bytes(data)
        audit = journal.verify(folder / "journal", checkpoint=None)
        assert audit.ok or audit.damage
        assert audit.ok is not bool(audit.damage)
        for decision in journal.read(folder / "journal"):
            assert decision.action

    def read_stop(data: bytes) -> None:
        workspace.stop.write_bytes(data)
        found = stop_file.notes(workspace)
        assert found is not None and found.by

    return {
        "signals": Target([_SIGNAL, b'{"id": "a", "type": "goals_updated"}'], _read_signal),
        "checks": Target([_CHECKS], _read_checks),
        "settings": Target([default_text().encode(), _SETTINGS], read_settings),
        "journal": Target([_journal()], read_journal),
        "socket": Target(_calls(), _read_call),
        "progress": Target([_PROGRESS, _REFLOG], _read_progress),
        "diffs": Target([_DIFF.encode()], _read_diff),
        "tasks": Target([_TASKS, _TASK_LINES], _read_tasks),
        "cron": Target([b"30 2 * * *", b"*/5 1-3 L * MON#2", b"@daily", b"0 0 12 1 JAN *"], _read_cron),
        "stop": Target([b'{"at":"2026-03-04T12:00:00Z","by":"operator:ada","why":"smoke"}\n', b"fire!\n"], read_stop),
    }


def scratch() -> "tempfile.TemporaryDirectory[str]":
    """A folder for the targets, in memory where there is such a place."""
    place = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="midwatch-fuzz-", dir=place if place.is_dir() else None)


def _in_words(error: Exception) -> None:
    assert str(error)


def _read_call(data: bytes) -> None:
    async def scene() -> None:
        reader = asyncio.StreamReader(loop=_LOOP)
        reader.feed_data(data)
        reader.feed_eof()
        try:
            while await wire.read_call(reader) is not None:
                pass
        except wire.WireError as error:
            _in_words(error)

    # No loop of its own for each: a coroutine that never waits for anything ends at its first step.
    try:
        scene().send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for more, although all there is has been read")


def _read_progress(data: bytes) -> None:
    reader = ProgressReader()
    reader.feed(data[: len(data) // 2])
    reader.feed(data[len(data) // 2 :])
    assert reader.percent is None or 0 <= reader.percent <= 100
    assert len(reader.step) <= 200
    assert len(reader.used.tokens) <= MOST_MODELS + 1
    assert all(len(used.model) <= 64 and used.total >= 0 for used in reader.used.tokens)
    assert len(criteria_ticked(data.decode(errors="replace"), ("the sum is exact", "it is documented"))) == 2
    assert len(commits_from_reflog(data)) <= 100


def _read_diff(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for shown in (reveal(text), clean(text, lines=True), one_line(text, 80)):
        shown.encode("utf-8")
        assert not any(char in shown for char in _UNSEEN)


def _read_tasks(data: bytes) -> None:
    text = data.decode(errors="replace")
    for form in task_files.FORMATS:
        items, problems = task_files.read_items(text, form)
        assert all(problem.text and problem.line >= 0 for problem in problems)
        assert all(item.line >= 0 for item in items)


def _read_signal(data: bytes) -> None:
    try:
        signal, payload = reading.read(data)
    except reading.NoSignal as error:
        _in_words(error)
        return
    assert signal.id.isascii() and "/" not in signal.id
    for text in (signal.text, signal.source, signal.said):
        assert len(text) <= 300 and not any(char in text for char in _UNSEEN)
    assert signal.confidence is None or 0 <= signal.confidence <= 1
    assert signal.impact is None or signal.impact >= 0
    line = msgspec.json.encode(asking.fields(payload)).decode()
    try:
        (spec,) = parse_tasks(line, "jsonl", "payload", base=Path("/nowhere"), scrubber=_SCRUBBER)
        assert spec.label
    except IntakeError as error:
        _in_words(error)


def _read_checks(data: bytes) -> None:
    text = data.decode(errors="replace")
    page = checks.read(text)
    for trouble in page.troubles:
        assert trouble.text and 1 <= trouble.line <= text.count("\n") + 1
    for check in page.checks:
        assert check.name and (check.commands or check.words or page.troubles)
        assert frequency.latest(check.frequency, NOON, UTC) <= NOON < frequency.following(check.frequency, NOON, UTC)
        assert not any(char in check.name for char in _UNSEEN)


def _read_cron(data: bytes) -> None:
    try:
        cron = parse_cron(data.decode(errors="replace"))
        assert next_after(cron, UTC, NOON) > NOON
    except CronError as error:
        _in_words(error)


def _journal() -> bytes:
    end, lines = Seal(), []
    for number in range(4):
        reason = Reason(actor="engine", action="build_started", why=f"the {number}th", label="tidy", build="tidy-1")
        raw, end = line.seal(end, datetime(2026, 3, 4, tzinfo=UTC), "engine", line.body_of(reason, ()))
        lines.append(raw)
    return b"".join(lines)


def _calls() -> list[bytes]:
    commands = (c.AddTasks(specs=(a_spec(),)), c.Kill(label="tidy"), c.Approve(label="tidy", digest="d"))
    calls = [wire.pack(wire.Submit(id=number, command=command)) for number, command in enumerate(commands)]
    calls += [wire.pack(wire.GetView(id=7)), wire.pack(wire.Subscribe(id=8))]
    return [*calls, b"".join(calls), struct.pack(">I", 1 << 31), msgspec.json.encode({"id": 1})]


_SETTINGS = b"""\
[queue]
slots = 3
[limits]
memory = "2G"
time = "8h"
[tasks.tidy]
sandbox = "none"
[windows.night]
days = ["mon", "tue"]
from = "23:00"
to = "07:00"
[schedules.brief]
cron = "0 7 * * *"
run = "overnight brief"
"""
_PROGRESS = (
    b"building\n::usage model=small-7 in=900 cached=4 out=40 usd=0.01\n"
    b"::progress 40 writing tests\r\n- [x] the sum is exact\n- [ ] it is documented\n::progress 99.5% last\n"
)
_REFLOG = b"%b %b A U Thor <a@example.com> 1700000000 +0000\tcommit: Mend the sum\n" % (b"0" * 40, b"1" * 40)
_DIFF = """\
diff --git a/sum.py b/sum.py
--- a/sum.py
+++ b/sum.py
@@ -1,3 +1,3 @@ def total(entries):
-    return sum(entries)
+    return round(sum(entries), 2)  # \u202e\x1b[31mred\x1b[0m
\\ No newline at end of file
"""
_SIGNAL = b"""\
{"id": "ci-1", "type": "spawn_agent", "priority": "urgent", "created": "2026-03-04T12:00:00Z", "source": "ci",
 "payload": {"confidence": 0.9, "impact": "$12.50", "label": "tidy", "text": "mend it",
             "task": {"label": "tidy", "title": "Tidy", "hours": "1-2 hours", "limits": {"memory": "1G"}}}}
"""
_CHECKS = b"""\
# Heartbeat
## Build Queue Check (2x daily)
- run: midwatch queue --all
- Look at `midwatch status` as well.
## Disk (every 30 min)
Is there room?
<!-- ## Old (daily) -->
## Mail (weekly on friday at 18:00 and 19:00)
- [ ] answer it
"""
_TASKS = b"""\
[[task]]
label = "tidy"
title = "Tidy"
criteria = ["the sum is exact"]
[task.limits]
memory = "1G"
"""
_TASK_LINES = b'{"label": "tidy", "title": "Tidy", "command": "true"}\n{"label": "b", "title": "B", "hours": 2}\n'
