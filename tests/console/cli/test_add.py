"""Tests of console.cli.add."""

import json
from datetime import UTC, datetime

import pytest

from engine import bootstrap
from state.files import Workspace


def test_a_task_with_everything(midwatch, repo):
    """Every option reaches the queue, and what needs approval says so."""
    said = midwatch.ok(
        "add", "--name", "Export the book", "--desc", "Write all entries as CSV", "--criterion", "csv reads it again",
        "--criterion", "a test proves it", "--priority", "high", "--category", "feature", "--time", "1-2 hours",
        "--tech", "python,csv", "--repo", str(repo), "--command", "true", "--verify", "true", "--paths", "src",
        "--value", "100", "--budget", "12.50", "--limit", "memory=1G", "--limit", "time=10m", "--grace", "5s",
    )  # fmt: skip
    assert said.startswith("export-the-book: awaiting_approval (")
    (row,) = midwatch.json("queue")
    assert (row["label"], row["title"], row["priority"]) == ("export-the-book", "Export the book", "high")
    assert (row["state"], row["position"], row["repo"]) == ("awaiting_approval", 1, str(repo))
    assert any(why["verdict"] == "ask" and "new feature" in why["text"] for why in row["reasons"])


def test_json_tells_label_state_and_reasons(midwatch):
    """`add --json` answers with what became of the task."""
    answer = json.loads(midwatch.ok("add", "--name", "Vague wish", "--json"))
    assert (answer["label"], answer["state"]) == ("vague-wish", "held")
    assert [why["rule"] for why in answer["reasons"] if why["verdict"] == "hold"]


def test_a_file_is_added_whole_or_not_at_all(midwatch, tmp_path):
    """One mistake in a file keeps all of it out, and every mistake is named with file and line."""
    bad = tmp_path / "tasks.toml"
    bad.write_text('[[task]]\ntitle = "Good one"\n\n[[task]]\ntitle = "Bad one"\npriority = "urgent"\nhours = "soon"\n')
    code, complaint = midwatch.fails("add", "--file", str(bad))
    assert code == 2
    assert [line.split(": ")[1:3] for line in complaint.splitlines()] == [
        [f"{bad}:6", "priority"],
        [f"{bad}:7", "hours"],
    ]
    assert midwatch.json("queue", "--all") == []
    bad.write_text(bad.read_text().replace("urgent", "high").replace("soon", "2h"))
    assert [answer["label"] for answer in json.loads(midwatch.ok("add", "--file", str(bad), "--json"))] == [
        "good-one",
        "bad-one",
    ]


def test_a_file_may_depend_on_itself_and_not_in_a_circle(midwatch, tmp_path):
    """Tasks of one file may depend on each other, but a circle of them is refused whole."""
    lines = [{"title": "a", "depends": ["b"]}, {"title": "b"}]
    assert midwatch.ok("add", "--file", "-", stdin="\n".join(map(json.dumps, lines)))
    circle = [{"title": "c", "depends": "d"}, {"title": "d", "depends": "c"}]
    code, complaint = midwatch.fails("add", "--file", "-", stdin="\n".join(map(json.dumps, circle)))
    assert code == 1
    assert "circle" in complaint
    assert {row["label"] for row in midwatch.json("queue")} == {"a", "b"}


@pytest.mark.parametrize(
    ("stdin", "form"),
    [('{"title": "x"}', ()), ('[[task]]\ntitle = "x"\n', ()), ('{"title": "x"}', ("--format", "jsonl"))],
)
def test_standard_input(midwatch, stdin, form):
    """Tasks come in on standard input, in either format."""
    assert midwatch.ok("add", "--file", "-", *form, stdin=stdin).startswith("x: ")


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        ((), b"", "--name"),
        (("--name", "x", "--file", "-"), b"", "--name with --file"),
        (("--file", "-"), b'{"title": "\xff"}', "standard input:1: not UTF-8"),
        (("--file", "midwatch.xml"), b"", "--format"),
        (("--file", "-"), b"", "no task"),
        (("--name", "x", "--repo", "."), b"", "git init"),
        (("--name", "x", "--label", "no good"), b"", "no-good"),
    ],
)
def test_what_cannot_be_added(midwatch, words, stdin, said):
    """What cannot be understood exits 2 and says what to write."""
    (midwatch.root / "midwatch.xml").write_text("<task/>")
    code, complaint = midwatch.fails("add", *words, stdin=stdin)
    assert code == 2
    assert said in complaint


