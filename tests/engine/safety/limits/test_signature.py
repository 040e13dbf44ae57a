"""The signature of a failure."""

import pytest

from engine.safety.limits.signature import signature

TRACEBACK = """\
Traceback (most recent call last):
  File "/tmp/tmpk2j1x/work/ledger.py", line {line}, in <module>
    total(entries)
  File "/tmp/tmpk2j1x/work/ledger.py", line 7, in total
    return sum(entry.amount for entry in entries)
AttributeError: 'NoneType' object has no attribute 'amount'
"""
NPM = """\
npm ERR! code E404
npm ERR! 404 Not Found - GET https://example.org/left-pad-{n} - Not found
npm ERR! A complete log of this run can be found in: /root/.npm/_logs/2026-03-0{n}T12_00_00_123Z-debug-0.log
"""
GCC = """\
ledger.c: In function 'main':
ledger.c:{n}:5: error: 'total' undeclared (first use in this function)
ledger.c:{n}:5: note: each undeclared identifier is reported only once for each function it appears in
make: *** [Makefile:{n}: ledger.o] Error 1
"""
PYTEST = """\
tests/test_ledger.py:{n}: in test_total
E   assert 0.{n}9999 == 1.0
=========================== short test summary info ============================
FAILED tests/test_ledger.py::test_total - assert 0.{n}9999 == 1.0
========================= {n} failed, 11 passed in 0.{n}s =========================
"""


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (
            TRACEBACK.format(line=12),
            TRACEBACK.format(line=99),
            "AttributeError: 'NoneType' object has no attribute 'amount'",
        ),
        (NPM.format(n=1), NPM.format(n=2), "npm ERR! code E404"),
        (GCC.format(n=3), GCC.format(n=41), "<path>: error: 'total' undeclared (first use in this function)"),
        (PYTEST.format(n=3), PYTEST.format(n=8), "E assert # == #"),
        (
            "exit code 1: FAILED tests/test_a.py::test_total - assert 3 == 4",
            "exit code 1: FAILED /srv/x/tests/test_a.py::test_total - assert 17 == 4",
            "exit code 1: FAILED <path>::test_total - assert # == #",
        ),
        (
            "fatal: unable to access 'https://example.org/a.git/': Could not resolve host: example.org",
            "fatal: unable to access 'https://example.com/b.git/': Could not resolve host: example.org",
            "fatal: unable to access '<url>': Could not resolve host: example.org",
        ),
        (
            "CONFLICT (content): Merge conflict in ledger.py",
            "CONFLICT (content): Merge conflict in src/total.py",
            "CONFLICT (content): Merge conflict in <path>",
        ),
        (
            "error: object file .git/objects/9f/86d081884c7d659a2feaa0c55ad015 is empty",
            "error: object file .git/objects/2c/26b46b68ffc68ff99b453c1d304134 is empty",
            "error: object file <path> is empty",
        ),
        (
            "Out of memory: Killed process 4242 (cc1plus) total-vm:2097152kB, anon-rss:1048576kB",
            "Out of memory: Killed process 77 (cc1plus) total-vm:2097999kB, anon-rss:1048000kB",
            "Out of memory: Killed process # (cc#plus) total-vm:#kB, anon-rss:#kB",
        ),
        (
            "[2026-03-04T12:00:00.123Z] job 81a9c3f0 timed out after 30.5 s",
            "[2026-03-05T02:10:59+01:00] job 00ffee12 timed out after 31 s",
            "[<time>] job <hex> timed out after # s",
        ),
        (
            "session 123e4567-e89b-12d3-a456-426614174000 refused at 12:00:01",
            "session 99999999-e89b-12d3-a456-426614174999 refused at 23:59:59",
            "session <id> refused at <time>",
        ),
        (
            "\x1b[31merror[E0432]\x1b[0m: unresolved import",
            "error[E0432]: unresolved import",
            "error[E0432]: unresolved import",
        ),
        (
            "FileNotFoundError: /tmp/tmpab12x/in.csv",
            "FileNotFoundError: /tmp/tmpzz98q/in.csv",
            "FileNotFoundError: <path>",
        ),
        ("lost worker tmpk2j1x9", "lost worker tmpq8w7e1", "lost worker <id>"),
        (
            "Segmentation fault (core dumped) at 0x7ffd1c",
            "Segmentation fault (core dumped) at 0x55e0",
            "Segmentation fault (core dumped) at <hex>",
        ),
        (
            "failed 4 times; the last time: exit code 2: no rule for 7",
            "exit code 2: no rule for 8",
            "exit code 2: no rule for #",
        ),
        (
            "stopped at a limit: run_s was 5,401, and 5,400 are allowed",
            "stopped at a limit: run_s was 5,409, and 5,400 are allowed",
            "stopped at a limit: run_s was #, and # are allowed",
        ),
        ("one\ntwo\nthree 3", "three 4", "three #"),
    ],
)
def test_the_same_failure_has_one_signature(one: str, other: str, expected: str) -> None:
    """What differs each time is taken out of the line that names the error."""
    assert signature(one) == expected
    assert signature(other) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exit code 1: it printed nothing", "exit code 137: it printed nothing"),
        ("KeyError: 'amount'", "KeyError: 'currency'"),
        ("error TS2345: not assignable", "error TS2322: not assignable"),
        ("ValueError: bad", "TypeError: bad"),
        ("exit code 1: total is wrong", "verify failed: total is wrong"),
        ("error[E0432]: unresolved", "error[E0433]: unresolved"),
    ],
)
def test_different_failures_have_different_signatures(one: str, other: str) -> None:
    """Kinds of errors, exit codes and the names in them tell failures apart."""
    assert signature(one) != signature(other)


def test_silence_and_endless_words_have_a_signature_too() -> None:
    """Nothing that a build prints makes it fail, or become long."""
    assert signature("") == ""
    assert signature("\n\n---\n") == ""
    assert len(signature("x1y2z3 word / " * 100_000)) <= 160
    assert len(signature("a/" * 100_000)) <= 160
    assert len(signature("9" * 100_000)) <= 160
