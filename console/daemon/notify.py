"""Tells systemd, where it started this process and asks for it, how the engine is."""

import asyncio
import logging
import socket
from collections.abc import MutableMapping

log = logging.getLogger("midwatch.engine")

_NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Supervisor:
    """Whoever started this process: systemd, which wants to hear from it, or somebody who does not.

    Nothing that it does can block or fail the engine: a message that does not get through is dropped.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        """`address` is systemd's socket, empty for nobody; after `watchdog_s` of silence it acts, 0 for never."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._every_s = watchdog_s / 2
        self._channel: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        if address:
            self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    @classmethod
    def of(cls, environment: MutableMapping[str, str], pid: int) -> "Supervisor":
        """Take what systemd says out of a process's environment: it is for this process alone."""
        address, every_us, whose = (environment.pop(name, "") for name in _NAMES)
        if not address.startswith(("/", "@")):
            return cls()
        watched = every_us.isdecimal() and whose in ("", str(pid))
        return cls(address, int(every_us) / 1_000_000 if watched else 0.0)

    def tell(self, status: str, *assignments: str) -> None:
        """Say in words how things stand, after what else the protocol knows, such as `READY=1`."""
        for assignment in assignments:
            self._send(assignment)
        # A message of its own, doubled where systemd unescapes: what it cannot read it drops whole.
        self._send(f"STATUS={' '.join(status.split())}".replace("\\", "\\\\"))

    def ready(self, status: str) -> None:
        """Say that the engine works, and from now on prove it from its loop as often as the watchdog wants."""
        self.tell(status, "READY=1")
        if self._channel is not None and self._every_s > 0 and self._timer is None:
            self._ping()

    def close(self) -> None:
        """Say nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _ping(self) -> None:
        self._send("WATCHDOG=1")
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._ping)

    def _send(self, message: str) -> None:
        if self._channel is None:
            return
        try:
            self._channel.sendto(message.encode(errors="replace"), self._address)
        except OSError as error:
            log.warning("systemd was not told %s: %s", message.partition("\n")[0], error)
