"""Looks at what this machine can enforce, without starting anything but a trial sandbox."""

import platform
import shutil
import sys

from engine.reports.switch import drill_words, passed
from engine.work import trial
from engine.work.cgroup import parents
from engine.work.sandbox import PATH
from state.model.brakes.kill_use import last_drill
from state.model.record import Noun
from state.model.view import View
from state.zones import local_name

_NEEDED = {
    "bwrap": "builds run in its sandboxes: install bubblewrap",
    "timeout": "it keeps a build's time when no engine runs: install coreutils",
    "prlimit": "it sets the limits of processes: install util-linux",
    "git": "repositories are read and merged with it: install git",
}


class Check(Noun, frozen=True, kw_only=True):
    """One thing about the machine."""

    name: str
    ok: bool
    text: str


def rehearsed(view: View) -> Check:
    """Return when the kill switch was rehearsed in a workspace, and whether that went well."""
    uses = view.kill_uses.values()
    drill = last_drill(uses)
    return Check(name="kill switch", ok=not drill or passed(drill), text=drill_words(uses, view.at))


def examine() -> tuple[Check, ...]:
    """Return what was found, the worst not first: in the order in which a build needs it."""
    found = [Check(name="python", ok=True, text=f"{platform.python_version()} at {sys.executable}")]
    for program, why in _NEEDED.items():
        path = shutil.which(program, path=PATH)
        found.append(Check(name=program, ok=path is not None, text=path or why))
    machine = trial.probe()
    found.append(
        Check(name="sandbox", ok=not machine.trouble, text=machine.trouble or "one was made, and held in a trial")
    )
    controls = sorted({control for parent in parents() for control in parent.controls})
    told = f"control groups for {', '.join(controls)}" if controls else "no control groups can be made"
    found.append(Check(name="control groups", ok="kill" in controls, text=told))
    found += [Check(name="not enforced", ok=False, text=text) for text in machine.unenforced]
    found.append(Check(name="time zone", ok=True, text=local_name()))
    return tuple(found)
