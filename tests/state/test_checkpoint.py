"""The checkpoint."""

import json
from pathlib import Path

import pytest
import tinydb

from state import checkpoint, records
from state.checkpoint import Digests, Image, Span
from state.line import Seal
from state.model.control import Control
from state.model.view import Record
from tests.making import a_build, a_task

END = Seal(7, "ab" * 32)


def written(folder: Path, tables: dict[str, list[Record]] | None = None) -> Path:
    """A checkpoint of two tasks, or of these tables, over a journal of one segment."""
    (folder / "2026-03-04.jsonl").write_bytes(b"seven lines")
    rows = {name: list[Record]() for name in records.TABLES} | (tables or {"tasks": [a_task("a"), a_task("b")]})
    pieces = checkpoint.chunks(rows, Seal(), END, {"2026-03-04.jsonl": 5}, Digests(folder))
    path = folder / "state.json"
    path.write_bytes(b"".join(pieces))
    return path


def test_a_checkpoint_comes_back_as_it_went(tmp_path: Path) -> None:
    """Records, their order and the part of the journal that they stand for."""
    tables: dict[str, list[Record]] = {
        "tasks": [a_task(f"t{number}") for number in range(200)],
        "builds": [a_build()],
        "control": [Control(paused=True)],
    }
    image, trouble = checkpoint.load(written(tmp_path, tables))
    assert isinstance(image, Image)
    assert trouble == ""
    assert {name: list(image.table(name)) for name in tables} == tables
    assert image.mark == checkpoint.load_mark(tmp_path / "state.json")
    assert image.mark.seal == END
    assert image.mark.segments["2026-03-04.jsonl"].bytes == 5


def test_plain_tinydb_reads_it(tmp_path: Path) -> None:
    """The operator's own scripts need nothing of ours."""
    with tinydb.TinyDB(written(tmp_path), access_mode="r") as database:
        assert database.tables() == {*records.TABLES, "checkpoint"}
        found = database.table("tasks").get(tinydb.where("spec")["label"] == "b")
        assert found is not None
        assert found.doc_id == 2
        assert len(database.table("builds")) == 0
        assert database.table("checkpoint").all()[0]["seq"] == 7


def test_a_missing_checkpoint_is_no_trouble(tmp_path: Path) -> None:
    """A workspace that never had one starts from its journal."""
    assert checkpoint.load(tmp_path / "state.json") == (None, "")
    assert checkpoint.load_mark(tmp_path / "state.json") is None


@pytest.mark.parametrize("old", [b'"a"', b"}", b"\n", b'"seq":7'])
def test_a_changed_checkpoint_is_not_used(tmp_path: Path, old: bytes) -> None:
    """The journal is the truth, so an edit here must not become one, and neither must a torn or foreign file."""
    path = written(tmp_path)
    whole = path.read_bytes()
    new = {b'"a"': b'"x"', b"}": b"", b"\n": b"\xff", b'"seq":7': b'"seq":"7"'}[old]
    path.write_bytes(whole.replace(old, new, 1))
    image, trouble = checkpoint.load(path)
    assert image is None
    assert "taken from the journal again" in trouble
    assert checkpoint.load_mark(path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"checkpoint":{}}', '{"checkpoint":{"2":{}}}'])
def test_a_foreign_file_is_not_used(tmp_path: Path, text: str) -> None:
    """Any JSON may stand in the checkpoint's place."""
    path = tmp_path / "state.json"
    path.write_text(text)
    image, trouble = checkpoint.load(path)
    assert image is None
    assert str(path) in trouble
    assert checkpoint.load_mark(path) is None


def test_tinydbs_rewriting_of_it_is_noticed(tmp_path: Path) -> None:
    """A script that writes through TinyDB changes a file that is not used any more then."""
    path = written(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert checkpoint.load(path)[0] is None


def test_digests_are_carried_on(tmp_path: Path) -> None:
    """A segment that grew is read from where it was left, and one that is shorter than said is told by its length."""
    path = tmp_path / "segment"
    path.write_bytes(b"0123456789")
    digests = Digests(tmp_path)
    fresh = [Digests(tmp_path).span("segment", size) for size in (4, 10, 3)]
    assert [digests.span("segment", size) for size in (4, 10, 3)] == fresh
    assert digests.span("segment", 99) == Span(10, fresh[1].sha256)
