"""Tokens of language models."""

from state.model.counts.tokens import Tokens, total


def test_all_tokens_of_all_models_are_one_number() -> None:
    """What was read from a cache is a token as well."""
    assert total((Tokens(model="a", taken=1, cached=2, made=4), Tokens(model="b", made=8))) == 15
    assert total(()) == 0
