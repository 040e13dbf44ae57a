"""A build's output on disk, kept under a limit while the build goes on writing."""

import os
import stat

import msgspec

from state.files import BuildPaths, atomic_write
from state.model.record import Noun
from state.records import UNREADABLE
from state.text import one_line

KEEP_BYTES = 64 * 1024
"""How much of the beginning, and of the end before each cut, is kept."""
TAKE_BYTES = 256 * 1024
"""The most that one `take` reads."""
MOST_BYTES = 64 * 1024 * 1024
"""The most that `read_log` returns: a build can make its output look endless without writing it."""


class _Cuts(Noun, frozen=True, kw_only=True):
    """What has been taken out of the live file so far. All in bytes."""

    cap: int = 0
    removed: int = 0
    """Taken out in all, whether kept aside or thrown away."""
    head: int = 0
    """Kept of the beginning, in `output.head`."""
    tail: int = 0
    """Kept of the end before the last cut, in `output.tail`."""
    cutting: int = 0
    """The live file's size when the cut began that is being made; 0 between cuts."""
    next_head: int = 0
    """What `head` will be once that cut is made."""

    @property
    def cut(self) -> int:
        """Thrown away."""
        return self.removed - self.head - self.tail

    def settled(self, live: int) -> "_Cuts":
        """Return what is true after a crash in the middle of a cut, given the live file's present size."""
        if not self.cutting or live >= self.cutting:
            return msgspec.structs.replace(self, cutting=0, next_head=0)
        return _Cuts(cap=self.cap, removed=self.removed + self.cutting, head=self.next_head)


