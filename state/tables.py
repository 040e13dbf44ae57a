"""TinyDB's tables over the store's records, for reading."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import msgspec
from tinydb.storages import Storage
from tinydb.table import Table

from state import records
from state.errors import StoreFailed
from state.model.view import Record

READ_ONLY = "a table is for reading: a change needs a reason, so make it with Store.commit()"
Documents = Mapping[str, Mapping[str, Any]]


class RecordDocuments(Documents):
    """One table's records as TinyDB sees them: document ids in the order of arrival, documents made when asked for."""

    def __init__(self, rows: Mapping[str, Record]) -> None:
        self._rows = rows

    def __getitem__(self, doc_id: str) -> Mapping[str, Any]:
        wanted = int(doc_id)
        if wanted > 0:
            for number, record in enumerate(self._rows.values(), 1):
                if number == wanted:
                    return _document(record)
        raise KeyError(doc_id)

    def __iter__(self) -> Iterator[str]:
        return (str(number) for number in range(1, len(self._rows) + 1))

    def __len__(self) -> int:
        return len(self._rows)

    def items(self) -> Any:
        """The ids and documents, each made as it is reached."""
        return ((str(number), _document(record)) for number, record in enumerate(self._rows.values(), 1))


def _document(record: Record) -> Mapping[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(records.encode(record))
    return document


class RecordStorage(Storage):
    """The whole database, for reading only."""

    def __init__(self, tables: Mapping[str, Mapping[str, Record]]) -> None:
        self._tables = tables

    def read(self) -> Any:
        """Every table by name."""
        return {name: RecordDocuments(rows) for name, rows in self._tables.items()}

    def write(self, data: Any) -> NoReturn:
        """Raises StoreFailed: there is one way to change anything."""
        raise StoreFailed(READ_ONLY)


class RecordTable(Table):
    """A table that answers queries and refuses to be written."""

    def __init__(self, tables: Mapping[str, Mapping[str, Record]], name: str) -> None:
        # Remembered answers would be the asker's to change, and old after the next commit.
        super().__init__(RecordStorage(tables), name, cache_size=0)

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> NoReturn:
        raise StoreFailed(READ_ONLY)
