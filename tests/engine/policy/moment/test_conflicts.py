"""Tests of the rule on conflicts with running builds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policy.facts import Active
from engine.policy.moment import conflicts
from state.model.verdict import Stance
from tests.making import a_spec


def active(label: str = "other", repo: str = "/srv/app", paths: tuple[str, ...] = ()) -> Active:
    """A running build."""
    return Active(label=label, build=f"{label}-1", repo=repo, paths=paths)


@pytest.mark.parametrize(
    ("mine", "other", "meet"),
    [
        ((), (), True),
        ((), ("docs",), True),
        (("src",), (), True),
        (("src/api",), ("src/api",), True),
        (("src/api",), ("src/api/v1.py",), True),
        (("./src//api/",), ("src/api",), True),
        (("/src",), ("src/x",), True),
        (("src/api",), ("src/apiary",), False),
        (("src",), ("docs",), False),
        (("docs", "src/a.py"), ("tests", "src/a.py"), True),
        (("src/*.py",), ("src/a.py",), True),
        (("src/*.py",), ("src/a.md",), False),
        (("src/*.py",), ("src/sub/a.py",), False),
        (("src/*",), ("src/sub/a.py",), True),
        (("*.md",), ("README.md",), True),
        (("*.md",), ("docs/a.md",), False),
        (("src/a*",), ("src/b*",), False),
        (("src/a*",), ("src/*b",), True),
        (("src/*.py",), ("src/*.md",), False),
        (("src/[ab].py",), ("src/a.py",), True),
        (("src/[ab].py",), ("src/c.py",), False),
        (("src/?.py",), ("src/ab.py",), False),
        (("src/**/x.py",), ("src/y/z.py",), True),
        (("src/**",), ("docs/x",), False),
        (("**/*.md",), ("src/a.py",), True),
        (("src/{a,b}.py",), ("src/c.py",), True),
        (("../elsewhere",), ("docs",), True),
        (("src/../docs",), ("docs",), True),
        ((".",), ("docs",), True),
        (("",), ("docs",), True),
    ],
)
def test_paths_meet_when_they_may_name_a_common_file(mine: tuple[str, ...], other: tuple[str, ...], meet: bool) -> None:
    """Folders cover what is in them, globs what they match, and doubt counts as meeting."""
    assert conflicts.overlap(mine, other) is meet
    assert conflicts.overlap(other, mine) is meet


NAMES = st.text(alphabet="ab", min_size=1, max_size=3)


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=3), st.integers(1, 3), st.lists(st.integers(0, 8), max_size=3))
def test_a_pattern_meets_every_file_that_it_was_made_from(parts: list[str], depth: int, stars: list[int]) -> None:
    """Whatever characters of a file's path are replaced by stars, the pattern still meets the file and its folders."""
    path = "/".join(parts)
    pattern = "".join("*" if at in stars and c != "/" else c for at, c in enumerate(path))
    assert conflicts.overlap((pattern,), (path,))
    assert conflicts.overlap((pattern,), ("/".join(parts[:depth]),))


@settings(deadline=None)
@given(NAMES, NAMES, NAMES)
def test_two_patterns_of_one_name_meet(head: str, middle: str, tail: str) -> None:
    """Two globs that match a common name are found to meet."""
    assert conflicts.overlap((f"{head}*{tail}",), (f"{head}{middle}*",))
    assert conflicts.overlap((f"{head}*",), (f"*{tail}",))


def test_a_conflict_waits_and_names_who() -> None:
    """The builds in the way and what is shared are told."""
    running = [active("one", paths=("src/api",)), active("two"), active("far", repo="/srv/else")]
    finding = conflicts.check(a_spec(repo="/srv/app/", paths=("src",)), running)
    assert (finding.verdict, finding.text) == (
        Stance.WAIT,
        "would touch what is being built: one (src and src/api), two (the whole repository)",
    )


def test_the_same_path_is_told_once() -> None:
    """Two tasks that name the same path share that path."""
    finding = conflicts.check(a_spec(repo="/srv/app", paths=("src",)), [active(paths=("src",))])
    assert finding.text.endswith("other (src)")


@pytest.mark.parametrize(
    ("repo", "running"),
    [
        ("", [active(repo="")]),
        ("/srv/app", []),
        ("/srv/app", [active(repo="")]),
        ("/srv/app", [active(repo="/srv/apple")]),
        ("/srv/app", [active(label="tidy")]),
        ("/srv/app", [active(paths=("docs",))]),
    ],
)
def test_others_do_not_conflict(repo: str, running: list[Active]) -> None:
    """No repository, another one, the task itself, or other paths are no conflict."""
    assert conflicts.check(a_spec("tidy", repo=repo, paths=("src",)), running).verdict is Stance.ALLOW
