"""The questions that the console asks before it acts."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from state.text import clean


class Choice(NamedTuple):
    """One button: the answer that it gives and what stands on it."""

    answer: str
    label: str
    risky: bool = False


CANCEL = Choice("", "Cancel")


class Dialog(ModalScreen[str]):
    """Asks with buttons; the first one has the focus. Escape answers with an empty string, as Cancel does."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical {
        width: 64; max-width: 96%; height: auto; max-height: 96%;
        border: round $accent; padding: 0 1; background: $panel; border-title-style: bold;
    }
    Dialog VerticalScroll { height: auto; max-height: 80vh; padding: 1 0; }
    Dialog #question { height: auto; }
    Dialog Horizontal { height: auto; align-horizontal: right; }
    Dialog Button { margin-left: 1; min-width: 10; }
    Dialog Button:focus { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("left,up", "app.focus_previous", "Previous", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
    ]

    def __init__(self, title: str, text: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = clean(title)
        self._text = clean(text, lines=True)
        self._choices = tuple(choices)
        self._answered = False

    def compose(self) -> ComposeResult:
        """Lay out the question above its buttons."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            with VerticalScroll(can_focus=False):
                yield Static(self._text, id="question", markup=False)
            with Horizontal():
                for index, choice in enumerate(self._choices):
                    label = Content(choice.label)
                    yield Button(
                        label, id=f"choice-{index}", variant="error" if choice.risky else "default", compact=True
                    )

    def on_mount(self) -> None:
        """Put the focus on the harmless answer."""
        self.query_one("#choice-0", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the button's choice."""
        event.stop()
        assert event.button.id is not None
        self._answer(self._choices[int(event.button.id.removeprefix("choice-"))].answer)

    def action_page(self, by: int) -> None:
        """Show more of a long question; the buttons stay in sight."""
        said = self.query_one(VerticalScroll)
        said.scroll_relative(y=by * max(1, said.size.height - 1), animate=False)

    def action_cancel(self) -> None:
        """Answer with nothing."""
        self._answer("")

    def _answer(self, answer: str) -> None:
        # A key that repeats may press the button again before the dialog is gone.
        if not self._answered:
            self._answered = True
            self.dismiss(answer)


class AskWhy(ModalScreen[str | None]):
    """Asks for a reason, which may be empty; Escape gives None: do not do it at all."""

    DEFAULT_CSS = """
    AskWhy { align: center middle; }
    AskWhy > Vertical {
        width: 64; max-width: 96%; height: auto;
        border: round $accent; padding: 0 1; background: $panel; border-title-style: bold;
    }
    AskWhy Static { height: auto; padding: 1 0; }
    AskWhy Input { border: none; height: 1; padding: 0; background: $surface; &:focus { border: none; } }
    AskWhy #hint { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = clean(title)
        self._text = clean(text)
        self._answered = False

    def compose(self) -> ComposeResult:
        """Lay out the question above the line for the reason."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Static(self._text, markup=False)
            yield Input(placeholder="why (may stay empty)")
            yield Static("Enter does it · Esc does not", id="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the reason."""
        event.stop()
        self._answer(event.value.strip())

    def action_cancel(self) -> None:
        """Answer that it is not to be done."""
        self._answer(None)

    def _answer(self, answer: str | None) -> None:
        if not self._answered:
            self._answered = True
            self.dismiss(answer)
