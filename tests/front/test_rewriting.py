"""A record that was rewritten whole, and one whose oldest part was pruned: what `audit verify` makes of them."""

import json
import subprocess
from pathlib import Path

from state import line as lines
from state import segments
from state.line import Seal
from tests.front.midwatch import Space


def rewrite(space: Space) -> None:
    """Seal the whole chain anew, with another name for who asked, and make every witness inside agree."""
    journal, end = space.paths.journal, Seal()
    for name in segments.names(journal):
        told = []
        for raw in segments.lines(journal / name):
            line = lines.parse(raw)
            actor = "operator:eve" if line.actor.startswith("operator:") else line.actor
            body = bytes(line.body).replace(line.actor.encode(), actor.encode())
            sealed, end = lines.seal(end, line.at, actor, body)
            told.append(sealed)
        (journal / name).write_bytes(b"".join(told))
    (journal / segments.HEAD).write_text(f"{end.seq:020} {end.hash}\n")
    space.paths.checkpoint.unlink(missing_ok=True)


def verified(space: Space, *words: str) -> tuple[int, list[str]]:
    """How a proof ends, and what kinds of damage it names."""
    done = space.run("audit", "verify", *words, "--json")
    return done.returncode, [damage["kind"] for damage in json.loads(done.stdout)["damage"]]


def test_a_rewritten_record_is_noticed_by_what_was_published(space: Space, repo: Path) -> None:
    """By the reports, the git notes or a head that the operator noted; untouched, it agrees with all of them."""
    space.add("mend", "echo more >> ledger.py", "--repo", str(repo), "--verify", "true")
    space.work()
    noted = space.ok("audit", "head").strip()
    assert all(place["ok"] for place in space.json("audit", "publish")["places"])
    space.add("later", "true")
    space.work()
    outside = (("--notes", str(repo)), ("--against", noted))
    assert verified(space, *outside[0], *outside[1]) == (0, [])

    rewrite(space)
    assert space.state("later") == "done"  # nothing inside the workspace can tell
    assert verified(space) == (1, ["rewritten"])
    assert "nothing was published: rewritten" in space.fails(1, "audit", "publish")
    (space.root / "build-reports" / "heads.txt").unlink()
    assert verified(space) == (0, [])
    for words in outside:
        assert verified(space, *words) == (1, ["rewritten"])
    status = ["git", "status", "--porcelain"]
    assert subprocess.run(status, cwd=repo, check=True, capture_output=True, text=True).stdout == ""


def test_an_engine_prunes_and_the_record_goes_on(space: Space) -> None:
    """A file of a day long past goes at the engine's start; who removes the next one in secret is found out."""
    space.add("one", "true")
    space.work()
    journal = space.paths.journal
    [today] = segments.names(journal)
    (journal / today).rename(journal / "2020-01-01.jsonl")
    space.paths.checkpoint.unlink(missing_ok=True)
    space.add("two", "true")
    space.work()
    assert segments.names(journal) == [today]
    answer = space.json("audit", "verify")
    assert answer["ok"] and answer["first"] > 1
    assert "were pruned" in space.ok("audit", "verify")
    assert {row["label"] for row in space.json("queue", "--all")} == {"one", "two"}
    space.paths.checkpoint.unlink()
    assert {row["label"] for row in space.json("queue", "--all")} == {"one", "two"}
    (journal / today).rename(journal.parent / "aside")
    assert verified(space)[0] == 1
