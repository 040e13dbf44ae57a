"""The list of guards is in step with the code, and taking one out is noticed."""

import ast
from pathlib import Path

import pytest

from tests.guards import ROOT, guards, without

GUARDS = guards()


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_on_the_list_is_there(name: str) -> None:
    """Its call stands once in its module, which is still Python without it, and its test exists."""
    guard = GUARDS[name]
    assert guard["guards"]
    ast.parse(without((ROOT / guard["module"]).read_text(encoding="utf-8"), guard))
    path, _, function = guard["test"].partition("::")
    names = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)}
    assert function.partition("[")[0] in names


def test_only_one_whole_line_is_taken_out() -> None:
    """The rest stays as it is, and what is there twice or not at all is refused."""
    guard = {"module": "m.py", "call": "check(x)"}
    assert without("def f(x):\n    check(x)\n    act(x)\n", guard) == "def f(x):\n    pass\n    act(x)\n"
    assert without("if a:\n    check(x)\n", {**guard, "instead": "x = 1"}) == "if a:\n    x = 1\n"
    for source in ("act(x)\n", "check(x)\ncheck(x)\n"):
        with pytest.raises(ValueError, match=r"m\.py: `check\(x\)` stands there"):
            without(source, guard)


def test_the_list_is_not_empty() -> None:
    """A list of nothing proves nothing."""
    assert len(GUARDS) >= 10
    assert Path(ROOT / "tests/guards.toml").is_file()
