"""Who may call the endpoint."""

import asyncio

import pytest

from console.http import guard, token
from console.http.guard import ATTEMPTS, Guard, Refusal
from state.files import Workspace, create_workspace
from tests.making import ManualClock


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return create_workspace(tmp_path)


@pytest.fixture
def at_once(monkeypatch) -> list[float]:
    """How long was slept, without sleeping."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    return slept


def status(judge: Guard, header: str | None) -> int:
    """What a header is answered with; 200 where it is let through."""
    try:
        asyncio.run(judge.check(header))
    except Refusal as refusal:
        return refusal.status
    return 200


def test_a_wrong_token_is_answered_after_the_same_time(workspace, at_once):
    """However much of it is right, a wrong token waits as long as any."""
    judge = Guard(workspace, ManualClock())
    made = token.read_or_make(workspace)
    assert [status(judge, wrong) for wrong in (None, "Bearer x", f"Bearer {made[:-1]}")] == [401] * 3
    assert at_once == [guard.ANSWER_S] * 3


def test_attempts_are_bounded_and_the_right_token_is_never_kept_out(workspace, at_once):
    """After so many wrong ones in a minute more are refused at once, and the right one still opens; then it passes."""
    clock = ManualClock()
    judge = Guard(workspace, clock)
    made = token.read_or_make(workspace)
    assert [status(judge, "Bearer x") for _ in range(ATTEMPTS + 2)] == [401] * ATTEMPTS + [429] * 2
    assert status(judge, f"Bearer {made}") == 200
    clock.forward(61)
    assert status(judge, "Bearer x") == 401


def test_a_token_that_is_no_secret_opens_nothing(workspace):
    """The right token is refused as well while others may read it."""
    made = token.read_or_make(workspace)
    token.path_of(workspace).chmod(0o644)
    assert status(Guard(workspace, ManualClock()), f"Bearer {made}") == 500


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Host": "127.0.0.1:8377"}, False),
        ({"Host": "localhost:8377"}, False),
        ({"Host": "[::1]:8377"}, False),
        ({}, True),
        ({"Host": "evil.example:8377"}, True),
        ({"Host": "127.0.0.1.evil.example:8377"}, True),
        ({"Host": "localhost.evil.example"}, True),
        ({"Host": "127.0.0.1:8377", "Origin": "http://localhost"}, True),
        ({"Host": "127.0.0.1:8377", "Origin": "null"}, True),
        ({"Host": "127.0.0.1:8377", "Sec-Fetch-Site": "same-origin"}, True),
    ],
)
def test_pages_in_a_browser_are_kept_out(workspace, headers, refused):
    """A page shows itself by what browsers add, or by a name of its own for this machine."""
    assert (Guard(workspace, ManualClock()).strange(headers) is not None) is refused
