"""What is done in the world about a drafted reply, once the operator's answer to it is on record."""

from datetime import datetime

import msgspec

from engine.links.mail import wire
from engine.links.mail.account import lease
from engine.links.mail.draft import id_of
from engine.links.mail.drafts import Drafts
from engine.links.trouble import LinkFailed
from state.errors import MidwatchError
from state.files import Workspace
from state.model.links.mail import Answer, Correspondence
from state.model.mode import Mode
from state.model.reason import Reason
from state.settings import Settings
from state.store import Store


def carry_out(workspace: Workspace, settings: Settings, of_it: Correspondence) -> str:
    """Delete a refused draft, or put an approved one into the folder that the settings name, unless it is there.

    Returns what was done, in words; empty when there was nothing to do. Blocks. Raises MidwatchError with what to do.
    """
    drafts = Drafts(workspace)
    try:
        if of_it.answer is Answer.DENIED:
            drafts.remove(of_it.label)
            return ""
        folder = settings.email.drafts_folder
        if not folder or of_it.placed_at is not None:
            return ""
        data = drafts.read(of_it.label)
    except OSError as error:
        raise LinkFailed(f"{drafts.path(of_it.label)} cannot be removed: {error.strerror}") from error
    if data is None:
        raise LinkFailed(f"{drafts.path(of_it.label)} is gone: there is nothing to put into {folder}")
    try:
        _place(workspace, settings, folder, data, id_of(of_it.seen[-1]))
    except MidwatchError as error:
        text = f"it is not in {folder} yet: {error}; `midwatch approve {of_it.label}` tries again"
        raise LinkFailed(text) from error
    return f"it is in {folder}, unsent"


def _place(workspace: Workspace, settings: Settings, folder: str, data: bytes, known_by: str) -> None:
    with wire.session(lease(workspace, settings), wire.PLACES) as server:
        name = wire.quoted(folder)
        answer, _ = server.select(name, readonly=True)
        if answer != "OK":
            raise LinkFailed(f"mail: there is no folder {folder!r} ([email] drafts_folder)")
        _, said = server.uid("SEARCH", f"HEADER Message-ID {wire.quoted(known_by)}")
        if any(part for part in said if isinstance(part, bytes) and part.strip()):
            return  # an attempt before this one got further than it could say
        answer, said = server.append(name, r"(\Draft)", "", data)
        if answer != "OK":
            raise LinkFailed(f"mail: the server does not take it: {said!r}")


def observed(store: Store, of_it: Correspondence) -> str:
    """Return why nothing is put anywhere; empty where it may be."""
    wanted = of_it.answer is Answer.APPROVED and store.control.mode is Mode.OBSERVE
    return "observe mode: nothing executes, so it is put into no folder" if wanted else ""


def stage(store: Store, of_it: Correspondence, actor: str, text: str, now: datetime) -> None:
    """Put on record that an approved draft is in its folder; to be flushed by the store's owner."""
    placed = msgspec.structs.replace(of_it, placed_at=now)
    store.stage([placed], Reason(actor=actor, action="draft_placed", why=f"{of_it.label}: {text}"))
