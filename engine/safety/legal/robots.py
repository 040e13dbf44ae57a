"""Whether a program may fetch a page, by the rules of the site and those of the operator."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from state.errors import MidwatchError
from state.files import atomic_write
from state.model.record import Noun
from state.records import UNREADABLE

TIMEOUT_S = 5.0
"""How long a site has to say its rules; one that takes longer does not allow anything."""
MOST_BYTES = 512 * 1024
"""So much of a site's rules is read, which is what RFC 9309 asks for at least."""
KEPT = timedelta(days=1)
"""How long a site's rules are taken to hold."""
_AGENT = "midwatch"


class NotAnAddress(MidwatchError):
    """What was given is no address of a page."""

    code = 2


class Answer(Noun, frozen=True, kw_only=True):
    """Whether a page may be fetched, and why."""

    url: str
    allowed: bool
    why: str
    delay_s: float | None = None
    """How long the site asks a program to wait between two pages."""


class Rules(Noun, frozen=True, kw_only=True):
    """What a site said when it was asked."""

    at: datetime
    status: int
    """Of HTTP; 0 when it could not be reached in time."""
    text: str = ""


def may_fetch(url: str, agent: str, folder: Path, now: datetime) -> Answer:
    """Ask the site's robots.txt, at most once a day; blocks on the network for at most TIMEOUT_S and a little.

    Follows RFC 9309: where there are no such rules (4xx) all is allowed, where they cannot be had (5xx, no answer)
    nothing is. `folder` keeps what sites said. Raises NotAnAddress.
    """
    parts = _parts(url)
    rules = _kept(_file(folder, parts), now) or _ask(folder, parts, now)
    place = f"{parts.scheme}://{parts.netloc}/robots.txt"
    if 400 <= rules.status < 500:
        return Answer(url=url, allowed=True, why=f"{place}: {rules.status}, so there are no rules for programs")
    if rules.status != 200:
        cause = f"it answered {rules.status}" if rules.status else "it could not be had in time"
        return Answer(url=url, allowed=False, why=f"{place}: {cause}, so nothing there is allowed")
    from protego import Protego  # only whoever asks needs it

    read = Protego.parse(rules.text)
    allowed = read.can_fetch(url, agent)
    delay_s = read.crawl_delay(agent)
    why = f"{place} {'allows' if allowed else 'forbids'} it for {agent}"
    return Answer(url=url, allowed=allowed, why=why, delay_s=delay_s)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotAnAddress(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise NotAnAddress(f"{url!r} is no address of a page: write https://example.com/page")
    return parts


def host_of(url: str) -> str:
    """Return the host of a page's address; raises NotAnAddress."""
    return _parts(url).hostname or ""


def _file(folder: Path, parts: SplitResult) -> Path:
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
    return folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"


def _kept(path: Path, now: datetime) -> Rules | None:
    try:
        rules = msgspec.json.decode(path.read_bytes(), type=Rules)
    except (OSError, *UNREADABLE):
        return None
    # What a site could not say is asked for again: it is no rule of the site's.
    fresh = timedelta(0) <= now - rules.at < KEPT
    return rules if fresh and rules.status and rules.status < 500 else None


def _ask(folder: Path, parts: SplitResult, now: datetime) -> Rules:
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
    request = urllib.request.Request(address, headers={"User-Agent": _AGENT})  # noqa: S310 - http and https alone
    try:
        with _opener().open(request, timeout=TIMEOUT_S) as answer:
            rules = Rules(at=now, status=answer.status, text=_read(answer).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        rules = Rules(at=now, status=error.code)
        error.close()
    except (OSError, http.client.HTTPException, ValueError):
        rules = Rules(at=now, status=0)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    atomic_write(_file(folder, parts), msgspec.json.encode(rules))
    return rules


def _read(answer: http.client.HTTPResponse) -> bytes:
    """Read at most MOST_BYTES; TimeoutError when the site drips them too slowly."""
    end, data = time.monotonic() + TIMEOUT_S, b""
    while len(data) < MOST_BYTES and (piece := answer.read1(MOST_BYTES - len(data))):
        data += piece
        if time.monotonic() > end:
            raise TimeoutError("too slow")
    return data


def _opener() -> urllib.request.OpenerDirector:
    # No handler for files or FTP: a redirect must not lead anywhere but to another page.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
