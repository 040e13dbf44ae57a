"""The system calls that make bytes durable, in one place that a test can make fail."""

import os
from collections.abc import Iterable
from pathlib import Path

_datasync = getattr(os, "fdatasync", os.fsync)


class Disk:
    """The machine's own calls; every method raises OSError as they do."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """Return a descriptor that no child inherits; a file that is a symlink is refused."""
        if not flags & os.O_DIRECTORY:
            flags |= os.O_NOFOLLOW
        return os.open(path, flags | os.O_CLOEXEC, mode)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write at the end; may write less than all and returns how many bytes."""
        return os.write(fd, data)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write at an offset; returns how many bytes."""
        return os.pwrite(fd, data, offset)

    def datasync(self, fd: int) -> None:
        """Wait until a file's bytes and size are on the disk."""
        _datasync(fd)

    def fsync(self, fd: int) -> None:
        """Wait until a file, or a folder's list of names, is on the disk."""
        os.fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.ftruncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, in one step."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Take a file away; nothing happens when it is not there."""
        path.unlink(missing_ok=True)

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        os.close(fd)

    def write_all(self, fd: int, data: bytes) -> None:
        """Write every byte, in one call when the system takes them at once."""
        done = self.write(fd, data)
        while done < len(data):
            done += self.write(fd, memoryview(data)[done:])

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        fd = self.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.fsync(fd)
        finally:
            self.close(fd)

    def replace_with(self, path: Path, chunks: Iterable[bytes], mode: int, *, named: bool = True) -> None:
        """Put new contents under a name so that everyone sees the old or the new ones, whole, whatever happens.

        Unless `named`, it is left to the caller to make the new name durable, for many at once by `sync_folder`.
        """
        partial = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
        fd = self.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            try:
                for chunk in chunks:
                    self.write_all(fd, chunk)
                self.fsync(fd)
            finally:
                self.close(fd)
            self.replace(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        if named:
            self.sync_folder(path.parent)


DISK = Disk()
