"""`audit verify`: the proof that nobody changed the record."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from state.files import Workspace
    from state.journal import Audit, Published
    from state.keeping.erasures import Told

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--against", multiple=True, metavar="SEQ:HASH", help="A head that you noted.")
@click.option("--heads", multiple=True, type=click.Path(path_type=Path), help="A file of heads, besides the usual one.")
@click.option("--notes", multiple=True, type=_FOLDER, help="A repository whose git notes tell of heads.")
@click.option("--archive", type=_FOLDER, help="Where pruned entries were kept: they are proven too.")
@with_json
@in_workspace
@click.pass_context
def verify(
    context: click.Context,
    against: tuple[str, ...],
    heads: tuple[Path, ...],
    notes: tuple[Path, ...],
    archive: Path | None,
    as_json: bool,
) -> None:
    """Prove that the record is whole; exits 1 where it is not, and says where.

    It is compared with the heads in build-reports/heads.txt, and with those that are named.
    """
    from state.files import Lock

    workspace = context.ensure_object(Hand).workspace()
    busy = Lock(workspace).owner_pid() != 0
    found, lines = prove(workspace, published(workspace, against, heads, notes), archive)
    if as_json:
        say_json(found)
    else:
        say("\n".join(lines))
    if busy and not found.ok:
        _stop_deciding(context.ensure_object(Hand), found.damage[0].text)
    context.exit(0 if found.ok else 1)


def prove(
    workspace: "Workspace", told: "list[Published] | None" = None, archive: Path | None = None
) -> "tuple[Audit, list[str]]":
    """Walk the whole chain; return what was found, and the same in words. Blocks on the disk.

    Without `told` it is compared with the heads in build-reports/heads.txt. Raises NoHeads and OSError.
    """
    from state import journal
    from state.files import Lock
    from state.keeping import erasures

    told = published(workspace, (), (), ()) if told is None else told
    busy = Lock(workspace).owner_pid() != 0
    found = journal.verify(
        workspace.journal, checkpoint=workspace.checkpoint, in_flight=busy, heads=told, archive=archive
    )
    found, erased = erasures.accounted(found, workspace.journal)
    if found.ok:
        return found, _well(found, erased)
    return found, [f"{d.file}:{d.line}: {d.kind}, entry {d.seq}: {d.text}" for d in found.damage]


def published(
    workspace: "Workspace", against: tuple[str, ...], files: tuple[Path, ...], repositories: tuple[Path, ...]
) -> "list[Published]":
    """Every head that the record is to be compared with; raises NoHeads and GitError."""
    from state.keeping import heads

    usual = heads.place(workspace)
    found = [heads.given(text) for text in against]
    for path in (*([usual] if usual.exists() else []), *(file for file in files if file.absolute() != usual)):
        found += heads.read(path)
    if repositories:
        import asyncio

        from engine.work.outlets import notes

        for repo in repositories:
            found += asyncio.run(notes.read(str(repo.absolute()), workspace))
    return found


def _well(found: "Audit", erased: "Told") -> list[str]:
    from console.render import moment

    lines = [f"{found.entries} entries, every one as it was written" + (f"; {found.torn}" if found.torn else "")]
    if found.anchor is not None:
        kept = found.anchor.cut.first
        then = "they are in the archive, as they were written" if found.first == 1 else f"the chain holds from {kept:,}"
        lines.append(f"entries 1 to {kept - 1:,} were pruned, the last of them {moment(found.anchor.at)}; {then}")
    if found.erased:
        lines.append(f"{erased.words}: `midwatch audit list --action privacy_erased` says who asked")
    if found.confirmed:
        lines.append(f"{found.confirmed} published heads agree")
    if found.unseen:
        lines.append(f"{found.unseen} published heads are of pruned entries: --archive compares them")
    return lines


def _stop_deciding(hand: Hand, text: str) -> None:
    """Keep an engine from deciding anything upon a record that is not as it was written."""
    from state.model.command import ReportFault

    with hand.control() as control:
        control.submit(ReportFault(text=f"the record is damaged: {text}: `midwatch audit verify` lists all"))
