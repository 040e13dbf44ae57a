"""What a restore point of 1 GB costs, and the way back to it, beside plain copies of the same files."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.ground import ROOT, arena
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, run

_MIDWATCH = (sys.executable, "-P", "-m", "console.cli.main")
_ROUNDS = 3
_SMALL, _MEDIUM = 4000, 60
_TOTAL = 1 << 30
_LARGE = 8 << 20
_MINUTES = 5


def grow(root: Path) -> list[Path]:
    """Make 1 GiB: 4,000 texts of 20 kB, 60 files of 1 MB, one of 60 MB, and 8 MiB ones for the rest."""
    root.mkdir()
    noise = random.Random(4)
    words = [f"{noise.getrandbits(40):x} totals of the ledger\n" for _ in range(2000)]
    left, made = _TOTAL, list[Path]()

    def add(name: str, data: bytes) -> None:
        nonlocal left
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        made.append(path)
        left -= len(data)

    for number in range(_SMALL):
        add(f"small-{number % 50}/{number}.txt", "".join(noise.choices(words, k=650))[:20_000].encode())
    for number in range(_MEDIUM):
        add(f"medium/{number}", os.urandom(1_000_000))
    add("one-of-60", os.urandom(60_000_000))
    while left > 0:
        add(f"large/{len(made)}", os.urandom(min(_LARGE, left)))
    os.sync()
    return made


class Way:
    """One way to keep a tree and to bring it back; every one of them ends with its bytes on the disk."""

    def __init__(self, name: str, tree: Path, place: Path) -> None:
        self.name, self.tree, self.place = name, tree, place

    def clear(self) -> None:
        """Forget what was kept."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()

    def keep(self, number: int) -> None:
        """Keep the tree as it is."""
        command = {
            "cp -a": ["cp", "-a", str(self.tree), str(self.place / str(number))],
            "tar": ["tar", "-cf", str(self.place / str(number)), "-C", str(self.tree.parent), self.tree.name],
            "rsync --link-dest": [
                "rsync", "-a", f"--link-dest={self.place / str(number - 1)}", f"{self.tree}/",
                f"{self.place / str(number)}/",
            ],
        }[self.name]  # fmt: skip
        self.call(*command)

    def thin(self) -> None:
        """Remove all but the last of those that were kept."""
        old = sorted((path for path in self.place.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))
        for path in old[:-1]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def back(self, number: int) -> None:
        """Bring the tree back where it was."""
        kept = str(self.place / str(number))
        if self.name == "tar":
            self.call("tar", "-xf", kept, "-C", str(self.tree.parent))
        else:
            self.call("cp", "-a", kept, str(self.tree))

    def call(self, *command: str) -> None:
        """Run a command and wait until the disk has it all."""
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["sync", "-f", str(self.tree.parent)], check=True)


class Ours(Way):
    """The verbs, as an operator types them."""

    def clear(self) -> None:
        super().clear()
        self._verb("init", str(self.place))
        (self.place / "midwatch.toml").write_text(f'[snapshots]\nfolders = ["{self.tree}"]\n')

    def keep(self, number: int) -> None:
        self._verb("snapshot", "create", "--workspace", str(self.place))

    def back(self, number: int) -> None:
        self._verb("snapshot", "restore", "latest", "--only", "files", "--workspace", str(self.place))

    def _verb(self, *words: str) -> None:
        subprocess.run([*_MIDWATCH, *words], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def snapshots(scale: float = 1.0) -> list[Race]:
    """First, unchanged, a hundredth changed, and back."""
    with arena() as folder:
        tree = folder / "tree"
        files = grow(tree)
        ways: list[Way] = [Way(name, tree, folder / name) for name in ("cp -a", "tar", "rsync --link-dest")]
        ways.append(Ours("midwatch", tree, folder / "midwatch"))
        races = []
        steps = (
            ("first", "A first snapshot of 1 GiB", _first),
            ("same", "A snapshot of 1 GiB of which nothing changed", _again),
            ("changed", "A snapshot of 1 GiB after 1 % of the files changed", lambda way, n: _changed(way, n, files)),
            ("back", "1 GiB that was deleted comes back", _back),
        )
        for name, title, step in steps:
            entries = [Contestant(way.name, _samples(way, step), trouble=_missing(way)) for way in ways]
            run(entries, max(1, round(_ROUNDS * scale)), name)
            aim = Aim(f"under {_MINUTES} minutes", lambda ours, floor: ours < _MINUTES * 60) if name == "back" else None
            races.append(Race(title, "s", entries, floor="cp -a", aim=aim, method=_METHOD))
        return races


_METHOD = (
    "4,000 texts of 20 kB, 60 files of 1 MB, one of 60 MB, and 8 MiB ones for the rest; all but the texts are noise. "
    "Each ends with all of it synced."
)


def _samples(way: Way, step: Callable[[Way, int], float]) -> Callable[[], Sequence[float]]:
    number = 0

    def once() -> list[float]:
        nonlocal number
        number += 1
        return [step(way, number)]

    return once


def _timed(way: Way, work: Callable[[int], None], number: int) -> float:
    way.thin()
    began = time.monotonic()
    work(number)
    return time.monotonic() - began


def _first(way: Way, number: int) -> float:
    way.clear()
    return _timed(way, way.keep, 1)


def _again(way: Way, number: int) -> float:
    return _timed(way, way.keep, 1 + number)


def _changed(way: Way, number: int, files: Sequence[Path]) -> float:
    for path in random.Random(number).sample(files, len(files) // 100):
        with path.open("r+b") as file:
            file.write(os.urandom(1000))
    return _timed(way, way.keep, 100 + number)


def _back(way: Way, number: int) -> float:
    way.keep(200 + number)
    shutil.rmtree(way.tree)
    return _timed(way, way.back, 200 + number)


def _missing(way: Way) -> str:
    program = way.name.split()[0]
    return "" if isinstance(way, Ours) or shutil.which(program) else f"{program} is not installed"
