"""The schedules that `[schedules] defaults = true` switches on."""

from collections.abc import Mapping
from typing import Any

from state.model.when.schedule import Misfire

_H = 3600.0

BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    # A night that is over is not begun late.
    "overnight_start": {
        "cron": "0 23 * * *", "run": "overnight start", "misfire": Misfire.SKIP, "grace_s": 4 * _H,
    },
    "record_head": {"cron": "15 6 * * *", "run": "audit publish"},
    "morning_report": {"cron": "30 6 * * *", "run": "overnight report"},
    "morning_brief": {"cron": "0 7 * * *", "run": "overnight brief"},
    "nightly_report": {"cron": "0 23 * * *", "run": "report nightly"},
    "snapshot": {"cron": "0 * * * *", "run": "snapshot create --routine"},
    "rehearsal": {"cron": "30 3 1 * *", "run": "snapshot rehearse"},
    "weekend_plan": {"cron": "0 18 * * fri", "run": "weekend suggest"},
    "drill": {"cron": "0 12 1 * *", "run": "drill"},
}  # fmt: skip
"""By name, the fields in which each differs from a schedule's defaults; a section of that name begins with them."""
