"""Which limits the settings set."""

from datetime import timedelta
from pathlib import Path

from engine.around import bounds
from state.files import create_workspace
from state.model.brakes.usage import Amount, Used
from state.model.money import MICRO
from state.model.when.window import Window
from state.settings import NightSettings, Rates, RateSettings, Settings, TimeSettings
from state.store import Store
from tests.engine.engines import SETUP
from tests.making import NOON, ManualClock, a_build, a_task


def test_the_defaults_are_a_hundred_calls_ten_dollars_and_fifty_files() -> None:
    """A minute, an hour and an hour, of all builds together."""
    found = [(rate.figure, rate.limit, rate.window_s, rate.scope) for rate in bounds.limits_of(RateSettings())]
    assert found == [
        ("calls_per_min", 100, 60.0, ""),
        ("usd_per_h", 10 * MICRO, 3600.0, ""),
        ("files_per_h", 50, 3600.0, ""),
    ]


def test_what_is_off_is_no_limit() -> None:
    """0 limits nothing; what is set for a category or a task is theirs alone."""
    off = RateSettings(calls_per_min=0, usd_per_h=0, files_per_h=0, task={"tidy": Rates(files_per_h=3)})
    assert [(rate.figure, rate.scope) for rate in bounds.limits_of(off)] == [("files_per_h", "task:tidy")]
    assert bounds.nights(Settings(night=NightSettings(usd=0))) is None


def test_the_night_is_the_operators_or_else_the_usual_one() -> None:
    """By his own window where he names one."""
    usual = Settings(time=TimeSettings(zone="UTC"))
    assert bounds.night_at(bounds.nights(usual), NOON) is None
    night = bounds.night_at(bounds.nights(usual), NOON + timedelta(hours=12))
    assert night == (NOON + timedelta(hours=11), NOON + timedelta(hours=19))
    own = Settings(
        time=TimeSettings(zone="UTC"), windows={"overnight": Window(name="overnight", start_min=600, end_min=900)}
    )
    assert bounds.night_at(bounds.nights(own), NOON) == (NOON - timedelta(hours=2), NOON + timedelta(hours=3))


def test_what_is_taken_is_known_without_an_engine(tmp_path: Path) -> None:
    """From the record alone, with the builds' own tasks and categories."""
    settings = Settings(
        rates=RateSettings(category={"bug_fix": Rates(files_per_h=9), "performance": Rates(files_per_h=9)}),
        night=NightSettings(usd=0),
    )
    with Store.open(create_workspace(tmp_path), ManualClock()) as store:
        store.commit([a_task(), a_build(), Used(at=NOON, by={"tidy-1": Amount(files=4, calls=2)})], SETUP)
        assert bounds.scopes_of(store, "tidy-1") == ("task:tidy", "category:bug_fix")
        assert bounds.scopes_of(store, "gone-1") == ()
        found = {usage.name: usage.used for usage in bounds.still(store, settings, NOON + timedelta(minutes=5))}
    assert found == {
        "calls_per_min": 0,
        "usd_per_h": 0,
        "files_per_h": 4,
        "files_per_h of category:bug_fix": 4,
        "files_per_h of category:performance": 0,
    }
