"""Every link, the fake one too, keeps to the same protocol."""

import inspect
from typing import Any

import pytest

from console.link import Link
from console.links import HostedLink, SocketLink
from tests.console.fake_engine import FakeEngine


@pytest.mark.parametrize("link", [HostedLink, SocketLink, FakeEngine])
@pytest.mark.parametrize("name", ["submit", "view", "subscribe", "close"])
def test_links_take_the_same_calls(link: type[Any], name: str) -> None:
    """A call that the console makes is one that each link takes."""
    wanted, found = inspect.signature(getattr(Link, name)), inspect.signature(getattr(link, name))
    assert list(found.parameters) == list(wanted.parameters)
