"""Tests of which goals come next, and of the task that looks into one."""

import os
import subprocess
from datetime import date, timedelta

import pytest

from engine.links.research import night
from engine.links.research.goals import Goal, read
from engine.links.trouble import NotConfigured
from engine.policy.gate import judge_spec
from state.model import task as t
from state.model.links.goal import Researched
from state.settings import Settings
from state.settings.links import ResearchSettings
from tests.making import NOON

DAY = date(2026, 3, 4)


def told(command: str) -> Settings:
    return Settings(research=ResearchSettings(command=command))


def a_goal(text: str = "Understand why customers leave") -> Goal:
    (goal,) = read(f"- [ ] {text}")
    return goal


def test_each_goal_has_its_turn() -> None:
    """First those that were never looked into, in the page's order, then the one for which that is longest ago."""
    goals = read("- [ ] a\n- [ ] b\n- [ ] c\n")
    known: dict[str, Researched] = {}
    turns = []
    for day in range(4):
        for goal in night.pick(goals, known, 2):
            turns.append(goal.text)
            at, times = NOON + timedelta(days=day), turns.count(goal.text)
            known[goal.key] = Researched(goal=goal.key, label="x", at=at, times=times)
    assert turns[:4] == ["a", "b", "c", "a"]
    assert {turns.count(text) for text in "abc"} == {2, 3}


def test_a_goal_that_is_being_looked_into_is_left_alone() -> None:
    """Another task would only stand behind the first."""
    goal = a_goal()
    known = {goal.key: Researched(goal=goal.key, label="research-1", at=NOON)}
    assert night.waiting(goal, known, {"research-1"})
    assert not night.waiting(goal, known, {"research-2"})
    assert not night.waiting(goal, {}, {"research-1"})


@pytest.mark.parametrize(
    "template", ["say {goal} > {out}", "say 'about {goal}!' > {out}", 'say "about {goal}!" >{out}']
)
@pytest.mark.parametrize("goal", ["$(touch evil)", "`touch evil`; touch evil", 'it\'s "quoted" \\ $HOME', "-n *"])
def test_no_goal_is_part_of_a_command_line(template: str, goal: str, tmp_path: os.PathLike[str]) -> None:
    """However the operator quotes it, the runner gets the goal's words as they stand, and none of them runs."""
    command = night.command(told(template.replace("say", "printf '%s'")))
    env = {"PATH": os.environ["PATH"], "MIDWATCH_TITLE": goal, "HOME": "/nowhere"}
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=env, check=True, timeout=30)
    assert os.listdir(tmp_path) == ["briefing.md"]
    with open(os.path.join(tmp_path, "briefing.md"), encoding="utf-8") as page:
        assert page.read() in (goal, f"about {goal}!")


def test_without_a_command_it_says_what_to_set() -> None:
    """Which is no mistake, and so has an exit code of its own."""
    with pytest.raises(NotConfigured, match=r"\[research\].*command = ") as caught:
        night.command(Settings())
    assert caught.value.code == 5


def test_the_task_may_start_by_itself_and_says_what_it_is_for() -> None:
    """It passes the rules on tasks, belongs to no repository, and is only done once there is a briefing."""
    spec = night.spec(a_goal(), DAY, told("agent {goal} > {out}"), ())
    assert (spec.label, spec.category) == ("research-0304-understand-why-customers-leave", t.Category.RESEARCH)
    assert (spec.source, spec.repo, spec.verify) == ("research", "", "test -s briefing.md && test ! -L briefing.md")
    assert spec.command == 'agent "$MIDWATCH_TITLE" > briefing.md'
    from engine.facts import rules_of

    assert not judge_spec(t.Task(spec=spec, state=t.Queued(), added_at=NOON), rules_of(Settings())).against


def test_labels_are_labels() -> None:
    """Of any goal, and never one that is taken."""
    settings = told("agent {goal} > {out}")
    first = night.spec(a_goal(), DAY, settings, ()).label
    assert night.spec(a_goal(), DAY, settings, {first, f"{first}-2"}).label == f"{first}-3"
    strange = night.spec(a_goal("Дружба!"), DAY, settings, ()).label
    assert strange.startswith("research-0304-") and strange.isascii() and len(strange) < 60
