"""Whether a build that runs now may touch what a task would touch."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from engine.policy.facts import Active
from state.model.task import Spec
from state.model.verdict import Finding, Stance

RULE = "conflicts"

_MAGIC = re.compile(r"[*?\[\]{}]")


def check(spec: Spec, active: Sequence[Active]) -> Finding:
    """Wait for each running build of another task in the same repository whose paths overlap; no paths mean all."""
    if not spec.repo:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="works in no repository")
    against = [f"{build.label} ({_shared(spec.paths, build.paths)})" for build in active if touch(spec, build)]
    if against:
        return Finding(rule=RULE, verdict=Stance.WAIT, text="would touch what is being built: " + ", ".join(against))
    return Finding(rule=RULE, verdict=Stance.ALLOW, text="touches nothing that is being built")


def touch(spec: Spec, build: Active) -> bool:
    """Whether a task and a build of another may touch the same file."""
    if build.label == spec.label or not spec.repo or not build.repo:
        return False
    return _folder(build.repo) == _folder(spec.repo) and overlap(spec.paths, build.paths)


def overlap(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether two lists of paths or globs, relative to one repository, may name a common file; doubt says yes."""
    return _pair(ours, theirs) is not None


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> str:
    pair = _pair(ours, theirs)
    if pair is None or not all(pair):
        return "the whole repository"
    return pair[0] if pair[0] == pair[1] else f"{pair[0]} and {pair[1]}"


def _pair(ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, str] | None:
    for mine in ours or ("",):
        for other in theirs or ("",):
            if _may_meet(_parts(mine), _parts(other)):
                return mine, other
    return None


def _may_meet(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    # A path covers all that is below it, so the shorter one decides, and so does `**`, which covers any depth.
    for mine, other in zip(a, b, strict=False):
        if "**" in mine or "**" in other:
            return True
        if not _may_equal(mine, other):
            return False
    return True


def _may_equal(mine: str, other: str) -> bool:
    mine_is_glob, other_is_glob = _MAGIC.search(mine), _MAGIC.search(other)
    if "{" in mine or "{" in other:
        return True
    if mine_is_glob and other_is_glob:
        return _agree(mine, other) and _agree(mine[::-1], other[::-1])
    if mine_is_glob:
        return fnmatchcase(other, mine)
    if other_is_glob:
        return fnmatchcase(mine, other)
    return mine == other


def _agree(mine: str, other: str) -> bool:
    """Whether the literal beginnings of two globs can be the beginning of one name."""
    heads = _MAGIC.split(mine, maxsplit=1)[0], _MAGIC.split(other, maxsplit=1)[0]
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])


def _parts(path: str) -> tuple[str, ...]:
    # A path that climbs out of where it seems to be cannot be compared: it counts as the whole repository.
    parts = tuple(part for part in path.strip().split("/") if part not in ("", "."))
    return () if ".." in parts else parts


def _folder(path: str) -> str:
    return path.rstrip("/") or "/"
