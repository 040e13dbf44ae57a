"""Tokens: what a build used of one language model, and what that costs."""

from collections.abc import Iterable

from state.model.record import Noun


class Tokens(Noun, frozen=True, kw_only=True):
    """What one build used of one model, by its own word."""

    model: str
    taken: int = 0
    """Tokens that the model was given, without those that it read from a cache."""
    cached: int = 0
    """Tokens that it read from a cache."""
    made: int = 0
    """Tokens that it gave back."""
    said: int = 0
    """Micro-dollars that the build says it spent on this."""
    priced: int | None = None
    """Micro-dollars that it costs by the settings' price; None while they name none."""

    @property
    def total(self) -> int:
        """All of its tokens."""
        return self.taken + self.cached + self.made


class Price(Noun, frozen=True, kw_only=True):
    """What a model costs: micro-dollars for a million tokens."""

    taken: int
    made: int
    cached: int | None = None
    """None where a token from the cache costs as much as any that the model is given."""

    def of(self, tokens: Tokens) -> int:
        """Return what these cost in micro-dollars; parts of one are rounded up."""
        cached = self.taken if self.cached is None else self.cached
        return -(-(tokens.taken * self.taken + tokens.cached * cached + tokens.made * self.made) // 1_000_000)


def total(used: Iterable[Tokens]) -> int:
    """Return the tokens of all models together."""
    return sum(tokens.total for tokens in used)
