"""A veto asks for a yes that is given after it."""

from datetime import timedelta

import msgspec
import pytest

from engine.policy.moment.vetoed import check, stands
from state.model import task as t
from state.model.brakes.veto import Veto
from state.model.verdict import Stance
from tests.making import NOON, a_task

TASK = a_task("tidy")
VETO = Veto(action="build_decided", seq=7, digest=TASK.spec.digest, by="operator:ada", at=NOON)


def test_without_a_veto_nothing_is_asked() -> None:
    """The usual case allows."""
    assert check(TASK).verdict is Stance.ALLOW
    assert not stands(TASK)


def test_a_veto_asks_and_names_its_entry() -> None:
    """Who overruled what, where it stands in the record."""
    found = check(msgspec.structs.replace(TASK, veto=VETO))
    assert found.verdict is Stance.ASK
    assert "ada overruled build_decided (entry 7)" in found.text


def test_another_spec_is_another_decision() -> None:
    """Whoever changes the task has it decided on anew."""
    changed = msgspec.structs.replace(TASK, veto=VETO, spec=msgspec.structs.replace(TASK.spec, title="Other"))
    assert check(changed).verdict is Stance.ALLOW
    assert not stands(changed)


@pytest.mark.parametrize(("after_s", "expected"), [(-1, True), (1, False)])
def test_only_a_later_yes_answers_it(after_s: int, expected: bool) -> None:
    """The yes that led to what was overruled does not."""
    yes = t.Approval(by="operator:ada", at=NOON + timedelta(seconds=after_s), digest=TASK.spec.digest)
    assert stands(msgspec.structs.replace(TASK, veto=VETO, approval=yes)) is expected
