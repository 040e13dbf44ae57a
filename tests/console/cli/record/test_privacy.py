"""Tests of console.cli.record.privacy."""

import json

SPOKE = "echo told Grace Hopper; exit 1"


def built(midwatch) -> None:
    """A workspace in which a build spoke of somebody and failed."""
    midwatch.workspace.settings.write_text("[retry]\ntimes = 0\n")
    midwatch.ok(
        "add", "--label", "one", "--name", "One", "--category", "bug-fix", "--desc", "Answer ada@example.org on totals",
        "--criterion", "the sum of ten entries of 0.1 is exactly 1.0", "--command", SPOKE,
    )  # fmt: skip
    midwatch.ok("engine", "--until-idle", "--quiet")


def test_a_person_is_found_given_out_and_erased(midwatch):
    """What is held can be seen and handed over; after the erasure nothing is found, and the record proves itself."""
    built(midwatch)
    found = midwatch.json("privacy", "find", "Grace Hopper")
    assert found.keys() == {"entries", "tasks", "files", "archived", "points", "yours", "unread", "upto"}
    assert "build_given_up" in [entry["action"] for entry in found["entries"]]
    assert "output.log: 1 times" in midwatch.ok("privacy", "find", "Grace Hopper")
    target = midwatch.root / "held.json"
    midwatch.ok("privacy", "export", "Grace Hopper", "--to", str(target))
    assert target.stat().st_mode & 0o777 == 0o600
    held = json.loads(target.read_text())
    assert held["files"][".midwatch/builds/one-1/output.log"] == ["told Grace Hopper"]
    assert midwatch.fails("privacy", "export", "Grace Hopper", "--to", str(target))[0] == 1
    target.unlink()
    assert "entries of the journal" in midwatch.ok("privacy", "erase", "grace hopper", "--yes")
    assert midwatch.ok("privacy", "find", "Grace Hopper").strip() == "nothing holds it"
    assert "erased on" in midwatch.ok("audit", "verify")
    assert midwatch.ok("privacy", "erase", "Grace Hopper", "--yes").startswith("nothing")


def test_an_erasure_asks_first(midwatch):
    """Without --yes nothing goes before the operator has seen what it is and agreed."""
    built(midwatch)
    code, _ = midwatch.fails("privacy", "erase", "Grace Hopper", stdin="n\n")
    assert code == 130
    assert midwatch.json("privacy", "find", "Grace Hopper")["files"]
    done = midwatch.run("privacy", "erase", "Grace Hopper", stdin="y\n")
    assert done.returncode == 0 and "Erase this for good?" in done.stdout


def test_what_is_the_operators_is_left_and_told(midwatch):
    """A file of the operator's own is named and not changed, and the exit code says that something is left."""
    built(midwatch)
    (midwatch.root / "GOALS.md").write_text("Ask Grace Hopper\n")
    done = midwatch.run("privacy", "erase", "Grace Hopper", "--yes")
    assert done.returncode == 1 and "GOALS.md" in done.stdout and "yours" in done.stdout
    assert (midwatch.root / "GOALS.md").read_text() == "Ask Grace Hopper\n"


def test_a_tasks_true_words_are_shown_to_the_operator(midwatch):
    """By the placeholders that stand for them everywhere else."""
    built(midwatch)
    assert midwatch.json("privacy", "words", "one") == {"[mail 1]": "ada@example.org"}
    assert "[mail 1] ada@example.org" in midwatch.ok("privacy", "words", "one")
    midwatch.ok("privacy", "erase", "ada@example.org", "--yes")
    assert "none" in midwatch.ok("privacy", "words", "one")


def test_too_little_is_refused(midwatch):
    """What would be found everywhere is not looked for."""
    assert midwatch.fails("privacy", "find", "a")[0] == 2
