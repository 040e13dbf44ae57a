"""Taking back a build or an entry of the record: when that is possible, and what it asks of the engine."""

from console.screens.subject import Kind, Subject
from engine.desk.back import overriding, restoring
from engine.desk.back.undoing import BUILDS, leaves
from state.model import command as c
from state.model.build import Build, Result, Reviewing
from state.model.mode import Mode
from state.model.reason import ENGINE
from state.model.view import View


def cannot_undo(subject: Subject | None, view: View) -> str:
    """Return why what is selected cannot be taken back now, in words; empty when it can."""
    if subject is None:
        return "Nothing is selected."
    if subject.kind is Kind.ENTRY and subject.state not in BUILDS:
        return _cannot_put_back(subject)
    build = _meant(subject, view)
    if build is None:
        return f"{subject.label or 'It'} was never built: there is nothing to take back."
    if build.reversal is not None:
        return f"{build.id} is being taken back already."
    if build.reverted.result is Result.YES:
        return f"{build.id} was taken back already: {build.reverted.text}."
    if isinstance(build.state, Reviewing):
        return f"{build.id} waits for review and is nowhere yet: d refuses its diff."
    if not build.over:
        return f"{build.id} is {build.state_name}: k ends it."
    if not leaves(build):
        return f"{build.id} left nothing to take back: it merged nothing and reported nothing."
    if view.control.mode is Mode.OBSERVE:
        return "Nothing is carried out while observing, so nothing is taken back."
    return ""


def undo(subject: Subject | None, view: View, why: str) -> c.Command:
    """Return the command; it names a build and not its task, so that it stays with what was drawn."""
    return c.Undo(what=_what(subject, view), why=why)


def look_ahead(subject: Subject | None, view: View) -> c.Command:
    """Return what asks the engine to say, step by step, what the undo would do."""
    return c.Undo(what=_what(subject, view), preview=True)


def named(subject: Subject | None, view: View) -> str:
    """Return what would be taken back, such as `tidy-1` or `entry 12`."""
    what = _what(subject, view)
    return f"entry {what}" if what.isdecimal() and what not in view.builds else what


def cannot_overrule(subject: Subject | None, view: View) -> str:
    """Return why the selected entry cannot be overruled, in words; empty when it can."""
    if subject is None:
        return "Nothing is selected."
    if subject.kind is not Kind.ENTRY:
        return "Only a decision on the record can be overruled: A lists them."
    if subject.by != ENGINE:
        return f"Entry {subject.key} was no decision of the engine's: u takes it back."
    if subject.state not in overriding.MEANS:
        way = overriding.FINAL.get(subject.state, "nothing reverses that").format(label=subject.label or "LABEL")
        return f"Entry {subject.key} ({_action(subject)}) stands: {way}."
    return ""


def overrule(subject: Subject | None, view: View, why: str) -> c.Command:
    """Return the command."""
    assert subject is not None, "what needs an entry is blocked without one"
    return c.CaptainOverride(seq=int(subject.key), why=why)


def meaning(subject: Subject) -> str:
    """Say what it would mean to overrule an entry."""
    said = overriding.MEANS[subject.state].format(label=subject.label or "it", build=subject.build or "its build")
    return f"{said}\nThe same decision about it is not made again without asking."


def _cannot_put_back(subject: Subject) -> str:
    if subject.state in restoring.RESTORABLE:
        return ""
    if subject.by == ENGINE and subject.state in overriding.MEANS:
        return f"Entry {subject.key} was the engine's own decision: o overrules it."
    way = restoring.FINAL.get(subject.state, "it changed nothing that can be put back")
    named = way.format(label=subject.label or "LABEL", build=subject.build or "BUILD", seq=subject.key)
    return f"Entry {subject.key} ({_action(subject)}) cannot be undone: {named}."


def _action(subject: Subject) -> str:
    return subject.state.replace("_", " ")


def _what(subject: Subject | None, view: View) -> str:
    assert subject is not None, "what needs a subject is blocked without one"
    if subject.kind is Kind.ENTRY:
        return subject.key
    build = _meant(subject, view)
    assert build is not None, "what needs a build is blocked without one"
    return build.id


def _meant(subject: Subject, view: View) -> Build | None:
    """Return the build that a row is about: the one that it names, or the last of its task that left something."""
    named = view.builds.get(subject.build)
    if subject.kind is not Kind.TASK and named is not None:
        return named
    made = [build for build in view.builds.values() if build.label == subject.label]
    return max([build for build in made if leaves(build)] or made, key=lambda build: build.attempt, default=None)
