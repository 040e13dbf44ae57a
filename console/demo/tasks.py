"""The demo's tasks: one merges by itself, one asks first, one fails, one hangs."""

from state.model.task import Category, Priority, Spec

VERIFY = "python3 -m unittest discover -q -s tests -t ."

_FIX = r"""
set -eu
echo "::progress 5 reading the code"
grep -n "cents // parts" ledger/money.py
sleep 2

echo "::progress 25 writing a test that shows the fault"
cat >>tests/test_money.py <<'END'

    def test_no_cent_is_lost(self):
        self.assertEqual(split(1000, 3), [334, 333, 333])
        self.assertEqual(sum(split(-1001, 4)), -1001)
END
if python3 -m unittest -q tests.test_money; then
    echo "the fault cannot be shown"
    exit 1
fi
git commit -q -a -m "Show that split loses cents"
printf -- '- [x] a test fails before the change\n' >PROGRESS.md
sleep 2

echo "::progress 55 handing out the cents that are left over"
python3 - <<'END'
from pathlib import Path

path = Path("ledger/money.py")
text = path.read_text()
old = "    return [cents // parts] * parts\n"
new = "    share, left = divmod(cents, parts)\n    return [share + 1] * left + [share] * (parts - left)\n"
assert text.count(old) == 1
text = text.replace(old, new)
text = text.replace("Return equal shares of an amount.", "Return shares; the first get the cents left over.")
path.write_text(text)
END
sleep 2

echo "::progress 85 running all tests"
python3 -m unittest discover -q -s tests -t .
git commit -q -a -m "Hand out the cents that are left over"
printf -- '- [x] the shares of any amount add up to it\n' >>PROGRESS.md
echo "::progress 100 no cent is lost any more"
"""

_EXPORT = r"""
set -eu
echo "::progress 10 writing the export"
cat >ledger/export.py <<'END'
'''The book as a table that other programs read.'''

import csv
import io

from ledger.book import Book
from ledger.money import show

COLUMNS = ("month", "payer", "amount", "shared by", "text")


def to_csv(book: Book) -> str:
    '''Return one line for each entry, under a line of headings.'''
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for entry in book.entries:
        rows.writerow([entry.month, entry.payer, show(entry.cents), " ".join(entry.shared_by), entry.text])
    return out.getvalue()
END
git add ledger/export.py
git commit -q -m "Write the book as CSV"
sleep 3

echo "::progress 60 proving it"
cat >tests/test_export.py <<'END'
import csv
import io
import unittest

from ledger.book import Book, Entry
from ledger.export import COLUMNS, to_csv


class Export(unittest.TestCase):
    def test_what_is_written_can_be_read_again(self):
        book = Book()
        book.add(Entry("2026-02", "ada", 1250, ("ada", "ben"), 'rice, and "tea"'))
        head, row = csv.reader(io.StringIO(to_csv(book)))
        self.assertEqual(tuple(head), COLUMNS)
        self.assertEqual(row, ["2026-02", "ada", "12.50", "ada ben", 'rice, and "tea"'])
END
python3 -m unittest discover -q -s tests -t .
git add tests/test_export.py
git commit -q -m "Prove that the export can be read again"
sleep 2
echo "::progress 100 the book can be exported"
"""

_CACHE = r"""
set -eu
echo "::progress 20 remembering each month's total"
python3 - <<'END'
from pathlib import Path

path = Path("ledger/book.py")
text = path.read_text()
text = text.replace("import dataclass\n", "import dataclass\nfrom functools import lru_cache\n")
text = text.replace("    def total(self", "    @lru_cache(maxsize=None)\n    def total(self")
path.write_text(text)
END
sleep 3
echo "::progress 100 totals are remembered"
"""

_HANG = r"""
set -eu
echo "::progress 20 collecting the modules"
ls ledger
sleep 1
echo "::progress 40 waiting for an index server that never answers"
mkfifo "$HOME/answer"
cat "$HOME/answer"
"""


def specs(repo: str) -> tuple[Spec, ...]:
    """Return the tasks on the ledger at `repo`, an absolute path."""
    return (
        Spec(
            label="no-cent-lost",
            title="Lose no cent when an amount is split",
            description="Splitting 10.00 among three gives 9.99. Hand the cents left over to the first.",
            criteria=("a test fails before the change", "the shares of any amount add up to it"),
            priority=Priority.HIGH,
            category=Category.BUG_FIX,
            hours=0.5,
            tech=("python",),
            paths=("ledger/money.py", "tests/test_money.py"),
            repo=repo,
            command=_FIX,
            verify=VERIFY,
            source="demo",
        ),
        Spec(
            label="csv-export",
            title="Export the book as CSV",
            description="People want to open the book in a spreadsheet: one line for each entry, under headings.",
            criteria=("what is written can be read again by the csv module",),
            category=Category.NEW_FEATURE,
            hours=1.0,
            tech=("python",),
            paths=("ledger/export.py", "tests/test_export.py"),
            repo=repo,
            command=_EXPORT,
            verify=VERIFY,
            source="demo",
        ),
        Spec(
            label="quick-totals",
            title="Remember the total of each month",
            description="Adding up a month again and again is slow in a large book. Remember what was found.",
            criteria=("a month's total is added up only once", "the total follows what is added later"),
            category=Category.PERFORMANCE,
            hours=1.0,
            tech=("python",),
            paths=("ledger/book.py",),
            repo=repo,
            command=_CACHE,
            verify=VERIFY,
            source="demo",
        ),
        Spec(
            label="module-index",
            title="Write an index of the modules",
            description="A page that lists each module of the ledger with its first sentence.",
            criteria=("docs/index.md names every module",),
            category=Category.DOCUMENTATION,
            hours=0.5,
            paths=("docs",),
            repo=repo,
            command=_HANG,
            source="demo",
        ),
    )
