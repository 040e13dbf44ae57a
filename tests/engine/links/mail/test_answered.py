"""Tests of what is done in the world once the operator has answered a drafted reply."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.links.mail.answered import carry_out
from engine.links.mail.drafts import Drafts
from engine.links.trouble import LinkFailed
from state.files import Workspace, create_workspace
from state.model.links.mail import Answer, Correspondence
from state.settings import Settings, load
from tests.engine.links.mail.postoffice import Office, office
from tests.making import NOON

PASSWORD = "pw-of-the-drafts"
LABEL = "mail:0123456789ab"
OF_IT = Correspondence(
    label=LABEL, subject="Quote", sender="[mail 1]", keyword="quote", first_at=NOON, last_at=NOON, digest="d",
    seen=("m1",), answer=Answer.APPROVED,
)  # fmt: skip
DRAFT = b"Subject: Re: Quote\r\nMessage-ID: <m1.reply@midwatch.invalid>\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A mail server of its own, with a folder for drafts."""
    with office(tmp_path_factory.mktemp("office"), PASSWORD) as found:
        found.make("Drafts")
        yield found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "operator")


def settings(real: Office, workspace: Workspace, folder: str) -> Settings:
    key = workspace.root / "imap"
    key.write_text(PASSWORD)
    key.chmod(0o600)
    workspace.settings.write_text(
        f'[email]\nhost = "localhost"\nport = {real.port}\ntls = "starttls"\nca = "{real.ca}"\nuser = "ada"\n'
        f'password = "imap"\ndrafts_folder = "{folder}"\n[secrets.imap]\nfrom = "file"\nkey = "{key}"\n'
    )
    return load(workspace.settings)


def test_an_approved_draft_is_put_there_once_as_a_draft(real: Office, workspace: Workspace) -> None:
    """A second try, such as after a crash, finds it and adds none."""
    told = settings(real, workspace, "Drafts")
    Drafts(workspace).keep(LABEL, DRAFT)
    for _ in range(2):
        assert "unsent" in carry_out(workspace, told, OF_IT)
    ((flags, data),) = real.mails("Drafts")
    assert rb"\Draft" in flags and data == DRAFT
    assert carry_out(workspace, told, msgspec.structs.replace(OF_IT, placed_at=NOON)) == ""


def test_without_a_folder_nobody_is_asked(workspace: Workspace) -> None:
    """An approved draft stays where it is, and no server is spoken to."""
    Drafts(workspace).keep(LABEL, DRAFT)
    assert carry_out(workspace, Settings(), OF_IT) == ""
    assert Drafts(workspace).read(LABEL) == DRAFT


def test_a_refused_draft_is_deleted(workspace: Workspace) -> None:
    """Also one that is gone already."""
    Drafts(workspace).keep(LABEL, DRAFT)
    for _ in range(2):
        assert carry_out(workspace, Settings(), msgspec.structs.replace(OF_IT, answer=Answer.DENIED)) == ""
        assert Drafts(workspace).read(LABEL) is None


def test_what_cannot_be_put_there_says_how_to_try_again(real: Office, workspace: Workspace) -> None:
    """A folder that is not there, and a draft that is gone."""
    told = settings(real, workspace, "Nowhere")
    with pytest.raises(LinkFailed, match="is gone"):
        carry_out(workspace, told, OF_IT)
    Drafts(workspace).keep(LABEL, DRAFT)
    with pytest.raises(LinkFailed, match=r"drafts_folder.*approve mail:0123456789ab. tries again"):
        carry_out(workspace, told, OF_IT)
