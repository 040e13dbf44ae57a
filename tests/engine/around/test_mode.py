"""Observe mode in a real engine: decisions on record, nothing executed, and nothing that counts later by surprise."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.engine import Engine
from engine.policy import observing
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.control import Control
from state.model.escalation import EscalationKind
from state.model.mode import Mode
from state.model.money import MICRO
from state.model.when.schedule import Schedule
from state.settings import EngineSettings, NightSettings, QueueSettings, RateSettings, Settings
from tests.engine.engines import House, Scene, ask, building, nudge, play, until
from tests.engine.work.repositories import git, repository
from tests.making import NOON, a_spec, a_task

OBSERVE, LIVE = c.SetMode(mode=Mode.OBSERVE), c.SetMode(mode=Mode.LIVE)
WEEK_S = 7 * 86400.0
DAY_S = 86400.0


def begin(root: Path, scene: Scene, engine: EngineSettings | None = None, **settings: Any) -> House:
    """Play a scene beside the first engine of a workspace."""
    house = House(root, settings=Settings(engine=engine or EngineSettings(), **settings))
    play(house, scene)
    return house


def add(label: str = "tidy", **changes: Any) -> c.AddTasks:
    return c.AddTasks(specs=(a_spec(label, **changes),))


def recorded(house: House) -> list[str]:
    """The actions on the record, oldest first."""
    text = b"".join(file.read_bytes() for file in sorted(house.workspace.journal.glob("*.jsonl")))
    lines = (line for line in text.decode().splitlines() if '"action":"' in line)
    return [line.split('"action":"')[1].partition('"')[0] for line in lines]


def mode_of(house: House) -> Mode:
    return house.store.control.mode


def would(house: House) -> list[str]:
    observation = house.store.control.observation
    return [] if observation is None else [would.label for would in observation.would]


def test_observing_records_and_executes_nothing(tmp_path: Path) -> None:
    """What would start is on record with its reasons; no build, no folder, no process comes of it."""

    async def scene(house: House, engine: Engine) -> None:
        assert (await ask(engine, OBSERVE)).ok
        await ask(engine, add("tidy"))
        await ask(engine, add("tidy2"))
        await until(lambda: would(house) == ["tidy", "tidy2"], "both decisions on record")
        assert house.task("tidy").state_name == house.task("tidy2").state_name == "queued"

    house = begin(tmp_path, scene)
    assert recorded(house).count("would_start") == 2
    assert not house.store.builds
    assert not list(house.workspace.builds.glob("*"))


def test_observing_goes_on_with_the_next_engine(tmp_path: Path) -> None:
    """A restart neither ends observing nor decides again what was decided."""

    async def first(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        await ask(engine, add())
        await until(lambda: would(house) == ["tidy"], "the decision on record")

    async def second(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert engine.view().control.mode is Mode.OBSERVE
        assert would(house) == ["tidy"]

    house = begin(tmp_path, first)
    play(house, second)
    assert recorded(house).count("would_start") == 1
    assert not house.store.builds


def test_a_start_gives_its_slot_back_when_its_time_is_over(tmp_path: Path) -> None:
    """Decisions go on as if builds lasted as long as they are estimated; the engine wakes for them by itself."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        for label in ("a", "b"):
            await ask(engine, add(label, hours=2.0))
        await until(lambda: would(house) == ["a"], "the only slot to be taken")
        assert engine._agenda.keeper.next_change() == NOON + timedelta(hours=2)
        house.clock.forward(2 * 3600)
        await nudge(engine)
        await until(lambda: would(house) == ["a", "b"], "the slot to be given back")

    begin(tmp_path, scene, queue=QueueSettings(slots=1))


