"""The schedules that `[schedules] defaults = true` switches on."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from state.model.when.schedule import Misfire

if TYPE_CHECKING:
    from state.settings.values import Settings

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
    "heartbeat": {"cron": "*/30 * * * *", "run": "heartbeat"},
    "problem_scan": {"cron": "0 */6 * * *", "run": "problems scan"},
    "auto_fix": {"cron": "55 22 * * *", "run": "problems fix --safe"},
    "rehearsal": {"cron": "30 3 1 * *", "run": "snapshot rehearse"},
    "pattern_check": {"cron": "0 4 * * *", "run": "patterns check"},
    "weekend_plan": {"cron": "0 18 * * fri", "run": "weekend suggest"},
    "drill": {"cron": "0 12 1 * *", "run": "drill"},
    "email_scan": {"cron": "20 * * * *", "run": "email scan"},
    "research": {"cron": "0 2 * * *", "run": "research"},
}  # fmt: skip
"""By name, the fields in which each differs from a schedule's defaults; a section of that name begins with them."""

LACKS: tuple[tuple[str, str, Callable[["Settings"], bool]], ...] = (
    ("email scan", "[email] host, user and password are not all set", lambda settings: settings.email.configured),
    ("research", "[research] command is not set", lambda settings: bool(settings.research.command)),
)
"""The beginnings of command lines that have nothing to do until something is set: what to say, and how to tell.

A schedule of such a command line stays off, instead of failing at each of its times.
"""
