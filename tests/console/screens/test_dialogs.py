"""Dialogs put the focus on what is harmless and answer once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen

from console.screens.dialogs import CANCEL, AskWhy, Choice, Dialog
from tests.widgets.stage import HOSTILE, harmless, screen_lines, until


def answer_to(screen: ModalScreen[Any], *keys: str, look: Callable[[str], None] | None = None) -> list[Any]:
    """What a dialog answers when these keys are pressed, one right after the other."""
    answers: list[Any] = []

    async def run() -> None:
        app: App[None] = App()
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(screen, answers.append)
            await pilot.pause()
            if look:
                look("\n".join(screen_lines(app)))
            await pressed(pilot)

    async def pressed(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await until(pilot, lambda: answers)
        await pilot.pause()

    asyncio.run(run())
    return answers


def asks() -> Dialog:
    return Dialog("Kill x?", "It dies.", (CANCEL, Choice("yes", "Kill", risky=True)))


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("enter",), ""),
        (("escape",), ""),
        (("right", "enter"), "yes"),
        (("tab", "enter"), "yes"),
        (("right", "left", "enter"), ""),
        (("right", "enter", "enter", "enter"), "yes"),
    ],
)
def test_answers_once(keys: tuple[str, ...], answer: str) -> None:
    """Enter cancels, only going to the other button does it, and a key that repeats answers once."""
    assert answer_to(asks(), *keys) == [answer]


def test_names_the_target_and_hides_nothing() -> None:
    """Title, text and buttons are there, and foreign words in them are only words."""

    def look(text: str) -> None:
        assert harmless(text)
        assert "Kill" in text
        assert "Cancel" in text
        assert "[bold]bold[/bold]" in text

    answer_to(
        Dialog(f"Kill {HOSTILE}?", f"{HOSTILE}\nsecond line", (CANCEL, Choice("yes", "Kill"))), "enter", look=look
    )


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(("enter",), ""), (("b", "a", "d", "enter", "enter"), "bad"), (("escape",), None), (("x", "escape"), None)],
)
def test_asks_why(keys: tuple[str, ...], answer: str | None) -> None:
    """A reason may be empty; Escape does not do it at all."""
    assert answer_to(AskWhy("Deny x?", "Do x"), *keys) == [answer]


def test_a_long_question_scrolls_above_its_buttons() -> None:
    """However much there is to read, the buttons stay in sight and Page Down shows the rest."""
    long = Dialog("Undo?", "\n".join(f"step {number}" for number in range(60)), (CANCEL, Choice("yes", "Undo")))

    def look(text: str) -> None:
        assert "Cancel" in text
        assert "step 59" not in text

    async def run() -> None:
        app: App[None] = App()
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(long)
            await pilot.pause()
            look("\n".join(screen_lines(app)))
            await pilot.press("pagedown", "pagedown", "pagedown", "pagedown")
            await until(pilot, lambda: "step 59" in "\n".join(screen_lines(app)))

    asyncio.run(run())
