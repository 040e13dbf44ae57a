"""The latest builds of each kind, by which the next one's figures are judged."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from engine.policy.bands.band import RECENT, WINDOW, band, failing
from engine.policy.bands.figures import FIGURES, OF_RUNS, RETRIES, Figure
from engine.policy.bands.kinds import Kind, kinds
from engine.telemetry.measures import ended_at, is_sample, of_sample
from state.model.anomaly import Band
from state.model.build import Build, Finished
from state.model.task import Spec, Task

_KEPT = WINDOW + RECENT
_MIXED = 3


class End(NamedTuple):
    """How one build came out, and how many of its task had failed right before it."""

    at: datetime
    attempt: int
    build: str
    failed: bool
    retries: int


class Fails(NamedTuple):
    """Failures among the last few builds of a kind."""

    failed: int
    of: int
    most: float
    """As many would be usual."""
    before: int
    """From how many builds that is known."""
    kind: str


class Run(NamedTuple):
    """A sample, with its values by figure."""

    at: datetime
    build: str
    own: Kind
    values: Mapping[str, float]


class Recent(NamedTuple):
    """The latest builds of one kind, the oldest first."""

    kind: Kind
    runs: tuple[Run, ...]
    ends: tuple[End, ...]

    @property
    def mixed(self) -> bool:
        """Whether at least three closer kinds of builds are in it, none of which makes up more than half of it."""
        counts = Counter(run.own for run in self.runs)
        return len(counts) >= _MIXED and 2 * max(counts.values()) <= counts.total()

    def values(self, figure: Figure, but: str = "") -> tuple[float, ...]:
        """Return a figure's latest values, the oldest first, without those of the build `but`."""
        if figure is RETRIES:
            ends = [end for end in self.ends if not end.failed and end.build != but]
            return tuple(float(end.retries) for end in ends[-WINDOW:])
        runs = [run.values for run in self.runs if run.build != but]
        return tuple(values[figure.name] for values in runs[-WINDOW:] if figure.name in values)


