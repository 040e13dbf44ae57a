"""The demo's project: a small ledger in Python that loses cents and cannot export."""

FILES: dict[str, str] = {
    "README.md": """# Ledger

Keeps the shared expenses of a flat, in cents, and says who owes what.

    python3 -m unittest discover -s tests -t .
""",
    ".gitignore": "__pycache__/\n",
    "ledger/__init__.py": '"""The shared expenses of a flat."""\n',
    "ledger/money.py": '''"""Amounts in whole cents."""


def split(cents: int, parts: int) -> list[int]:
    """Return equal shares of an amount."""
    if parts < 1:
        raise ValueError("there must be somebody to pay")
    return [cents // parts] * parts


def show(cents: int) -> str:
    """Return an amount as people write it: 12.50."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
''',
    "ledger/book.py": '''"""The book: what was paid, by whom and for whom."""

from dataclasses import dataclass

from ledger.money import split


@dataclass(frozen=True)
class Entry:
    """One payment, shared equally by those who benefit."""

    month: str
    payer: str
    cents: int
    shared_by: tuple[str, ...]
    text: str = ""


class Book:
    """All entries, in the order in which they were made."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Write down a payment."""
        self.entries.append(entry)

    def total(self, month: str) -> int:
        """Return what was paid in a month, in cents."""
        return sum(entry.cents for entry in self.entries if entry.month == month)

    def balances(self) -> dict[str, int]:
        """Return what each person is owed (more than 0) or owes (less than 0), in cents."""
        found: dict[str, int] = {}
        for entry in self.entries:
            found[entry.payer] = found.get(entry.payer, 0) + entry.cents
            for person, share in zip(entry.shared_by, split(entry.cents, len(entry.shared_by))):
                found[person] = found.get(person, 0) - share
        return found
''',
    "tests/__init__.py": "",
    "tests/test_money.py": """import unittest

from ledger.money import show, split


class Money(unittest.TestCase):
    def test_an_even_amount_splits_evenly(self):
        self.assertEqual(split(900, 3), [300, 300, 300])

    def test_nobody_cannot_pay(self):
        with self.assertRaises(ValueError):
            split(100, 0)

    def test_amounts_are_shown_with_two_digits(self):
        self.assertEqual([show(1250), show(5), show(-199)], ["12.50", "0.05", "-1.99"])
""",
    "tests/test_book.py": """import unittest

from ledger.book import Book, Entry


class Books(unittest.TestCase):
    def test_balances(self):
        book = Book()
        book.add(Entry("2026-02", "ada", 900, ("ada", "ben", "cleo"), "dinner"))
        self.assertEqual(book.balances(), {"ada": 600, "ben": -300, "cleo": -300})

    def test_a_total_follows_what_is_added_later(self):
        book = Book()
        book.add(Entry("2026-02", "ada", 900, ("ada", "ben")))
        self.assertEqual(book.total("2026-02"), 900)
        book.add(Entry("2026-02", "ben", 100, ("ada", "ben")))
        self.assertEqual(book.total("2026-02"), 1000)
""",
}
"""The project's files by path; its tests pass, and yet `split(1000, 3)` loses a cent."""