def test_observing_keeps_to_the_limits_that_it_would_use_up_live(tmp_path: Path) -> None:
    """A budget is reserved, then counted as used for an hour, and what really was used stays as it is."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        for label in ("a", "b"):
            await ask(engine, add(label, hours=0.5, budget=6 * MICRO))
        await until(lambda: would(house) == ["a"], "what there is room for")
        house.clock.forward(0.75 * 3600)
        await nudge(engine)
        assert would(house) == ["a"], "its build would be over, and its money spent"
        assert engine._agenda.rates.next_start(engine.view()) == NOON + timedelta(hours=1.5)
        assert [usage.used for usage in engine.view().engine.limits] == [0]
        house.clock.forward(0.75 * 3600)
        await nudge(engine)
        await until(lambda: would(house) == ["a", "b"], "the hour to be over")

    rates = RateSettings(calls_per_min=0, files_per_h=0, usd_per_h=10 * MICRO)
    begin(tmp_path, scene, rates=rates, night=NightSettings(usd=0))


def test_live_starts_what_was_only_observed(tmp_path: Path) -> None:
    """The operator's word ends it, and what needs no approval runs then."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        await ask(engine, add())
        await until(lambda: would(house) == ["tidy"], "the decision on record")
        reply = await ask(engine, LIVE)
        assert reply.text.startswith("live: what may start, starts from now on")
        await house.task_is("done")

    house = begin(tmp_path, scene)
    assert [action for action in recorded(house) if action in ("observe_begun", "would_start", "live_begun")] == [
        "observe_begun",
        "would_start",
        "live_begun",
    ]


def test_a_yes_in_observe_mode_does_not_count_when_it_is_live(tmp_path: Path) -> None:
    """An approved start is written down as one that would be made, and once live the operator is asked anew."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        await ask(engine, add(category=t.Category.NEW_FEATURE))
        assert house.questions() == [EscalationKind.APPROVAL_NEEDED]
        reply = await ask(engine, c.Approve(label="tidy", digest=house.task().spec.digest))
        assert reply.ok
        assert "does not count" in reply.text and "does not start" in reply.text
        await until(lambda: would(house) == ["tidy"], "what would start with this yes")
        house.clock.set(NOON - timedelta(days=2))  # a clock that is set back does not make it count
        reply = await ask(engine, LIVE)
        assert "so it asks again: tidy" in reply.text
        assert house.task().state_name == "awaiting_approval"
        assert house.task().approval is None
        assert house.questions() == [EscalationKind.APPROVAL_NEEDED]
        await nudge(engine)
        assert not house.store.builds
        await ask(engine, c.Approve(label="tidy", digest=house.task().spec.digest))
        await house.task_is("done")

    begin(tmp_path, scene)


def test_a_yes_to_a_merge_in_observe_mode_does_not_count_either(tmp_path: Path) -> None:
    """An approved diff stays where it is, and once live it is asked about again."""
    build = building(b.Reviewing(digest="d1"), digest="d1")

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        reply = await ask(engine, c.Approve(label="tidy", digest="d1"))
        assert "does not count" in reply.text and "not merged" in reply.text
        await nudge(engine)
        assert house.build().state_name == "reviewing"
        await ask(engine, LIVE)
        await nudge(engine)
        assert house.build().state_name == "reviewing"
        assert not house.build().approved
        assert house.questions() == [EscalationKind.REVIEW_NEEDED]

    house = House(tmp_path)
    house.seed(*build)
    play(house, scene)


def test_nothing_is_merged_that_was_under_way(tmp_path: Path) -> None:
    """A build that runs when observing begins goes on, is verified and then waits; live, it merges by itself."""
    repo = repository(tmp_path / "code")

    def tip() -> str:
        return git(repo, "rev-parse", "main")

    async def scene(house: House, engine: Engine) -> None:
        command = "echo more >> tidy.txt; until [ -e go ]; do sleep 0.02; done; rm go"
        await ask(engine, add(repo=str(repo), command=command, verify="true"))
        await house.build_is("running")
        before = tip()
        reply = await ask(engine, OBSERVE)
        assert "still running, and not merged when done: tidy" in reply.text
        (house.workspace.build("tidy-1").work / "go").touch()
        await house.task_is("awaiting_review")
        state = house.task().state
        assert isinstance(state, t.AwaitingReview)
        assert state.blocked.startswith("observe mode: nothing is merged")
        await until(lambda: not engine._roster.busy, "its attempt to rest")
        house.clock.forward(3600)
        await nudge(engine)
        assert tip() == before
        await ask(engine, LIVE)
        await house.task_is("done")
        assert tip() != before

    begin(tmp_path, scene)


def test_what_has_not_begun_to_run_goes_back_into_the_queue(tmp_path: Path) -> None:
    """A build that an engine before had only prepared never runs its command in observe mode."""
    house = House(tmp_path)
    task, build = building(b.Preparing(), task={"command": "touch ran"}.items())

    async def scene(house: House, engine: Engine) -> None:
        await house.task_is("queued")
        assert house.build().state_name == "finished"

    house.seed(task, build)
    with_desk(house, OBSERVE)
    play(house, scene)
    assert not (house.workspace.build("tidy-1").work / "ran").exists()


def with_desk(house: House, command: c.Command) -> None:
    """Ask while no engine runs."""
    from engine.desk.desk import Desk
    from engine.questions import Questions
    from state.store import Store

    with Store.open(house.workspace, house.clock) as store:
        desk = Desk(store, house.settings, house.clock, Questions(store))
        assert desk.handle(c.Request(actor="operator:ada", command=command)).ok


@pytest.mark.parametrize("command", [c.SpawnTask(spec=a_spec("now")), c.RunSchedule(name="hourly")])
def test_what_is_asked_for_now_is_refused(tmp_path: Path, command: c.Command) -> None:
    """A build or a run that is wanted this moment does not wait silently for a live time: the answer is no."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        reply = await ask(engine, command)
        assert not reply.ok
        assert "observe mode: nothing executes" in reply.text
        assert "now" not in house.store.tasks

    begin(tmp_path, scene, schedules={"hourly": Schedule(name="hourly", cron="0 * * * *", run="status")})


