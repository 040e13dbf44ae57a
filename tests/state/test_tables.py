"""TinyDB's tables over the store's records."""

from typing import Any

import pytest
from tinydb import Query, where
from tinydb.table import Document

from state.errors import StoreFailed
from state.model.view import Record
from state.tables import RecordDocuments, RecordTable
from tests.making import a_task


class Shelf:
    """Records under a table."""

    def __init__(self) -> None:
        self.rows: dict[str, Record] = {}
        for label in ("a", "b", "c"):
            self.put(label)
        self.table = RecordTable({"tasks": self.rows}, "tasks")

    def put(self, label: str, **changes: Any) -> None:
        self.rows[label] = a_task(label, **changes)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def labels(documents: list[Document]) -> list[str]:
    return [document["spec"]["label"] for document in documents]


def test_queries_see_documents_as_they_stand_in_the_checkpoint(shelf: Shelf) -> None:
    """Enums and times are texts, tuples are lists, unions carry their kind."""
    found = shelf.table.search((where("spec")["label"] == "b") & (where("state")["kind"] == "queued"))
    assert labels(found) == ["b"]
    assert found[0]["spec"]["priority"] == "medium"
    assert found[0]["spec"]["criteria"] == ["the sum of ten entries of 0.1 is exactly 1.0"]
    assert found[0]["added_at"] == "2026-03-04T12:00:00Z"


def test_documents_have_numbers_in_the_order_of_arrival(shelf: Shelf) -> None:
    """An id is given once and stays, also when its record changes."""
    shelf.put("a", attempts=3)
    assert [(document.doc_id, document["attempts"]) for document in shelf.table] == [(1, 3), (2, 0), (3, 0)]
    assert labels(shelf.table.get(doc_ids=[2])) == ["b"]
    assert shelf.table.get(doc_id=4) is None
    assert shelf.table.get(doc_id=0) is None
    assert labels(shelf.table.get(doc_ids=[3, 1, 9])) == ["a", "c"]


def test_every_way_of_asking_works(shelf: Shelf) -> None:
    """Counting, containing, listing and asking for one are TinyDB's own."""
    label = Query().spec.label
    assert len(shelf.table) == 3
    assert shelf.table.count(label.one_of(["a", "c"])) == 2
    assert shelf.table.contains(label == "a")
    assert not shelf.table.contains(doc_id=9)
    assert labels(shelf.table.all()) == ["a", "b", "c"]
    assert shelf.table.get(label == "nobody") is None


def test_an_answer_is_never_older_than_the_question(shelf: Shelf) -> None:
    """The same query sees the change that was made since, and not what an asker did to its answer."""
    query = where("attempts") > 0
    assert shelf.table.search(query) == []
    shelf.put("b", attempts=1)
    found = shelf.table.search(query)
    found[0]["spec"]["label"] = "stolen"
    assert labels(shelf.table.search(query)) == ["b"]


@pytest.mark.parametrize(
    "write",
    [
        lambda table: table.insert({"a": 1}),
        lambda table: table.insert_multiple([{"a": 1}]),
        lambda table: table.update({"attempts": 9}),
        lambda table: table.update({"attempts": 9}, where("attempts") == 0),
        lambda table: table.update_multiple([({"attempts": 9}, where("attempts") == 0)]),
        lambda table: table.upsert({"attempts": 9}, where("attempts") == 0),
        lambda table: table.remove(doc_ids=[1]),
        lambda table: table.remove(where("attempts") == 0),
        lambda table: table.truncate(),
    ],
)
def test_writing_is_refused_with_the_way_to_do_it(shelf: Shelf, write: Any) -> None:
    """No change goes around the journal."""
    before = shelf.table.all()
    with pytest.raises(StoreFailed, match=r"Store\.commit\(\)"):
        write(shelf.table)
    assert shelf.table.all() == before


def test_the_storage_beneath_refuses_too(shelf: Shelf) -> None:
    """Whoever reaches through the table finds the same answer."""
    with pytest.raises(StoreFailed, match="for reading"):
        shelf.table.storage.write({})
    assert set(shelf.table.storage.read()) == {"tasks"}


def test_documents_are_a_mapping(shelf: Shelf) -> None:
    """TinyDB reads a table as it would any other."""
    documents = RecordDocuments(shelf.rows)
    assert list(documents) == ["1", "2", "3"]
    assert dict(documents.items()) == {number: documents[number] for number in documents}
