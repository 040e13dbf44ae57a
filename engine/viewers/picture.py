"""Views of everything that a store holds."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from state.model.progress import Progress
from state.model.view import EngineInfo, View
from state.store import Store


def live(store: Store, now: datetime, info: EngineInfo, progress: Mapping[str, Progress]) -> View:
    """Return a view over the live tables, for those who are done with it before anything changes."""
    return View(
        number=store.number,
        at=now,
        engine=info,
        control=store.control,
        safekeeping=store.safekeeping,
        heartbeat=store.heartbeat,
        tasks=store.tasks,
        builds=store.builds,
        escalations=store.escalations,
        anomalies=store.anomalies,
        schedules=store.schedules,
        kill_uses=store.kill_uses,
        breakers=store.breakers,
        mailboxes=store.mailboxes,
        mails=store.mails,
        goals=store.goals,
        problems=store.problems,
        raised=store.raised,
        patterns=store.patterns,
        progress=progress,
    )


def whole(store: Store, now: datetime, info: EngineInfo, progress: Mapping[str, Progress]) -> View:
    """Return a view that stays as it is, whatever changes."""
    picture = live(store, now, info, progress)
    tables = {name: dict(part) for name, part in msgspec.structs.asdict(picture).items() if isinstance(part, Mapping)}
    return msgspec.structs.replace(picture, **tables)
