"""What a verb of the command line speaks to: a running engine, or else the store itself."""

import os
import time
from itertools import count
from typing import TYPE_CHECKING, Protocol

from console import wire
from console.operator import operator
from state.files import Workspace, WorkspaceBusy
from state.model.command import Approve, Command, Deny, Erase, PruneAudit, Reply, Request, Restore
from state.model.view import View

if TYPE_CHECKING:
    from state.settings import Settings

_RETRY_S = 0.05
_SILENT = (
    "the engine holds the workspace but does not answer: wait a little, or `midwatch kill --all` stops every build"
)


class Control(Protocol):
    """Two of the engine's three calls, for a caller that waits."""

    live: bool
    """Whether a running engine answers."""

    def submit(self, command: Command) -> Reply:
        """Ask for something; returns once what it changed is durable."""
        ...

    def view(self) -> View:
        """Return a picture of everything."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class SocketControl:
    """A running engine, over the workspace's socket. WireError or TimeoutError when it does not answer."""

    live = True

    def __init__(self, workspace: Workspace, timeout_s: float) -> None:
        self._channel = wire.connect_socket(workspace.socket, timeout_s)
        self._ids = count(1)

    def submit(self, command: Command) -> Reply:
        """Ask the engine."""
        answer = self._call(wire.Submit(id=next(self._ids), command=command))
        if answer.reply is None:
            raise wire.WireError(answer.error or "the engine gave no reply")
        return answer.reply

    def view(self) -> View:
        """Return the engine's view."""
        answer = self._call(wire.GetView(id=next(self._ids)))
        if answer.view is None:
            raise wire.WireError(answer.error or "the engine gave no view")
        return answer.view

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def _call(self, call: wire.Call) -> wire.Answer:
        try:
            self._channel.sendall(wire.pack(call))
            return wire.receive(self._channel)
        except TimeoutError as error:
            raise EngineSilent(_SILENT) from error
        except ConnectionError as error:
            raise wire.EngineGone("the engine ended while it was asked") from error


class EngineSilent(wire.WireError):
    """An engine is there and says nothing: hung, stopped or overloaded."""

    code = 4


class StoreControl:
    """The store itself, under the workspace's lock: no engine is needed to queue, approve or look."""

    live = False

    def __init__(self, workspace: Workspace, actor: str, settings: "Settings | None" = None) -> None:
        """With `settings` it does not go by those of the workspace, whatever is wrong with them."""
        from engine import bootstrap

        self._actor = actor
        self._workspace = workspace
        self._settings = settings
        self._desk = bootstrap.open_desk(workspace, settings=settings)

    def submit(self, command: Command) -> Reply:
        """Change the store; durable when it returns."""
        reply = self._desk.handle(Request(actor=self._actor, command=command))
        self._desk.common.store.flush()
        if isinstance(command, Restore) and reply.ok:
            return self._restored(command, reply)
        if isinstance(command, Approve | Deny) and reply.ok and command.label in self._desk.common.store.mails:
            return self._answered(command.label, reply)
        if isinstance(command, PruneAudit):
            return self._pruned(command, reply)
        return self._erased(command, reply) if isinstance(command, Erase) and reply.ok else reply

    def _erased(self, command: Erase, reply: Reply) -> Reply:
        from engine.around.erasure import erase_still
        from engine.around.keeping import archive_of

        at = self._desk.common
        archive = archive_of(at.orders.settings.audit)
        text = erase_still(at.store, command.subject, self._actor, archive, at.clock.now())
        return Reply(ok=True, text=text, number=at.store.number)

    def _answered(self, label: str, reply: Reply) -> Reply:
        from engine.around.letters import answered_still

        at = self._desk.common
        text = answered_still(at.store, at.orders.settings, label, self._actor, reply.text, at.clock.now())
        return Reply(ok=True, text=text, number=at.store.number)

    def _restored(self, command: Restore, reply: Reply) -> Reply:
        from engine.reversal.snapshots import restore

        return restore.told(restore.finish(self._workspace, command.mark), reply)

    def _pruned(self, command: PruneAudit, reply: Reply) -> Reply:
        from engine.around.keeping import prune_still

        at = self._desk.common
        settings = at.orders.settings
        text = prune_still(self._workspace, at.store, settings, at.clock, command.before, self._actor)
        return Reply(ok=reply.ok, text=text, number=at.store.number)

    def view(self) -> View:
        """Return what the store holds."""
        from engine import bootstrap

        return bootstrap.still_view(self._workspace, self._desk.common.store, self._settings)

    def close(self) -> None:
        """Let go of the lock."""
        self._desk.common.store.close()


def connect(workspace: Workspace, *, actor: str = "", timeout_s: float = 5.0) -> Control:
    """Reach the running engine, or open the store when none runs.

    Raises WorkspaceBusy when somebody holds the workspace and does not answer within `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return SocketControl(workspace, timeout_s)
        except (FileNotFoundError, ConnectionRefusedError):
            pass
        except TimeoutError as error:
            raise EngineSilent(_SILENT) from error
        try:
            return StoreControl(workspace, actor or operator(os.getuid()))
        except WorkspaceBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
