"""What every screen over the deck has."""

import pytest

from console.screens.page import Page
from state.model import command as c
from tests.console.fake_engine import FakeEngine, night
from tests.console.helm import Helm, sail
from tests.making import ManualClock
from widgets.key_bar import KeyBar


@pytest.mark.parametrize("key", ["S", "W", "A"])
def test_each_shows_the_status_and_reaches_the_kill_switch(key: str) -> None:
    """The status line is there, the kill switch within reach by key and by click, and Escape leads back."""

    async def scene(helm: Helm) -> None:
        await helm.press(key)
        await helm.until(lambda: isinstance(helm.app.screen, Page), "the page never opened")
        await helm.sees("builds 1/2", "K kill switch", "Esc back")
        page = helm.app.screen
        for reach in (lambda: helm.press("K"), lambda: press_hint(helm, "switch")):
            await reach()
            await helm.sees("Engage the kill switch?")
            await helm.press("escape")
            await helm.until(lambda: helm.app.screen is page, "the question never went")
        await press_hint(helm, "nothing")
        assert helm.app.screen is page, "a hint without an action only tells"
        await helm.press("K")
        await helm.sees("Engage the kill switch?")
        await helm.press("right", "enter")
        assert await helm.asked() == [c.KillAll()]
        await helm.press("escape")
        await helm.until(lambda: helm.app.screen is helm.app.deck, "Escape never led back")

    sail(scene, night(FakeEngine()), clock=ManualClock())


async def press_hint(helm: Helm, name: str) -> None:
    """Press a hint of the key bar, as a click on it does."""
    bar = helm.app.screen.query_one(KeyBar)
    bar.post_message(KeyBar.Pressed(name))
    await helm.pilot.pause()
