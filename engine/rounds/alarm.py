"""Wakes a loop at a moment of the wall clock, also when that is set or the machine has slept."""

import asyncio
import contextlib
import ctypes
import os
import time
from collections.abc import Callable

_system = ctypes.CDLL(None)
_ABSOLUTE = 1
_CANCEL_ON_SET = 2
_SAME_S = 0.001
"""A moment that is no further from the one that is set already is the same."""
_LOOK_AGAIN_S = 60.0
"""Where the system has no such timer, a moment is looked at again at least this often."""


class _Span(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _Setting(ctypes.Structure):
    _fields_ = [("interval", _Span), ("value", _Span)]


class Alarm:
    """One moment at a time. On the loop that it was made on only.

    A loop's own timers count the time since boot: they stand still while the machine sleeps, and know nothing of a
    clock that is set. The kernel's timer counts by the wall clock and says when that is set, so that nobody has to
    look again in between.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.armed = False
        """Whether it is to ring."""
        self._moment = 0.0
        """What the kernel's timer is set to, in seconds of the wall clock; 0 once it rang."""
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._plain: asyncio.TimerHandle | None = None
        self._fd = -1
        with contextlib.suppress(AttributeError):  # another system than Linux
            self._fd = _system.timerfd_create(time.CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd >= 0:
            self._loop.add_reader(self._fd, self._rang)

    def set(self, in_s: float | None) -> None:
        """Ring once, in so many seconds by the clock as it is now, or as soon as the clock is set; None for never."""
        if in_s is None and not self.armed:
            return
        self.armed = in_s is not None
        if self._plain is not None:
            self._plain.cancel()
            self._plain = None
        if self._fd >= 0 and self._arm(in_s):
            return
        if in_s is not None:
            self._plain = self._loop.call_later(min(max(in_s, 0.0), _LOOK_AGAIN_S), self._wake)

    def _arm(self, in_s: float | None) -> bool:
        moment = 0.0 if in_s is None else time.clock_gettime(time.CLOCK_REALTIME) + max(in_s, 0.0)
        if in_s is not None and abs(moment - self._moment) < _SAME_S:
            return True
        value = _Span(int(moment), int(moment % 1 * 1e9))
        setting = _Setting(_Span(0, 0), value)
        flags = _ABSOLUTE | _CANCEL_ON_SET
        done = bool(_system.timerfd_settime(self._fd, flags, ctypes.byref(setting), None) == 0)
        self._moment = moment if done else 0.0
        return done

    def _rang(self) -> None:
        with contextlib.suppress(OSError):  # ECANCELED: the clock was set; EAGAIN: it was set anew in the meantime
            os.read(self._fd, 8)
        self._moment = 0.0
        self._wake()

    def close(self) -> None:
        """Ring no more."""
        if self._plain is not None:
            self._plain.cancel()
            self._plain = None
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