def test_schedules_do_not_run_and_are_not_made_up(tmp_path: Path) -> None:
    """A slot that is due while it observes is on record as missed, and does not run once it is live."""
    house = House(tmp_path)
    house.settings = Settings(schedules={"hourly": Schedule(name="hourly", cron="0 * * * *", run="status")})
    house.command = ("sh", "-c", 'touch "$2/ran"', "sh")

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE)
        house.clock.forward(3700)
        await nudge(engine)
        await until(lambda: house.store.schedules["hourly"].missed_count == 1, "the slot to pass")
        await ask(engine, LIVE)
        await nudge(engine)
        assert house.store.schedules["hourly"].running is None

    play(house, scene)
    assert not (house.workspace.root / "ran").exists()
    assert house.store.schedules["hourly"].runs == 0
    assert "schedule_would_run" in recorded(house)
    assert "schedule_missed" not in recorded(house)


def test_the_same_mode_again_is_refused(tmp_path: Path) -> None:
    """Saying twice what holds already changes nothing and says so."""

    async def scene(house: House, engine: Engine) -> None:
        assert "live already" in (await ask(engine, LIVE)).text
        await ask(engine, OBSERVE)
        assert "observe already" in (await ask(engine, OBSERVE)).text

    house = begin(tmp_path, scene)
    assert recorded(house).count("observe_begun") == 1


