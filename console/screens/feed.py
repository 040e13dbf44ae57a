"""What stands below the facts: the log of a build as it grows, or the diff that it asks to merge."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from textual.timer import Timer

from console.link import Ports
from console.screens.tail import Chunk, LogTail
from state.errors import MidwatchError
from state.files import Workspace
from state.model.build import Build
from widgets.cells import Cell, Tone
from widgets.detail import Body, DetailPane

LOOK_S = 0.25
"""How often a running build's log is looked at while it is shown."""


class Feed:
    """Reads files off the screen's loop, and only those that are shown."""

    def __init__(self, pane: DetailPane, workspace: Workspace, ports: Ports) -> None:
        self._pane = pane
        self._workspace = workspace
        self._ports = ports
        self._tail: LogTail | None = None
        self._tailed = ""
        self._reading = False
        self._over = False
        self._silent = False
        """Whether the log says that there is nothing in it."""
        self._diffed = ("", "")
        self._timer: Timer = pane.set_interval(LOOK_S, self._look, pause=True)

    def choose(self, body: Body, build: Build | None) -> None:
        """Show the log or the diff of a build; nothing without one."""
        if build is None:
            body = Body.NONE
        self._pane.show_body(body, _title(body, build) if build else "")
        if not self._pane.display:
            # What nobody sees is not read; once it is seen, it is read from the start.
            self._timer.pause()
            self._tail, self._tailed, self._diffed = None, "", ("", "")
            return
        if body is Body.LOG and build is not None:
            self._show_log(build)
        else:
            self._timer.pause()
        if body is Body.DIFF and build is not None and self._diffed != (build.id, build.digest):
            self._diffed = (build.id, build.digest)
            self._pane.diff_view.show([Cell("Reading the diff …", Tone.DIM)])
            self._start(self._read_diff(build), "diff")

    def _show_log(self, build: Build) -> None:
        was_over, self._over = self._over, build.over
        if self._tailed != build.id:
            self._tailed = build.id
            self._tail = LogTail(self._workspace.build(build.id), self._ports.read_log)
            self._pane.log_view.show(())
            self._look()
        elif self._over and not was_over:
            self._look()
        if self._over:
            self._timer.pause()
        else:
            self._timer.resume()

    def _look(self) -> None:
        if self._tail is not None and not self._reading:
            self._reading = True
            self._start(self._read_log(self._tail), "log")

    async def _read_log(self, tail: LogTail) -> None:
        try:
            chunk = await asyncio.to_thread(tail.take)
        except OSError as error:
            self._timer.pause()
            chunk = Chunk(fresh=True, lines=(f"The log cannot be read: {error}",))
        finally:
            self._reading = False
        if tail is not self._tail:
            # Another build was chosen meanwhile: its own first look was put off by this one.
            self._look()
            return
        lines = [Cell(line) for line in chunk.lines]
        if chunk.fresh or (lines and self._silent):
            self._silent = not lines
            self._pane.log_view.show(lines or [Cell("It has printed nothing yet.", Tone.DIM)])
        else:
            self._pane.log_view.append(lines)

    async def _read_diff(self, build: Build) -> None:
        try:
            text = await asyncio.to_thread(self._ports.diff, build)
        except MidwatchError as error:
            text = f"The diff cannot be read: {error}"
        if self._diffed == (build.id, build.digest):
            self._pane.show_diff(text or "No changes.")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._pane.app.run_worker(work, name=name, exit_on_error=False)


def _title(body: Body, build: Build) -> str:
    if body is Body.LOG:
        return f"── log of {build.id}"
    files = f"{build.files_changed} file{'s' * (build.files_changed != 1)}"
    digest = f", digest {build.digest[:10]}" if build.digest else ""
    return f"── diff of {build.id}: {files}{digest}"
