"""What one build is confined to: what it may see, how much it may use, which secrets it holds."""

import asyncio

import msgspec

from engine.hall import Hall
from engine.safety.privacy.vault import Vault
from engine.safety.privacy.ward import ward
from engine.secrets.leases import take
from engine.work import workspace
from engine.work.sandbox import Confinement


async def confine(hall: Hall, build_id: str, token: str) -> Confinement:
    """Return the sandbox of a build or its verification, by its record and the settings; `token` marks its processes.

    It holds no secrets yet: see `lease`.
    """
    build = hall.build(build_id)
    task, settings, paths = hall.task(build.label), hall.settings, hall.workspace.build(build_id)
    mounts = await workspace.mounts(paths, build.repo) if build.repo else ()
    return Confinement(
        build=build.id,
        token=token,
        work=str(paths.work),
        mounts=(*mounts, *workspace.readable(settings.sandbox.read)),
        limits=build.limits,
        sandboxed=build.sandboxed,
        idle_priority=settings.sandbox.idle_priority,
        env={
            "MIDWATCH_TASK": task.label,
            "MIDWATCH_TITLE": Vault(hall.workspace).told(task.label, task.spec.title),
            "MIDWATCH_ATTEMPT": str(build.attempt),
        },
        command=task.spec.command,
    )


async def lease(hall: Hall, confinement: Confinement) -> Confinement:
    """Add the secrets that its build was granted, on record; raises SecretUnavailable, and then nothing starts."""
    build = hall.build(confinement.build)
    names = hall.task(build.label).spec.secrets
    if not names:
        return confinement
    leases = await asyncio.to_thread(take, names, hall.settings.secrets, ward(hall.workspace).know)
    told = ", ".join(f"{source.name} as {source.form}" for source, _ in leases)
    build = hall.build(confinement.build)  # which may carry a kill by now
    hall.stage([build], "lease_granted", told, build)
    return msgspec.structs.replace(confinement, leases=leases)