class OutputLog:
    """The one reader that follows and cuts a build's output. A build appends (O_APPEND), so it goes on after a cut."""

    def __init__(self, paths: BuildPaths, cap_bytes: int) -> None:
        self._paths = paths
        self._cap = cap_bytes
        self._keep = min(KEEP_BYTES, cap_bytes // 4)
        self._at = 0
        self._cuts = _load(paths).settled(_size(paths))
        self.skipped_bytes = 0
        """What `take` left out because it was far behind; it is still on the disk unless it was cut."""
        self.total_bytes = self._cuts.removed
        """What the build has written in all, as of the last `take`."""
        self.trouble = ""
        """Why the last cut failed, such as a full disk; it is tried again at the next `take`."""

    @property
    def cut_bytes(self) -> int:
        """What was thrown away to stay under the limit. What is written in the instant of a cut is not counted."""
        return self._cuts.cut

    def take(self) -> bytes:
        """Return what was written since the last call, at most TAKE_BYTES of it, the latest; cut the file if needed."""
        live = _open(self._paths.output, os.O_RDWR)
        if live is None:
            return b""
        try:
            size = os.fstat(live).st_size
            # A build may shorten its own output; what it writes then is new.
            if size < self._at:
                self._at = 0
            data = self._read(live, size)
            self.total_bytes = max(self.total_bytes, self._cuts.removed + size)
            if size > self._cap - 2 * self._keep:
                self._try_to_cut(live, size)
            return data
        finally:
            os.close(live)

    def _read(self, live: int, size: int) -> bytes:
        behind = size - self._at
        skip = max(behind - TAKE_BYTES, 0)
        data = _pread(live, TAKE_BYTES, self._at + skip) if behind else b""
        self._at += skip + len(data)
        if not skip:
            return data
        # A line whose beginning was skipped is no line, and what came before must not be joined to it.
        start = data.find(b"\n")
        self.skipped_bytes += skip + max(start, 0)
        return b"\n" + data[start + 1 :]

    def _try_to_cut(self, live: int, size: int) -> None:
        try:
            self._cut(live, size)
            self.trouble = ""
        except OSError as error:
            self._cuts = self._cuts.settled(os.fstat(live).st_size)
            self.trouble = f"the output of {self._paths.root.name} could not be cut to size: {error.strerror}"

    def _cut(self, live: int, size: int) -> None:
        cuts = self._cuts
        head = cuts.head
        if not cuts.removed:
            kept = _pread(live, self._keep, 0)
            kept = kept[: kept.rfind(b"\n") + 1] or kept
            _keep(self._paths, "output.head", kept)
            head = len(kept)
        self._save(msgspec.structs.replace(cuts, cap=self._cap, cutting=size, next_head=head))
        # Nothing slow may stand between these three: what is written meanwhile is lost.
        size = os.fstat(live).st_size
        kept = _pread(live, self._keep, max(size - self._keep, 0))
        os.ftruncate(live, 0)
        self.skipped_bytes += max(size - self._at, 0)
        self._at = 0
        kept = kept[kept.find(b"\n") + 1 :] or kept
        _keep(self._paths, "output.tail", kept)
        self._save(_Cuts(cap=self._cap, removed=cuts.removed + size, head=head, tail=len(kept)))
        self.total_bytes = max(self.total_bytes, self._cuts.removed)

    def _save(self, cuts: _Cuts) -> None:
        _keep(self._paths, "output.json", msgspec.json.encode(cuts))
        self._cuts = cuts


def read_log(paths: BuildPaths, last_bytes: int | None = None) -> bytes:
    """Return what is left of a build's output, with a line where some was cut; only the last bytes if so asked.

    May be called by anyone at any time; without an output it is empty. Returns at most the latest MOST_BYTES.
    """
    most = MOST_BYTES if last_bytes is None else min(last_bytes, MOST_BYTES)
    log = b""
    for _ in range(3):
        # A cut in the middle of this shows as another state after it than before.
        before = _load(paths)
        log = _gather(paths, before.settled(_size(paths)), most)
        if _load(paths) == before:
            break
    return log[max(len(log) - most, 0) :]


def last_words(paths: BuildPaths, width: int = 200) -> str:
    """Return the last line of a build's output that is neither empty nor about progress, cleaned, cut to `width`."""
    lines = read_log(paths, 4096).decode("utf-8", "replace").splitlines()
    said = (one_line(line, width) for line in reversed(lines) if not line.startswith(("::progress", "::usage")))
    return next((line for line in said if line), "it printed nothing")


def _gather(paths: BuildPaths, cuts: _Cuts, most: int) -> bytes:
    live = _tail_of(paths, "output.log", most)
    if not cuts.removed or len(live) >= most:
        return live
    head = _tail_of(paths, "output.head", KEEP_BYTES)[: cuts.head]
    tail = _tail_of(paths, "output.tail", KEEP_BYTES)[: cuts.tail]
    gap = b"" if not head or head.endswith(b"\n") else b"\n"
    notice = f"[midwatch: {cuts.cut} bytes of output cut here to stay under {_told(cuts.cap)}]\n"
    return head + gap + notice.encode() + tail + live


def _told(size: int) -> str:
    return f"{size / (1 << 20):g} MiB" if size >= 1 << 20 else f"{size / 1024:g} KiB"


def _tail_of(paths: BuildPaths, name: str, most: int) -> bytes:
    descriptor = _open(paths.root / name, os.O_RDONLY)
    if descriptor is None:
        return b""
    try:
        size = os.fstat(descriptor).st_size
        start = max(size - most, 0)
        return _pread(descriptor, size - start, start)
    finally:
        os.close(descriptor)


def _load(paths: BuildPaths) -> _Cuts:
    raw = _tail_of(paths, "output.json", KEEP_BYTES)
    try:
        return msgspec.json.decode(raw, type=_Cuts) if raw else _Cuts()
    except UNREADABLE:
        return _Cuts()


def _size(paths: BuildPaths) -> int:
    descriptor = _open(paths.output, os.O_RDONLY)
    if descriptor is None:
        return 0
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _keep(paths: BuildPaths, name: str, data: bytes) -> None:
    atomic_write(paths.root / name, data, mode=0o600)


def _open(path: os.PathLike[str], flags: int) -> int | None:
    """Return a descriptor of a regular file, following no link; None when there is none."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _pread(descriptor: int, size: int, start: int) -> bytes:
    """Return up to `size` bytes; fewer only at the end of the file."""
    parts = []
    while size > 0:
        part = os.pread(descriptor, min(size, 1 << 20), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        size -= len(part)
    return b"".join(parts)
