"""The line that narrows a list to the rows with some words."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label


class FilterBar(Horizontal):
    """Opens with `/`: typing narrows, Enter keeps the filter, Escape drops it."""

    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; background: $panel; padding: 0 1; }
    FilterBar.-open { display: block; }
    FilterBar Input { border: none; height: 1; padding: 0; background: $panel; width: 1fr; &:focus { border: none; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", "Drop the filter", show=False)]

    class Narrowed(Message):
        """The words changed; `done` when the operator is finished with them."""

        def __init__(self, text: str, *, done: bool) -> None:
            self.text = text
            self.done = done
            super().__init__()

    def compose(self) -> ComposeResult:
        """Lay out a label and the words."""
        yield Label("", markup=False)
        yield Input(placeholder="words; Enter keeps, Esc drops", select_on_focus=True)

    def open(self, what: str, text: str) -> None:
        """Ask for the words of the list called `what`, starting from `text`."""
        self.query_one(Label).update(f"Filter {what}: ")
        self.add_class("-open")
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = text
        field.focus()

    def close(self) -> None:
        """Put it away."""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow while typing."""
        event.stop()
        self.post_message(self.Narrowed(event.value, done=False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter."""
        event.stop()
        self.post_message(self.Narrowed(event.value, done=True))

    def action_drop(self) -> None:
        """Drop the filter."""
        self.post_message(self.Narrowed("", done=True))
