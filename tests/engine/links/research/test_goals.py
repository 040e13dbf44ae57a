"""Tests of the goals that stand in GOALS.md."""

import os
from pathlib import Path

import pytest

from engine.links.research import goals
from engine.links.trouble import NotConfigured

PAGE = """\
# Goals

Some words about them.

## Grow
- [ ] Understand why customers leave
* [x] Publish the price list
  - [X] all of it
- [ ] Understand why  customers leave
- not a goal

## Write the book ##

```
- [ ] an example
## another
```

### Learn Danish
"""


def test_open_items_and_bare_headings_are_goals() -> None:
    """Each once, in their order, with their lines; what is ticked off is reached, what is quoted is none."""
    found = goals.read(PAGE)
    assert [(goal.text, goal.line) for goal in found] == [
        ("Understand why customers leave", 6),
        ("Write the book", 12),
        ("Learn Danish", 19),
    ]
    assert len({goal.key for goal in found}) == 3


def test_words_are_made_harmless() -> None:
    """Nothing that a terminal would obey stays, and a goal has an end."""
    (goal,) = goals.read("- [ ] be \x1b[31mred\x1b[0m \u202eand\u202c " + "long " * 200)
    assert goal.text.startswith("be red and long") and len(goal.text) == 300


def test_the_file_is_read_and_never_written(tmp_path: Path) -> None:
    """What is there is read as it is; what is missing, or holds nothing, is said with what to write."""
    with pytest.raises(NotConfigured, match=r"no .*GOALS.md: write"):
        goals.load(tmp_path)
    path = tmp_path / "GOALS.md"
    path.write_text("# Goals\n\n- [x] all done\n")
    with pytest.raises(NotConfigured, match="no goal that is open"):
        goals.load(tmp_path)
    path.write_bytes(b"- [ ] caf\xe9\n")
    path.chmod(0o400)
    assert [goal.text for goal in goals.load(tmp_path)] == ["caf�"]
    assert path.read_bytes() == b"- [ ] caf\xe9\n"


def test_what_is_no_page_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe, a folder and something endless are refused in words."""
    path = tmp_path / "GOALS.md"
    os.mkfifo(path)
    with pytest.raises(goals.GoalsUnreadable, match="no plain file"):
        goals.load(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(goals.GoalsUnreadable):
        goals.load(tmp_path)
    path.rmdir()
    path.write_bytes(b"- [ ] x\n" * 100_000)
    with pytest.raises(goals.GoalsUnreadable, match="larger than"):
        goals.load(tmp_path)
