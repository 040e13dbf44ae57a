"""Proofs of the kill switch fail where it kills nothing."""

import pytest

from console.doctor import killing
from tests.console.doctor.test_sandbox import tried


def test_the_endpoint_kills_with_the_token_alone() -> None:
    """A wrong token is refused while the build lives on; the right one ends it."""
    (proof,) = tried(killing.over_http)
    assert proof.tripped, proof.detail
    assert "401" in proof.detail and "200" in proof.detail


def test_an_endpoint_that_asks_for_no_token_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is let in without it is told of."""
    monkeypatch.setattr("console.http.token.fits", lambda *_: True)
    (proof,) = tried(killing.over_http)
    assert not proof.tripped and "a wrong token was answered with 200" in proof.detail


def test_a_switch_that_does_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds nothing to kill, while a build runs, is no kill switch."""
    monkeypatch.setattr("engine.safety.kill_switch.engage", lambda *_: ())
    (proof,) = tried(killing.engine_is_gone)
    assert not proof.tripped and "nothing was found to kill" in proof.detail
