"""The console's colours can be read."""

import pytest
from textual.color import Color

from console.theme import MIDWATCH


@pytest.mark.parametrize("name", ["foreground", "primary", "accent", "success", "warning", "error"])
@pytest.mark.parametrize("ground", ["background", "panel"])
def test_text_stands_out(name: str, ground: str) -> None:
    """Every colour that text is drawn in has at least a contrast of 4.5 to its ground."""
    colour, behind = Color.parse(getattr(MIDWATCH, name)), Color.parse(getattr(MIDWATCH, ground))
    lighter, darker = sorted((luminance(colour), luminance(behind)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: Color) -> float:
    """Relative luminance, 0 to 1, as WCAG 2 has it."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
