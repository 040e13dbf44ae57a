"""Tests of console.demo.tasks."""

import msgspec

from console.demo.tasks import specs
from engine.facts import rules_of
from engine.policy.gate import judge_spec
from state.model.verdict import Stance
from state.settings import Settings
from tests.making import a_task


def test_one_asks_and_three_start_by_themselves():
    """The gate lets three of the tasks start, and asks about the new feature."""
    rules = rules_of(Settings())
    stances = {
        spec.label: judge_spec(msgspec.structs.replace(a_task(), spec=spec), rules).stance for spec in specs("/code")
    }
    assert stances == {
        "no-cent-lost": Stance.ALLOW,
        "csv-export": Stance.ASK,
        "quick-totals": Stance.ALLOW,
        "module-index": Stance.ALLOW,
    }


def test_they_do_not_get_in_each_others_way():
    """No two of them touch the same path, so that all can be built at once."""
    paths = [path for spec in specs("/code") for path in spec.paths]
    assert len(set(paths)) == len(paths)
    assert all(spec.paths for spec in specs("/code"))
