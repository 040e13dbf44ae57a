"""Personal data and keys stay out of the record, and what came in can be erased; as an operator sees it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.work.repositories import git, repository
from tests.front.midwatch import Space

MAIL = "eve@example.org"
# In two pieces, so that no scanner of repositories takes this file for a leak.
KEY = "ghp_" + "a1B2c3D4e5" * 4
SETTINGS = '[retry]\ntimes = 0\n[privacy]\npeople = ["Ada Lovelace"]\npatterns = ["EMP-[0-9]{6}"]\n'


def holding(space: Space, *words: str) -> dict[str, set[str]]:
    """By word the files that hold it, besides what builds made and printed, and what is kept apart."""
    apart = {"work", "private", "output.log", "output.head", "output.tail"}
    files = [path for path in space.root.rglob("*") if path.is_file() and not apart & set(path.parts)]
    return {word: {path.name for path in files if word.encode() in path.read_bytes()} for word in words}


def test_what_a_failing_build_says_of_people_and_keys_is_recorded_nowhere(open_space: Callable[..., Space]) -> None:
    """Neither the journal nor the checkpoint, the log, a page or an answer holds it; what was harmless in it stays."""
    space = open_space(SETTINGS)
    said = "; ".join(
        f"echo '{line}'"
        for line in (
            f"::progress 40 for {MAIL}",
            f"no access for {MAIL}, EMP-123456, Ada Lovelace, +44 20 7946 0958: {KEY} at line 17",
        )
    )
    # No word of it stands in the command itself, which is written down as it is.
    space.add("leaky", "sh ./speak; exit 1", "--repo", str(_speaker(space.home / "code", said)))
    with space.engine():
        space.wait("leaky", "failed")
        status = space.ok("status", "--json") + space.ok("why", "leaky", "--json") + space.ok("audit", "list", "--json")
    for word in (MAIL, KEY, "EMP-123456", "Ada Lovelace", "7946"):
        assert holding(space, word)[word] <= {"midwatch.toml"}
        assert word not in status
    assert "no access for [mail], [private], [name], [phone]: [token] at line 17" in status


def _speaker(code: Path, said: str) -> Path:
    return repository(code, {"speak": f"{said}\n"})


def test_what_a_build_says_of_nobody_is_recorded_word_for_word(open_space: Callable[..., Space]) -> None:
    """The same, with nothing in it that tells of a person, passes untouched."""
    space = open_space(SETTINGS)
    space.add("plain", "echo 'no access for user 17, EMP-12, at 2026-02-06T10:30:00Z: commit 23bb08b1f0c2'; exit 1")
    space.work()
    assert "no access for user 17, EMP-12, at 2026-02-06T10:30:00Z: commit 23bb08b1f0c2" in space.ok("why", "plain")


@pytest.mark.parametrize("authors", [True, False])
def test_who_wrote_in_a_repository_is_known_where_that_is_wanted(
    open_space: Callable[..., Space], authors: bool
) -> None:
    """With the setting a build's words about an author are masked, without it they are words like others."""
    space = open_space(f"[retry]\ntimes = 0\n[privacy]\nauthors = {str(authors).lower()}\n")
    repo = _speaker(space.home / "code", "echo ask Grace Hopper")
    git(repo, "commit", "--quiet", "--allow-empty", "-m", "x", "--author=Grace Hopper <g@example.org>")
    space.add("asks", "sh ./speak; exit 1", "--repo", str(repo))
    space.work()
    assert ("ask [name]" if authors else "ask Grace Hopper") in space.ok("why", "asks")


def test_a_key_in_a_task_is_refused_and_one_without_is_taken(space: Space, tmp_path: Path) -> None:
    """The command line and a file of tasks both say where it stands; nothing of the batch is written down."""
    complaint = space.fails(2, "add", "--name", "x", "--command", f"deploy --token={KEY}")
    assert "--command: holds a token" in complaint and KEY not in complaint
    tasks = tmp_path / "tasks.toml"
    tasks.write_text(f'[[task]]\ntitle = "one"\n[[task]]\ntitle = "two"\nverify = "curl -u a:{KEY} x"\n')
    assert f"{tasks}:5: verify: holds a token" in space.fails(2, "add", "--file", str(tasks))
    assert space.json("queue", "--all") == []
    assert holding(space, KEY) == {KEY: set()}
    space.add("fine", "deploy --token-file=/run/token")
    assert space.state("fine") == "queued"


def test_a_task_reaches_its_build_in_its_true_words(open_space: Callable[..., Space]) -> None:
    """Everyone else sees placeholders; with tasks = "keep" the record has the words themselves."""
    space = open_space(SETTINGS)
    space.add("tidy", 'echo "$MIDWATCH_TITLE" > title', "--name", "Mail Ada Lovelace")
    space.work()
    assert space.state("tidy") == "done"
    assert (space.paths.build("tidy-1").work / "title").read_text() == "Mail Ada Lovelace\n"
    assert holding(space, "Ada Lovelace") == {"Ada Lovelace": {"midwatch.toml"}}
    assert "Mail [name 1]" in space.ok("queue", "--all")
    kept = open_space(SETTINGS + 'tasks = "keep"\n')
    kept.add("tidy", "true", "--name", "Mail Ada Lovelace")
    assert "Mail Ada Lovelace" in kept.ok("queue", "--all")


@pytest.mark.parametrize("live", [True, False])
def test_nothing_of_an_erased_person_is_left(open_space: Callable[..., Space], live: bool) -> None:
    """With an engine at work and without one: the record still proves itself and says when, and no file holds her."""
    space = open_space("[retry]\ntimes = 0\n")
    space.add("said", "echo by Grace Hopper; exit 1", "--desc", "Answer grace@example.org about the totals")
    space.add("other", "true")

    def erase() -> None:
        for subject in ("Grace Hopper", "grace@example.org"):
            assert "erased:" in space.ok("privacy", "erase", subject, "--yes")

    if live:
        with space.engine():
            space.wait("said", "failed")
            erase()
            assert space.json("audit", "verify")["ok"]
    else:
        space.work()
        erase()
    assert " erased on " in space.ok("audit", "verify")
    assert space.ok("privacy", "find", "Grace Hopper").strip() == "nothing holds it"
    left = [path for path in space.root.rglob("*") if path.is_file() and b"hopper" in path.read_bytes().lower()]
    assert left == []
    assert space.row("other")["state"] == "done"
    space.add("next", "true")
    space.work()
    assert space.state("next") == "done"


def test_contents_that_nobody_erased_on_record_are_damage(space: Space) -> None:
    """Whoever takes the contents of an entry out by himself is noticed."""
    space.add("tidy", "true")
    (segment,) = space.paths.journal.glob("*.jsonl")
    first, *others = segment.read_bytes().splitlines(keepends=True)
    cut = first.index(b',"body":')
    segment.write_bytes(b"".join((first[:cut], b',"body":null}\n', *others)))
    space.paths.checkpoint.unlink()
    done = space.run("audit", "verify")
    assert done.returncode == 1
    assert "no erasure on record" in done.stdout
