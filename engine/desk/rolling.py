"""Commands on the roll-out of other rules."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from engine.policy.rollout.version import NEVER_ALONE
from state.model import command as c
from state.model.brakes.rollout import STAGES, Ended, Rollout
from state.model.control import Control
from state.model.task import Category


class Rolling:
    """Begins a roll-out, takes it on and back; the engine does the latter two by rule as well."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.StartRollout: self._start, c.SteerRollout: self._steer}

    def _start(self, command: c.StartRollout, actor: str) -> str:
        control = self.at.store.control
        known = control.rollout
        if known is not None and known.ended is None:
            raise Refused(f"{known.name} is at {known.percent} %: promote it or roll it back first")
        if known is not None and known.ended is Ended.PROMOTED:
            raise Refused(
                f"{known.name} decides about all tasks: write what it says into midwatch.toml, "
                "then `midwatch rollout rollback`"
            )
        self._refuse_bad(command)
        now = self.at.clock.now()
        number = int(known.id.removeprefix("r")) + 1 if known is not None else 1
        rollout = Rollout(
            id=f"r{number}",
            name=command.name,
            overrides=command.overrides,
            by=actor,
            started_at=now,
            staged_at=now,
            promote=command.promote,
            samples=command.samples,
            margin=command.margin,
            text=command.why,
        )
        text = f"{command.name} decides about {STAGES[0]} % of the tasks"
        self._stage(control, rollout, actor, "rollout_started", command.why or text)
        return f"{text}; `midwatch rollout status` compares it with the rules beside it"

    @staticmethod
    def _refuse_bad(command: c.StartRollout) -> None:
        told = command.overrides
        if told.budget_over is None and told.self_starting is None:
            raise Refused("it changes nothing: name budget_over or self_starting under [approval]")
        if told.self_starting is not None:
            unknown = sorted(set(told.self_starting) - set(Category))
            if unknown:
                raise Refused(f"{', '.join(unknown)}: no such category; there are {', '.join(Category)}")
            alone = sorted(NEVER_ALONE & set(told.self_starting))
            if alone:
                raise Refused(f"{', '.join(alone)} never starts without asking, in whatever version of the rules")
        if not command.name.strip() or command.samples < 1 or not 0 < command.margin < 1:
            raise Refused("it needs a name, samples of 1 or more, and a margin between 0 and 1")

    def _steer(self, command: c.SteerRollout, actor: str) -> str:
        return self.steer(command.on, actor, command.why or "asked for by the operator")

    def steer(self, on: bool, actor: str, why: str) -> str:
        """Stage the next stage or the way back; raises Refused where there is none."""
        control = self.at.store.control
        rollout = control.rollout
        if rollout is None or rollout.ended is Ended.ROLLED_BACK:
            raise Refused("no roll-out is under way: `midwatch rollout start FILE.toml` begins one")
        if on and rollout.ended is Ended.PROMOTED:
            raise Refused(f"{rollout.name} decides about all tasks already")
        now = self.at.clock.now()
        if not on:
            changed = msgspec.structs.replace(rollout, ended=Ended.ROLLED_BACK, staged_at=now, text=why)
            self._stage(control, changed, actor, "rollout_rolled_back", why)
            return f"{rollout.name} is rolled back: the settings decide about all tasks"
        if rollout.stage == len(STAGES) - 1:
            changed = msgspec.structs.replace(rollout, ended=Ended.PROMOTED, staged_at=now, text=why)
            self._stage(control, changed, actor, "rollout_promoted", why)
            return f"{rollout.name} decides about all tasks: write what it says into midwatch.toml, then roll it back"
        changed = msgspec.structs.replace(rollout, stage=rollout.stage + 1, staged_at=now, text=why)
        self._stage(control, changed, actor, "rollout_stage_reached", why)
        return f"{rollout.name} decides about {changed.percent} % of the tasks"

    def _stage(self, control: Control, rollout: Rollout, actor: str, action: str, why: str) -> None:
        self.at.stage([msgspec.structs.replace(control, rollout=rollout)], actor, action, f"{rollout.name}: {why}")
