"""A roll-out in a real engine: other rules for some tasks, on by rule, and back by itself when it does worse."""

from pathlib import Path

import msgspec

from engine.around.rollouts import SUBJECT
from engine.engine import Engine
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.rollout import Ended, Overrides, Rollout
from state.model.control import Control
from state.model.view import Record
from tests.engine.engines import House, ask, play, until
from tests.making import NOON, a_build, a_spec, a_task

START = c.StartRollout(name="trust", overrides=Overrides(self_starting=("new_feature", "bug_fix")), samples=3)
LAST = Rollout(
    id="r1",
    name="trust",
    overrides=START.overrides,
    by="operator:ada",
    started_at=NOON,
    stage=2,
    staged_at=NOON,
    samples=3,
)


def ended(version: str, good: int, bad: int) -> list[Record]:
    """Tasks and builds of a version that are over."""
    found: list[Record] = []
    for number in range(good + bad):
        ending = "done" if number < good else "failed"
        name = f"{version}{number}"
        over = b.Finished(ending=ending, text="", at=NOON)
        done = t.Done(build=f"{name}-1", note="", at=NOON)
        found += [a_task(name, done, attempts=1), a_build(f"{name}-1", over, version=f"r1:{version}")]
    return found


def rollout(house: House) -> Rollout:
    found = house.store.control.rollout
    assert found is not None
    return found


def test_the_candidate_decides_about_its_share_and_builds_carry_it(tmp_path: Path) -> None:
    """At 100 % a feature starts by itself that asked before; rolled back the next one asks again."""
    house = House(tmp_path)

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, c.AddTasks(specs=(a_spec("wish", category=t.Category.NEW_FEATURE),)))
        assert house.task("wish").state_name == "awaiting_approval"
        assert (await ask(engine, START)).ok
        for _ in range(3):
            assert (await ask(engine, c.SteerRollout(on=True))).ok
        await house.task_is("done", label="wish")
        assert house.build("wish-1").version == "r1:candidate"
        assert (await ask(engine, c.SteerRollout(on=False))).ok
        await ask(engine, c.AddTasks(specs=(a_spec("other", category=t.Category.NEW_FEATURE),)))
        assert house.task("other").state_name == "awaiting_approval"

    play(house, scene)


def test_it_is_rolled_back_by_itself_when_it_does_worse(tmp_path: Path) -> None:
    """The last failure tips it: the record has the figures, and the operator is told."""
    house = House(tmp_path)
    house.seed(Control(rollout=LAST), *ended("candidate", 0, 3), *ended("base", 30, 0))

    async def scene(house: House, engine: Engine) -> None:
        await until(lambda: rollout(house).ended is Ended.ROLLED_BACK, "it is taken back")
        assert "3 of 3 failed or was taken back, beside 0 of 30" in rollout(house).text
        [question] = [q for q in house.store.escalations.values() if q.label == SUBJECT]
        assert "rolled back" in question.text

    play(house, scene)


def test_it_goes_on_by_itself_when_it_does_no_worse(tmp_path: Path) -> None:
    """One stage for one look; the next stage must prove itself again."""
    house = House(tmp_path)
    house.seed(Control(rollout=LAST), *ended("candidate", 3, 0), *ended("base", 30, 0))

    async def scene(house: House, engine: Engine) -> None:
        await until(lambda: rollout(house).percent == 100, "it goes on")
        await ask(engine, c.AddTasks(specs=(a_spec("next"),)))
        await house.task_is("done", label="next")
        assert rollout(house).ended is None and rollout(house).staged_at == house.clock.now()

    house.clock.forward(60)
    play(house, scene)


def test_by_hand_it_only_goes_back_by_itself(tmp_path: Path) -> None:
    """However well it does, the operator has the next word."""
    house = House(tmp_path)
    by_hand = msgspec.structs.replace(LAST, promote="hand")
    house.seed(Control(rollout=by_hand), *ended("candidate", 3, 0), *ended("base", 30, 0))

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, c.AddTasks(specs=(a_spec("next"),)))
        await house.task_is("done", label="next")
        assert rollout(house).percent == 50

    play(house, scene)
