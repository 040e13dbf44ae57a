"""Tests of engine.intake.fields."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intake.fields import slug
from engine.intake.tasks import IntakeError, spec_from_options
from state.model.task import Category, WindowUse


def repository(folder: Path) -> Path:
    for part in ("objects", "refs"):
        (folder / ".git" / part).mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return folder


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("2", 2),
        ("2h", 2),
        ("30m", 0.5),
        ("1-2 hours", 2),
        ("1.5 h", 1.5),
        ("1h30m", 1.5),
        ("~3 hours", 3),
        ("10 to 20 min", 1 / 3),
    ],
)
def test_times(written, hours):
    """Estimates are read in hours; a range counts as its longer end."""
    assert spec_from_options({"name": "x", "time": written}, base=Path("/"), added_by="t").hours == pytest.approx(hours)


@pytest.mark.parametrize("written", ["", "soon", "-1", "0", "nan", "inf", "2-1", "1e400", "3 days", "99999", "1 2"])
def test_times_that_mean_nothing(written):
    """An estimate that is no positive time is refused by the option's name."""
    with pytest.raises(IntakeError) as caught:
        spec_from_options({"name": "x", "time": written}, base=Path("/"), added_by="t")
    assert caught.value.problems[0].key == "--time"


@pytest.mark.parametrize(
    ("written", "category"),
    [
        ("bug", "bug_fix"), ("bugfix", "bug_fix"), ("bug-fix", "bug_fix"), ("Bug Fix", "bug_fix"), ("fix", "bug_fix"),
        ("docs", "documentation"), ("feature", "new_feature"), ("New Feature", "new_feature"), ("perf", "performance"),
        ("infra", "infrastructure"), ("external", "external_action"), ("config", "configuration"),
    ],
)  # fmt: skip
def test_categories_in_friendly_spellings(written, category):
    """A category is known by the words that people use for it."""
    spec = spec_from_options({"name": "x", "category": written}, base=Path("/"), added_by="t")
    assert spec.category is Category(category)


def test_a_near_miss_is_answered_with_the_nearest_name():
    """A mistyped name is refused with the one that was probably meant."""
    for options, meant in (
        ({"category": "documentaton"}, "documentation"),
        ({"priority": "hihg"}, "high"),
        ({"effect": ("prodction",)}, "production"),
        ({"limit": ("memroy=2G",)}, "memory"),
    ):
        with pytest.raises(IntakeError, match=f"did you mean {meant}"):
            spec_from_options({"name": "x", **options}, base=Path("/"), added_by="t")


def test_a_repository_is_named_by_its_real_path(tmp_path):
    """A relative or linked repository becomes absolute and real; what is none says what to do."""
    repo = repository(tmp_path / "code")
    (tmp_path / "link").symlink_to(repo)
    for written in ("code", "link", str(repo)):
        spec = spec_from_options({"name": "x", "repo": written}, base=tmp_path, added_by="t")
        assert spec.repo == str(repo.resolve())
    (repo / "sub").mkdir()
    for written, hint in (("sub", "inside"), ("..", "git init"), ("none", "not there"), ("loop", "cannot be followed")):
        (repo / "loop").unlink(missing_ok=True)
        (repo / "loop").symlink_to("loop")
        with pytest.raises(IntakeError, match=hint):
            spec_from_options({"name": "x", "repo": written}, base=repo, added_by="t")


def test_bare_repositories_and_worktrees_are_repositories(tmp_path):
    """A folder that is a git directory, or points at one, counts."""
    bare = tmp_path / "bare.git"
    for part in ("objects", "refs"):
        (bare / part).mkdir(parents=True)
    (bare / "HEAD").write_text("ref: refs/heads/main\n")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").write_text("gitdir: /elsewhere\n")
    for path in (bare, linked):
        assert spec_from_options({"name": "x", "repo": str(path)}, base=tmp_path, added_by="t").repo == str(path)


def test_paths_stay_inside_the_repository(tmp_path):
    """Paths are kept short and relative; one that leads out is refused."""
    repository(tmp_path)
    options = {"name": "x", "repo": ".", "paths": ("./src/,docs//a.md",)}
    assert spec_from_options(options, base=tmp_path, added_by="t").paths == ("src", "docs/a.md")
    for out in ("../x", "/etc/passwd", "src/../../x"):
        with pytest.raises(IntakeError, match="inside the repository"):
            spec_from_options({**options, "paths": (out,)}, base=tmp_path, added_by="t")


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Spotify Integration", "spotify-integration"),
        ("Don't  repeat!", "dont-repeat"),
        ("Café №5", "cafe-no5"),
        ("--", ""),
    ],
)
def test_slugs(title, label):
    """A label is the title's words in plain letters."""
    assert slug(title) == label


@given(st.text())
def test_a_slug_is_a_label_or_nothing(title):
    """Whatever the title, its slug can be used as a label."""
    label = slug(title)
    assert len(label) <= 60
    if label:
        assert spec_from_options({"name": "x", "label": label}, base=Path("/"), added_by="t").label == label


@pytest.mark.parametrize("written", ["fit", "overrun", "Stop", "ANY"])
def test_uses_of_windows(written):
    """How a task stands to the windows is one of four words."""
    spec = spec_from_options({"name": "x", "window": written}, base=Path("/"), added_by="t")
    assert spec.window is WindowUse(written.lower())


def test_a_use_of_windows_that_means_nothing():
    """It is refused by the option's name, with the words that there are."""
    with pytest.raises(IntakeError) as caught:
        spec_from_options({"name": "x", "window": "overun"}, base=Path("/"), added_by="t")
    (problem,) = caught.value.problems
    assert problem.key == "--window" and "did you mean overrun?" in problem.text