class Bands(Mapping[str, Band]):
    """The band of each figure by its name, from the builds as they were when this was made.

    Each is worked out when it is first asked for, from the closest kind of which enough is known. A wider kind counts
    only where it is mixed: fifty quick jobs and nothing else say what these are like, and nothing of the first long
    build.
    """

    def __init__(self, of: tuple[Recent, ...], *, sigma: float, least: int, but: str) -> None:
        self._of = of
        self._sigma = sigma
        self._least = least
        self._but = but
        self._made: dict[str, Band | None] = {}

    def __getitem__(self, name: str) -> Band:
        if name not in self._made:
            self._made[name] = self._make(FIGURES[name])
        found = self._made[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (figure.name for figure in (*OF_RUNS, RETRIES) if figure.name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _make(self, figure: Figure) -> Band | None:
        own, *wider = self._of
        for recent in (own, *(recent for recent in wider if recent.mixed)):
            values = recent.values(figure, self._but)
            made = band(values, figure, recent.kind.words, sigma=self._sigma, least=self._least)
            if made is not None:
                return made
        return None


class History:
    """An index over the store's builds: kept in step by `note`, or built anew from the tables at any time."""

    def __init__(self, tasks: Mapping[str, Task], builds: Iterable[Build]) -> None:
        self._tasks = tasks
        self._runs: dict[Kind, list[Run]] = {}
        self._ends: dict[Kind, list[End]] = {}
        self._row: dict[str, int] = {}
        """By label how many builds failed in a row."""
        self._counted: set[str] = set()
        known = [build for build in builds if build.label in tasks]
        self._read_runs(known)
        ends = [(build.state.at, build.attempt, build) for build in known if isinstance(build.state, Finished)]
        for _, _, build in sorted(ends, key=lambda end: (*end[:2], end[2].id)):
            self._note_end(build)

    def _read_runs(self, builds: Iterable[Build]) -> None:
        """Take in the samples of a whole table, the latest first, until each kind has as many as are kept."""
        samples = sorted((build for build in builds if is_sample(build)), key=lambda build: (ended_at(build), build.id))
        for build in reversed(samples):
            for kind in kinds(self._tasks[build.label].spec):
                runs = self._runs.setdefault(kind, [])
                if len(runs) < _KEPT:
                    runs.append(self._run(build))
        for runs in self._runs.values():
            runs.reverse()

    def note(self, build: Build) -> None:
        """Take in a build's new form; what it was before is replaced."""
        if build.label not in self._tasks:
            return
        if is_sample(build):
            run = self._run(build)
            for kind in kinds(self._tasks[build.label].spec):
                _keep_run(self._runs.setdefault(kind, []), run)
        self._note_end(build)

    def _run(self, build: Build) -> Run:
        own = kinds(self._tasks[build.label].spec)[0]
        return Run(at=ended_at(build), build=build.id, own=own, values=of_sample(build))

    def _note_end(self, build: Build) -> None:
        state = build.state
        if not isinstance(state, Finished) or state.ending not in ("done", "failed") or build.id in self._counted:
            return
        self._counted.add(build.id)
        failed, before = state.ending == "failed", self._row.get(build.label, 0)
        self._row[build.label] = before + 1 if failed else 0
        end = End(at=state.at, attempt=build.attempt, build=build.id, failed=failed, retries=before)
        for kind in kinds(self._tasks[build.label].spec):
            ends = self._ends.setdefault(kind, [])
            insort(ends, end)
            del ends[:-_KEPT]

    def kinds(self) -> tuple[Kind, ...]:
        """Every kind of which a build ended, the widest first, then by name."""
        found = self._runs.keys() | self._ends.keys()
        return tuple(sorted(found, key=lambda kind: (bool(kind.category), kind.category, kind.runner, kind.repo)))

    def values(self, kind: Kind, figure: Figure, *, but: str = "") -> tuple[float, ...]:
        """Return a figure's latest values in one kind, the oldest first, without those of the build `but`."""
        return self._recent(kind).values(figure, but)

    def _recent(self, kind: Kind) -> Recent:
        return Recent(kind, tuple(self._runs.get(kind, ())), tuple(self._ends.get(kind, ())))

    def bands(self, spec: Spec, *, sigma: float, least: int, but: str = "") -> Bands:
        """Return the bands for a build of a task, which builds that end later do not move."""
        return Bands(tuple(self._recent(kind) for kind in kinds(spec)), sigma=sigma, least=least, but=but)

    def retries(self, build_id: str, spec: Spec) -> int:
        """Return how many builds of its task failed right before one that is over."""
        return next((end.retries for end in self._ends.get(kinds(spec)[0], ()) if end.build == build_id), 0)

    def fails(self, build_id: str, spec: Spec, *, sigma: float, least: int) -> Fails | None:
        """Return the failures up to a build where it is the one by which there are too many; else None."""
        for kind in kinds(spec):
            ends = self._ends.get(kind, [])
            place = next((place for place, end in enumerate(ends) if end.build == build_id), None)
            if place is None:
                return None
            now = _fails(ends[: place + 1], kind, sigma, least)
            if now is None:
                continue
            then = _fails(ends[:place], kind, sigma, least)
            return now if now.failed > now.most and (then is None or then.failed <= then.most) else None
        return None

    def failures(self, kind: Kind) -> tuple[bool, ...]:
        """Return which of a kind's latest builds failed, the oldest first."""
        return tuple(end.failed for end in self._ends.get(kind, ()))


def _fails(ends: list[End], kind: Kind, sigma: float, least: int) -> Fails | None:
    failed = [end.failed for end in ends]
    before, last = failed[-_KEPT:-RECENT], failed[-RECENT:]
    most = failing(before, last, sigma=sigma, least=least)
    if most is None:
        return None
    return Fails(failed=sum(last), of=len(last), most=most, before=len(before), kind=kind.words)


def _keep_run(runs: list[Run], run: Run) -> None:
    place = next((place for place in range(len(runs) - 1, -1, -1) if runs[place].build == run.build), None)
    if place is not None:
        del runs[place]
    insort(runs, run, key=_when)
    del runs[:-_KEPT]


def _when(run: Run) -> tuple[datetime, str]:
    return run.at, run.build
