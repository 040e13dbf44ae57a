"""The screen that lists every key."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.actions import ACTIONS
from console.screens.subject import Subject
from engine.reports.switch import drill_words, use_words
from state.model.view import View
from widgets.cells import Cell, Tone
from widgets.key_bar import Hint
from widgets.text_view import TextView

_MOVING = (
    ("Tab", "The next pane; Shift+Tab the one before."),
    ("↑ ↓", "The next row; PgUp, PgDn, Home and End go further. The mouse works too."),
    ("Esc", "Out of the details; drop the filter."),
    ("Ctrl+P", "Everything by name, and the colour themes."),
)


def help_lines(subject: Subject | None, view: View, here: Sequence[Hint] = ()) -> list[Cell]:
    """Return the help's text: every action with its key, and why it is not possible now; first the page's own keys."""
    lines = [Cell("On this page", Tone.STRONG), Cell("")] if here else []
    lines += [Cell(f"  {hint.key:<7}{hint.words}") for hint in here]
    lines += [Cell("")] if here else []
    lines += [Cell("On the lists" if here else "What you can do", Tone.STRONG), Cell("")]
    for action in ACTIONS:
        why = action.blocked(subject, view)
        lines.append(Cell(f"  {action.label:<7}{action.words(view):<10}{action.help}", Tone.DIM if why else Tone.PLAIN))
        if why:
            lines.append(Cell(f"{'':<19}Not now: {why}", Tone.DIM))
    lines += [Cell(""), Cell("Moving about", Tone.STRONG), Cell("")]
    lines += [Cell(f"  {keys:<7}{what}") for keys, what in _MOVING]
    uses = view.kill_uses.values()
    lines += [Cell(""), Cell("The kill switch", Tone.STRONG), Cell("")]
    return lines + [Cell(f"  {told.capitalize()}.") for told in (use_words(uses, view.at), drill_words(uses, view.at))]


class Help(ModalScreen[None]):
    """Lists all keys; any of Escape, `?` and `q` closes it."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > Vertical {
        width: 90; max-width: 98%; height: auto; max-height: 98%;
        border: round $accent; padding: 0 1; background: $panel;
    }
    Help TextView { height: auto; max-height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss", "Close", show=False)]

    def __init__(self, subject: Subject | None, view: View, here: Sequence[Hint] = ()) -> None:
        super().__init__()
        self._lines = help_lines(subject, view, here)

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical() as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield TextView(wrap=True, id="help")

    def on_mount(self) -> None:
        """Fill in the text."""
        text = self.query_one(TextView)
        text.show(self._lines)
        text.focus()
