"""A disk that remembers every call, to say afterwards what a crash at any of them could have left."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from state.disk import Disk

BLOCK = 512
"""What a disk writes whole or not at all."""


@dataclass(frozen=True)
class Op:
    """One call: on a file's contents (`node`), or on a folder's names (`folder`)."""

    kind: str
    node: int = 0
    data: bytes = b""
    at: int = 0
    folder: Path = Path()
    name: str = ""


class RecordingDisk(Disk):
    """The real disk, with a memory."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self._nodes: dict[Path, int] = {}
        self._open: dict[int, int | Path] = {}

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        is_new = bool(flags & os.O_CREAT) and not path.exists()
        fd = super().open(path, flags, mode)
        if flags & os.O_DIRECTORY:
            self._open[fd] = path
            return fd
        if is_new:
            self._nodes[path] = len(self.ops) + 1
            self.ops.append(Op("name", self._nodes[path], folder=path.parent, name=path.name))
        self._open[fd] = self._nodes[path]
        return fd

    def _note(self, kind: str, fd: int, data: bytes = b"", at: int = 0) -> None:
        node = self._open[fd]
        if isinstance(node, Path):
            self.ops.append(Op("sync names", folder=node))
        else:
            self.ops.append(Op(kind, node, data, at))

    def write(self, fd: int, data: bytes | memoryview) -> int:
        count = super().write(fd, data)
        self._note("append", fd, bytes(data[:count]))
        return count

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self._note("put", fd, data, offset)
        return super().pwrite(fd, data, offset)

    def datasync(self, fd: int) -> None:
        super().datasync(fd)
        self._note("sync", fd)

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        self._note("sync", fd)

    def truncate(self, fd: int, size: int) -> None:
        super().truncate(fd, size)
        self._note("cut", fd, at=size)

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        self._nodes[target] = self._nodes.pop(source)
        self.ops.append(Op("name", self._nodes[target], folder=target.parent, name=target.name))
        self.ops.append(Op("unname", folder=source.parent, name=source.name))

    def remove(self, path: Path) -> None:
        super().remove(path)
        self._nodes.pop(path, None)
        self.ops.append(Op("unname", folder=path.parent, name=path.name))


def _done(content: bytes, op: Op) -> bytes:
    match op.kind:
        case "append":
            return content + op.data
        case "put":
            return content[: op.at].ljust(op.at, b"\0") + op.data + content[op.at + len(op.data) :]
        case _:
            return content[: op.at].ljust(op.at, b"\0")


@dataclass
class _File:
    durable: bytes = b""
    since: list[Op] = field(default_factory=list)

    def whole(self) -> bytes:
        content = self.durable
        for op in self.since:
            content = _done(content, op)
        return content

    def left(self, random: Random) -> bytes:
        """What is there after a loss of power: some of the calls since the last sync, the last of them torn."""
        content = self.durable
        count = random.randint(0, len(self.since))
        for op in self.since[:count]:
            content = _done(content, op)
        if count < len(self.since) and self.since[count].kind == "append":
            data = self.since[count].data
            match random.choice(("none", "beginning", "holes")):
                case "beginning":
                    content += data[: random.randint(0, len(data))]
                case "holes":
                    content = _with_holes(content, data, random)
        return content


def _with_holes(content: bytes, data: bytes, random: Random) -> bytes:
    """The file has its new size, and some blocks of what was appended were never written."""
    whole, start = bytearray(content + data), len(content)
    for block in range(start // BLOCK * BLOCK, len(whole), BLOCK):
        if random.random() < 0.5:
            for at in range(max(block, start), min(block + BLOCK, len(whole))):
                whole[at] = 0
    return bytes(whole)


def crashes(ops: list[Op], count: int, tries: int) -> Iterator[dict[Path, bytes]]:
    """Yield what folders may hold after a crash when `count` calls were made.

    First for a process that was killed, within the next call too, then for `tries` losses of power.
    """
    files: dict[int, _File] = {}
    names: dict[Path, dict[str, int]] = {}
    loose: dict[Path, list[Op]] = {}
    for op in ops[:count]:
        if op.kind == "sync names":
            _named(names.setdefault(op.folder, {}), loose.pop(op.folder, []))
        elif op.kind in ("name", "unname"):
            loose.setdefault(op.folder, []).append(op)
            files.setdefault(op.node, _File())
        elif op.kind == "sync":
            file = files[op.node]
            file.durable, file.since = file.whole(), []
        else:
            files[op.node].since.append(op)

    def image(random: Random | None) -> dict[Path, bytes]:
        found = {}
        for folder in {*names, *loose}:
            held, changes = dict(names.get(folder, {})), loose.get(folder, [])
            _named(held, changes if random is None else changes[: random.randint(0, len(changes))])
            for name, node in held.items():
                file = files[node]
                found[folder / name] = file.whole() if random is None else file.left(random)
        return found

    yield image(None)
    if count < len(ops) and ops[count].kind == "append":
        node, data = ops[count].node, ops[count].data
        for size in {1, len(data) // 2, len(data) - 1}:
            files[node].since.append(Op("append", node, data[:size]))
            yield image(None)
            files[node].since.pop()
    for seed in range(tries):
        yield image(Random(count * tries + seed))


def _named(held: dict[str, int], changes: list[Op]) -> None:
    for op in changes:
        if op.kind == "name":
            held[op.name] = op.node
        else:
            held.pop(op.name, None)


class Stopped(BaseException):
    """The process ends here."""


class StoppingDisk(Disk):
    """The real disk, in a process that ends at a certain call: nothing reaches the disk from then on."""

    def __init__(self, calls: int) -> None:
        self._left = calls
        self.made = 0

    def _count(self) -> None:
        if self.made == self._left:
            raise Stopped
        self.made += 1

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        self._count()
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._count()
        return super().write(fd, data)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self._count()
        return super().pwrite(fd, data, offset)

    def datasync(self, fd: int) -> None:
        self._count()
        super().datasync(fd)

    def fsync(self, fd: int) -> None:
        self._count()
        super().fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._count()
        super().truncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)
