"""How `snapshot restore` goes back: with an engine, without one, and where the record is damaged."""

import time
from typing import TYPE_CHECKING, Any

from console.cli.base import Hand, Refused, ask

if TYPE_CHECKING:
    from console.client import Control
    from engine.clock import Clock
    from engine.reversal.snapshots.earlier import Moment
    from engine.reversal.snapshots.vault import Manifest, Vault
    from engine.reversal.snapshots.way_back import Ready
    from state.model.command import Reply
    from state.model.view import View

ENGINE_S = 300.0
"""How long an engine may take to put files in their places, or to end builds."""


def go_back(
    hand: Hand, vault: "Vault", wanted: "Manifest", to: "Moment | None", part: str, stop: bool, why: str
) -> "tuple[Ready, str]":
    """Restore a snapshot; returns what was prepared and what came of it, in words. Raises MidwatchError."""
    from engine.clock import SystemClock
    from engine.reversal.snapshots import restore, way_back
    from engine.reversal.snapshots.way_back import Part

    clock, only = SystemClock(), Part(part)
    _, folders, _ = kept_by(hand, vault)
    control = _control(hand)
    try:
        with vault.locked():
            if control is not None and only is not Part.FILES and wanted.snapshot.seq:
                control = _fitting(control, vault, wanted)
            view = _at_rest(control, vault, stop) if control else None
            if control is None:
                _all_at_rest(vault, stop)
                if only is not Part.FILES and not wanted.snapshot.seq:
                    raise Refused("the record is damaged, and so is that in this snapshot: choose an older one")
            ready = way_back.prepare(
                vault, wanted, now=clock.now(), by=hand.actor, why=why, folders=folders, part=only, to=to, view=view
            )
            reply = control.submit(ready.command) if control else _alone(vault, ready, only, clock, hand.actor)
            if not reply.ok:
                if control is not None and control.view().safekeeping.restored != ready.plan.mark:
                    restore.drop(vault.workspace)
                raise Refused(reply.text, reply.code or 1)
            restore.drop(vault.workspace)
            return ready, reply.text
    finally:
        if control is not None:
            control.close()


def _alone(vault: "Vault", ready: "Ready", only: str, clock: "Clock", actor: str) -> "Reply":
    """Do it where no store can be opened: the record is replaced as a whole, or cannot tell of it."""
    from engine.reversal.snapshots import restore, way_back
    from state.model.command import Reply

    text = f"restored: the files of {ready.command.snapshot}; that is not on record, because the record is damaged"
    if only is not way_back.Part.FILES:
        text = way_back.exchange_record(vault, ready, clock, actor)
    return restore.told(restore.finish(vault.workspace, ready.plan.mark), Reply(ok=True, text=text))


def _control(hand: Hand) -> "Control | None":
    """The engine, or the store even with settings that cannot be read; None where the record is damaged."""
    from console.client import StoreControl, connect
    from state.journal import JournalDamaged
    from state.settings import Settings, SettingsError

    try:
        control = connect(hand.workspace(), actor=hand.actor)
        if not control.live:
            return control
        try:
            control.view()  # one that hangs is told of soon; one that works may take its time
        finally:
            control.close()
        return connect(hand.workspace(), actor=hand.actor, timeout_s=ENGINE_S)
    except JournalDamaged:
        return None
    except SettingsError:
        return StoreControl(hand.workspace(), hand.actor, Settings())


def _fitting(control: "Control", vault: "Vault", wanted: "Manifest") -> "Control | None":
    """Return the control where the snapshot's record goes on in the present one; None, and let go of it, elsewhere.

    Refused where an engine has a record that must be replaced.
    """
    from engine.reversal.snapshots.earlier import Kinship, kinship

    kin = kinship(vault.workspace, wanted.snapshot)
    if kin is Kinship.GOES_ON:
        return control
    live = control.live
    if live:
        is_ = "damaged" if kin is Kinship.DAMAGED else "not the one of this snapshot"
        raise Refused(
            f"the record is {is_}, so all of it must be replaced, which no running engine survives: end the engine "
            "(`midwatch status` tells its process), then restore again; --only files needs no end"
        )
    control.close()
    return None


def _at_rest(control: "Control", vault: "Vault", stop: bool) -> "View":
    """Return the view once nothing runs; Refused, or what runs is killed, while something does."""
    from engine.safety.kill import kill_build
    from state.model.command import Kill, Pause

    view = control.view()
    running = [build for build in view.builds.values() if build.occupies and not build.kill_by]
    if not running:
        return view
    names = ", ".join(build.id for build in running)
    if not stop:
        raise Refused(f"nothing was restored: {names} still run: wait for them, or add --stop-builds")
    if not view.control.paused:
        ask(control, Pause(on=True, why="a restore is about to begin"))
    for build in running:
        control.submit(Kill(label=build.label, build=build.id, why="stopped for a restore"))
        if not control.live:
            kill_build(vault.workspace.build(build.id))
            kill_build(vault.workspace.verification(build.id))
    end = time.monotonic() + ENGINE_S
    while control.live and any(build.occupies for build in control.view().builds.values()):
        if time.monotonic() > end:
            raise Refused("nothing was restored: what was killed does not end; `midwatch kill --all` is the next step")
        time.sleep(0.1)
    return control.view()


def _all_at_rest(vault: "Vault", stop: bool) -> None:
    """The same where only the builds' own files can tell what runs."""
    from engine.safety import kill

    running = kill.running(vault.workspace)
    if running and not stop:
        names = ", ".join(path.name for path in running)
        raise Refused(f"nothing was restored: {names} still run: wait for them, or add --stop-builds")
    if running:
        kill.kill_until_none(vault.workspace)


def kept_by(hand: Hand, vault: "Vault") -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """Return the rule and the folders; where the settings cannot be read, the folders of before and no rule."""
    from engine.reversal.snapshots.vault import JOURNAL
    from state.settings import SettingsError

    try:
        settings = hand.settings().snapshots
    except SettingsError as error:
        known = vault.manifests()
        folders = known[-1].roots[JOURNAL + 1 :] if known else ()
        return None, folders, (f"the settings cannot be read, so the folders are those of before: {error}",)
    return settings, settings.folders, ()