def test_a_label_is_taken_only_once(midwatch):
    """A second task of the same label is refused, and the refusal names it."""
    midwatch.add("tidy")
    code, complaint = midwatch.fails("add", "--name", "tidy")
    assert code == 1
    assert "tidy" in complaint
    assert "--label" in complaint


def test_an_unknown_dependency_is_refused(midwatch):
    """A task cannot depend on one that does not exist."""
    code, complaint = midwatch.fails("add", "--name", "x", "--depends", "nothing")
    assert code == 1
    assert "nothing" in complaint


def test_spawn_asks_for_nothing_more(midwatch):
    """A spawned task is queued although its kind would need approval."""
    said = midwatch.ok("spawn", "--label", "now", "--task", "Export the book\nas CSV", "--command", "true")
    assert said.startswith("now: queued")
    (row,) = midwatch.json("queue")
    assert row["title"] == "Export the book"
    assert row["approved"] is True


def test_adding_is_recorded_with_who_did_it(midwatch):
    """The record names the operator who added a task."""
    midwatch.add("tidy")
    entry = midwatch.json("audit", "list")[-1]
    assert (entry["action"], entry["label"]) == ("task_added", "tidy")
    assert entry["actor"].startswith("operator:")


def test_hostile_names_are_harmless_on_the_screen(midwatch):
    """Escape sequences in a title are not printed, but stay in the record as they were."""
    title = "\x1b[31mred\x1b]0;owned\x07 \u202eevil"
    midwatch.ok("add", "--name", title, "--label", "evil")
    assert "\x1b" not in midwatch.ok("queue")
    assert "\u202e" not in midwatch.ok("why", "evil")
    assert midwatch.json("queue")[0]["title"] == title.strip()


def test_a_recurring_task_is_told_with_its_next_time(midwatch) -> None:
    """The expression is read with its zone before anything is queued, and `why` says when it comes."""
    midwatch.add("nightly", "--cron", "30 2 * * *", "--zone", "Asia/Kathmandu")
    story = midwatch.ok("why", "nightly")
    assert "comes by its cron 30 2 * * *, first at" in story and "20:45 UTC" in story
    code, complaint = midwatch.fails("add", "--name", "x", "--command", "true", "--cron", "0 25 * * *")
    assert code == 2 and "column 3: hours go from 0 to 23" in complaint
    code, complaint = midwatch.fails("add", "--name", "x", "--command", "true", "--cron", "@daily", "--zone", "Mars")
    assert code == 2 and "there is no time zone 'Mars'" in complaint


def test_a_time_without_an_offset_is_by_the_operators_clock(midwatch):
    """The workspace's zone counts, not the machine's; in options and in files."""
    (midwatch.root / "midwatch.toml").write_text('[time]\nzone = "America/Chicago"\n')
    midwatch.add("late", "--start-at", "2030-01-02T23:00")
    midwatch.ok("add", "--file", "-", stdin='{"title": "Later", "label": "later", "start_at": "2030-07-02T23:00"}')
    with bootstrap.open_desk(Workspace(midwatch.root)).common.store as store:
        starts = {label: task.spec.start_at for label, task in store.tasks.items()}
    assert starts == {
        "late": datetime(2030, 1, 3, 5, tzinfo=UTC),
        "later": datetime(2030, 7, 3, 4, tzinfo=UTC),
    }
