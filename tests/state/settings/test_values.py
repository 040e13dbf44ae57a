"""What the settings say, put to use."""

import msgspec

from state.model.build import Limits
from state.model.task import LimitOverrides
from state.settings import DEFAULT_LIMITS, SandboxKind, Settings, TaskSettings, limits_for
from tests.making import a_spec


def test_a_tasks_limits_lie_over_the_settings_and_its_own_over_both() -> None:
    """The nearest word wins, and what nobody names stays."""
    settings = Settings(
        tasks={"tidy": TaskSettings(sandbox=SandboxKind.NONE, limits={"memory_bytes": 7, "tmp_bytes": 8})}
    )
    spec = a_spec("tidy", limits=LimitOverrides(memory_bytes=9, processes=10))
    expected = {"memory_bytes": 9, "tmp_bytes": 8, "processes": 10}
    assert limits_for(settings, spec) == msgspec.structs.replace(DEFAULT_LIMITS, **expected)
    assert limits_for(settings, a_spec("other")) == DEFAULT_LIMITS
    assert isinstance(limits_for(settings, spec), Limits)
