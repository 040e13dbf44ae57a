"""What builds of one category usually use."""

import statistics
from collections import deque
from collections.abc import Iterable, Mapping

from state.model.brakes.usage import Amount
from state.model.build import Build, Finished
from state.model.task import Category, Task

_LATEST = 50
"""So many of the latest builds of a category are looked at."""


class Usual:
    """The medians of the builds that did what was asked."""

    def __init__(self, tasks: Mapping[str, Task], builds: Iterable[Build]) -> None:
        self._latest: dict[Category, deque[Amount]] = {}
        self.medians: dict[Category, Amount] = {}
        for build in builds:
            if build.label in tasks:
                self.note(build, tasks[build.label])

    def note(self, build: Build, task: Task) -> None:
        """Take note of a build in its new form."""
        if not isinstance(build.state, Finished) or build.state.ending != "done":
            return
        category = task.spec.category
        latest = self._latest.setdefault(category, deque(maxlen=_LATEST))
        latest.append(amount_of(build))
        self.medians[category] = Amount(
            calls=round(statistics.median(amount.calls for amount in latest)),
            spent=round(statistics.median(amount.spent for amount in latest)),
            files=round(statistics.median(amount.files for amount in latest)),
        )


def amount_of(build: Build) -> Amount:
    """Return what a build has used in all, as far as it is on record."""
    return Amount(calls=build.calls, spent=build.spent, files=build.files_changed)
