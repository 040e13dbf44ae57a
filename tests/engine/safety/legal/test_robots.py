"""What a site allows programs, asked of real servers on this machine."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.safety.legal import robots
from engine.safety.legal.robots import NotAnAddress, host_of, may_fetch
from tests.making import NOON

RULES = """\
User-agent: *
Disallow: /private/*.html
Crawl-delay: 2

User-agent: nosy
Disallow: /
"""


class Site:
    """A web server and how often it was asked."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                with contextlib.suppress(OSError):
                    answer(self)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextlib.contextmanager
def site(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Site]:
    """A site while it is up."""
    made = Site(answer)
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


def says(status: int, body: str = "") -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.end_headers()
        request.wfile.write(body.encode())

    return answer


def test_a_site_is_asked_once_a_day_and_obeyed(tmp_path: Path) -> None:
    """Wildcards, agents and waits are understood; what was said is kept for a day and asked for again after it."""
    with site(says(200, RULES)) as at:
        free = may_fetch(f"{at.url}/page", "midwatch", tmp_path, NOON)
        assert free.allowed and free.delay_s == 2
        assert not may_fetch(f"{at.url}/private/a.html", "midwatch", tmp_path, NOON).allowed
        assert not may_fetch(f"{at.url}/page", "nosy", tmp_path, NOON).allowed
        assert at.asked == ["/robots.txt"]
        assert may_fetch(f"{at.url}/page", "midwatch", tmp_path, NOON + timedelta(days=1, seconds=1)).allowed
        assert len(at.asked) == 2


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False), (503, False)])
def test_no_rules_allow_and_no_answer_forbids(tmp_path: Path, status: int, allowed: bool) -> None:
    """A site without rules allows all; one that cannot say them allows nothing, and is asked again the next time."""
    with site(says(status)) as at:
        answers = [may_fetch(f"{at.url}/page", "midwatch", tmp_path, NOON) for _ in range(2)]
        assert [answer.allowed for answer in answers] == [allowed] * 2
        assert str(status) in answers[0].why
        assert len(at.asked) == (1 if allowed else 2)


def test_a_site_that_is_not_there_or_never_answers_allows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cannot be asked in time has not said yes, also when it sends a little for ever."""
    monkeypatch.setattr(robots, "TIMEOUT_S", 0.3)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/page"
        assert not may_fetch(url, "midwatch", tmp_path, NOON).allowed

    def drips(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(1000):
            request.wfile.write(b"#")
            time.sleep(0.02)

    with site(drips) as at:
        answer = may_fetch(f"{at.url}/page", "midwatch", tmp_path, NOON)
        assert not answer.allowed and "in time" in answer.why


def test_rules_without_end_are_read_in_part(tmp_path: Path) -> None:
    """The first half megabyte counts; nothing more is read."""
    with site(says(200, "User-agent: *\nDisallow: /first\n" + "#\n" * robots.MOST_BYTES + "Disallow: /last\n")) as at:
        assert not may_fetch(f"{at.url}/first", "midwatch", tmp_path, NOON).allowed
        assert may_fetch(f"{at.url}/last", "midwatch", tmp_path, NOON).allowed


def test_a_redirect_is_followed_to_pages_only(tmp_path: Path) -> None:
    """From page to page it is; to a file of this machine it is not."""
    own = tmp_path / "rules.txt"
    own.write_text("User-agent: *\nAllow: /\n")

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", own.as_uri())
        request.end_headers()

    with site(elsewhere) as at:
        assert not may_fetch(f"{at.url}/page", "midwatch", tmp_path / "kept", NOON).allowed


@pytest.mark.parametrize("url", ["example.com", "file:///etc/passwd", "http://", "http://[x", "http://h:port/"])
def test_what_is_no_address_is_said_so(tmp_path: Path, url: str) -> None:
    """Nothing is asked for, and the words show how an address is written."""
    with pytest.raises(NotAnAddress):
        may_fetch(url, "midwatch", tmp_path, NOON)
    with pytest.raises(NotAnAddress):
        host_of(url)
