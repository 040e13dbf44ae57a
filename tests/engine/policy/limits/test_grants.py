"""Who may have which secret."""

import pytest

from engine.policy.gate import judge_spec
from engine.policy.limits.grants import check
from state.model.verdict import Finding, Stance
from tests.engine.policy.test_gate import RULES
from tests.making import NOON, a_spec, a_task

KNOWN = frozenset({"npm", "deploy"})


def asked(*names: str, sandboxed: bool = True) -> Finding:
    granted = {"tidy": frozenset({"npm"})}
    return check(a_spec(secrets=names), KNOWN, granted, sandboxed=sandboxed)


@pytest.mark.parametrize(
    ("names", "sandboxed", "stance", "words"),
    [
        ((), True, Stance.ALLOW, "no secret"),
        ((), False, Stance.ALLOW, "no secret"),
        (("npm",), True, Stance.ALLOW, "[tasks.tidy] grants it npm"),
        (("npm", "deploy"), True, Stance.ASK, "npm, deploy"),
        (("other",), True, Stance.HOLD, "do not name: other"),
        (("npm",), False, Stance.HOLD, "no sandbox"),
    ],
)
def test_each_case(names: tuple[str, ...], sandboxed: bool, stance: Stance, words: str) -> None:
    """Granted, asked for, unknown, and not to be kept from others."""
    found = asked(*names, sandboxed=sandboxed)
    assert found.verdict is stance and words in found.text


def test_a_yes_grants_what_is_known_and_never_what_is_not() -> None:
    """The operator's approval of the task is the grant; it does not make a secret that there is not."""
    import msgspec

    from state.model.task import Approval

    rules = msgspec.structs.replace(RULES, secrets=KNOWN)
    for names, stance in ((("deploy",), Stance.ALLOW), (("other",), Stance.HOLD)):
        task = a_task(secrets=names)
        yes = Approval(by="operator:ada", at=NOON, digest=task.spec.digest)
        assert judge_spec(task, rules).stance is (Stance.ASK if stance is Stance.ALLOW else Stance.HOLD)
        assert judge_spec(msgspec.structs.replace(task, approval=yes), rules).stance is stance