def test_the_settings_begin_it_and_it_ends_by_itself_after_a_week(tmp_path: Path) -> None:
    """With mode = "observe" and live_after = "7d" it goes live when the week is over, and the record says why."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add())
        await until(lambda: would(house) == ["tidy"], "the decision on record")
        observation = house.store.control.observation
        assert observation is not None
        assert (observation.by, observation.live_at) == ("the settings", NOON + timedelta(days=7))
        house.clock.forward(WEEK_S - 1)
        await nudge(engine)
        assert mode_of(house) is Mode.OBSERVE
        assert engine._agenda.keeper.next_change() == NOON + timedelta(days=7)
        house.clock.forward(1)
        await nudge(engine)
        assert mode_of(house) is Mode.LIVE
        await house.task_is("done")

    begin(tmp_path, scene, EngineSettings(mode=Mode.OBSERVE, live_after_s=WEEK_S))


def test_it_does_not_go_live_the_moment_it_comes_back(tmp_path: Path) -> None:
    """A week that passed while no engine ran was not observed: it goes on for a day, and says so."""
    settings = EngineSettings(mode=Mode.OBSERVE, live_after_s=WEEK_S)

    async def nothing(house: House, engine: Engine) -> None:
        await nudge(engine)

    async def later(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert mode_of(house) is Mode.OBSERVE
        house.clock.forward(DAY_S)
        await nudge(engine)
        assert mode_of(house) is Mode.LIVE

    house = begin(tmp_path, nothing, settings)
    house.clock.forward(30 * DAY_S)
    play(house, later)
    assert recorded(house).count("observe_prolonged") == 1


def test_without_live_after_only_the_operator_ends_it(tmp_path: Path) -> None:
    """Settings that name no time never end it by themselves, and neither does a word of the operator's."""

    async def scene(house: House, engine: Engine) -> None:
        house.clock.forward(365 * DAY_S)
        await nudge(engine)
        assert mode_of(house) is Mode.OBSERVE
        await ask(engine, LIVE)
        await ask(engine, OBSERVE)
        house.clock.forward(365 * DAY_S)
        await nudge(engine)
        assert mode_of(house) is Mode.OBSERVE

    begin(tmp_path, scene, EngineSettings(mode=Mode.OBSERVE))


def test_the_operators_word_outlasts_the_settings(tmp_path: Path) -> None:
    """What he said after the settings were read is not overruled by the same settings, nor by their absence."""
    settings = EngineSettings(mode=Mode.OBSERVE)

    async def first(house: House, engine: Engine) -> None:
        await nudge(engine)
        await ask(engine, LIVE)

    async def second(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert mode_of(house) is Mode.LIVE
        await ask(engine, OBSERVE)

    async def third(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert mode_of(house) is Mode.OBSERVE

    house = begin(tmp_path, first, settings)
    play(house, second)
    house.settings = Settings()  # a file that is gone says nothing, and lets nothing execute
    play(house, third)


@pytest.mark.parametrize(("asked", "mode"), [(Mode.OBSERVE, Mode.OBSERVE), (Mode.LIVE, Mode.LIVE)])
def test_saved_settings_are_a_new_word(tmp_path: Path, asked: Mode, mode: Mode) -> None:
    """Another mode in the file counts from the moment that it is saved."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, OBSERVE if mode is Mode.LIVE else add())
        house.settings = Settings(engine=EngineSettings(mode=asked))
        engine._hall.settings = house.settings
        engine._apply(house.settings)
        await nudge(engine)
        assert house.store.control.mode is mode

    house = begin(tmp_path, scene)
    assert house.store.control.asked_mode is asked


def test_a_mode_that_holds_already_is_only_noted(tmp_path: Path) -> None:
    """Settings that name what holds anyway neither end nor begin anything."""

    async def scene(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert house.store.control == Control(asked_mode=Mode.LIVE)

    assert "mode_kept" in recorded(begin(tmp_path, scene, EngineSettings(mode=Mode.LIVE)))


def test_the_default_is_live() -> None:
    """A workspace that nobody told anything executes what it decides."""
    assert Control().mode is Mode.LIVE
    assert Settings().engine == EngineSettings(mode=None, live_after_s=None)
    observed = msgspec.json.encode(observing.begun(Control(), "operator:ann", NOON))
    assert msgspec.json.decode(observed, type=Control).mode is Mode.OBSERVE
    assert msgspec.json.decode(b"{}", type=Control).mode is Mode.LIVE
    assert a_task().approval is None
