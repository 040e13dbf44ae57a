"""`email`: a real mailbox looked through, a reply drafted, nothing sent and nothing told."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.links.mail.postoffice import Office, mail, office
from tests.front.midwatch import Space
from tests.front.spaces import open_space

__all__ = ["open_space"]

PASSWORD = f"pw-{secrets.token_hex(12)}"
"""No other run of the tests may have the same."""


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Office]:
    """The operator's mail server."""
    folder = tmp_path / "office"
    folder.mkdir()
    with office(folder, PASSWORD) as found:
        found.make("Drafts")
        yield found


@pytest.fixture
def space(open_space: Callable[..., Space], real: Office, tmp_path: Path) -> Space:
    """A workspace that knows the mailbox."""
    (tmp_path / "keys").mkdir(mode=0o700)
    key = tmp_path / "keys" / "imap"
    key.write_text(f"{PASSWORD}\n")
    key.chmod(0o600)
    return open_space(
        f'[email]\nhost = "localhost"\nport = {real.port}\ntls = "starttls"\nca = "{real.ca}"\nuser = "ada"\n'
        f'address = "ada@example.org"\npassword = "imap"\ndrafts_folder = "Drafts"\n'
        f'[secrets.imap]\nfrom = "file"\nkey = "{key}"\n'
    )


def holding(space: Space, words: bytes) -> list[str]:
    """The files of the workspace, and the command lines and environments of processes, that hold some words."""
    found = [str(path) for path in space.root.rglob("*") if path.is_file() and words in path.read_bytes()]
    for process in Path("/proc").iterdir():
        for name in ("cmdline", "environ"):
            try:
                if process.name.isdecimal() and words in (process / name).read_bytes():
                    found.append(f"{process}/{name}")
            except OSError:
                continue
    return found


@pytest.mark.slow
def test_an_offer_becomes_one_question_with_a_draft(space: Space, real: Office) -> None:
    """Found once in however many scans, never marked as read; a yes puts the draft where it was wanted, unsent."""
    real.put(mail(Message_ID="<1@client.example>"), mail("lunch?"), mail("Re: Quote", References="<1@client.example>"))
    before = real.flags()
    dry = space.json("email", "scan", "--dry-run")
    assert (dry["looked_at"], len(dry["found"]), space.json("email", "list")) == (3, 2, [])
    with space.engine():
        assert len(space.json("email", "scan")["found"]) == 2
        assert space.json("email", "scan")["looked_at"] == 0
        (row,) = space.json("email", "list")
        assert (row["count"], row["answer"], row["from"]) == (2, "open", "bob@client.example")
        (asked,) = space.escalations(row["label"])
        assert asked["kind"] == "opportunity"
        assert "bob@client.example" in space.ok("email", "show", row["label"])
        assert real.mails("Drafts") == []
        assert "in Drafts, unsent" in space.ok("approve", row["label"])
    assert space.escalations(row["label"]) == []
    ((flags, data),) = real.mails("Drafts")
    assert rb"\Draft" in flags and b"To: bob@client.example" in data
    assert real.flags() == before
    (path,) = (Path(found) for found in holding(space, b"bob@client.example") if "/drafts/" in found)
    assert path.stat().st_mode & 0o777 == 0o600
    private = [found for found in holding(space, b"bob@client.example") if "/private/" not in found]
    assert private == [str(path)]
    space.ok("privacy", "erase", "bob@client.example", "--yes")
    assert holding(space, b"bob@client.example") == []
    assert space.json("email", "list")[0]["from"] == "[mail 1]"


def test_a_no_deletes_the_draft_without_an_engine(space: Space, real: Office) -> None:
    """And the conversation is not brought up again."""
    real.put(mail(Message_ID="<1@client.example>"))
    space.ok("email", "scan")
    (row,) = space.json("email", "list")
    assert "its draft is deleted" in space.ok("deny", row["label"])
    assert not Path(row["draft"]).exists()
    real.put(mail("Re: Quote", References="<1@client.example>"))
    space.ok("email", "scan")
    assert space.json("status")["escalations"] == []
    assert "no draft any more" in space.fails(1, "email", "show", row["label"])


def test_the_password_stands_nowhere(space: Space, real: Office) -> None:
    """Not in the record, in no log and in no command line; also where the server refuses it."""
    real.put(mail())
    with space.engine():
        space.ok("email", "scan")
        (row,) = space.json("email", "list")
        space.ok("approve", row["label"])
        assert holding(space, PASSWORD.encode()) == []
    settings = space.root / "midwatch.toml"
    settings.write_text(settings.read_text().replace('user = "ada"', 'user = "bob"'))
    told = space.fails(6, "email", "scan")
    assert "AUTHENTICATIONFAILED" in told and "next scan tries again" in told and PASSWORD not in told
    assert holding(space, PASSWORD.encode()) == []


def test_without_a_mailbox_it_says_what_to_set(open_space: Callable[..., Space]) -> None:
    """With an exit code of its own; the built-in schedule stays off and says why, instead of failing each hour."""
    space = open_space("[schedules]\ndefaults = true\n")
    assert "host, user, password" in space.fails(5, "email", "scan")
    assert space.json("email", "list") == []
    (row,) = (row for row in space.json("schedules") if row["name"] == "email_scan")
    assert row["enabled"] is False
    assert "[email] host" in space.ok("schedules", "why", "email_scan")
