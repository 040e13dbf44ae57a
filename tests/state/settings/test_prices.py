"""Prices in the settings."""

from pathlib import Path

import pytest

from state.model.counts.tokens import Price
from state.settings import SettingsError, Unpriced, load


def test_a_price_is_an_amount_that_can_be_kept_for_a_model_that_can_be_named(tmp_path: Path) -> None:
    """What is no price is told with its line, and so is a half one."""
    path = tmp_path / "midwatch.toml"
    text = (
        '[prices]\nunpriced = "go"\n[prices."a b"]\nin = 1\nout = 2\n[prices.m]\nin = nan\nout = -1\ncached = 10001\n'
    )
    path.write_text(f"{text}[prices.n]\nin = 1\n")
    with pytest.raises(SettingsError) as failed:
        load(path)
    assert [(problem.line, problem.key) for problem in failed.value.problems] == [
        (2, "prices.unpriced"),
        (3, "prices.a b"),
        (7, "prices.m.in"),
        (8, "prices.m.out"),
        (9, "prices.m.cached"),
        (10, "prices.n"),
    ]


def test_dollars_for_a_million_become_micro_dollars(tmp_path: Path) -> None:
    """A tenth of a cent is an amount as well, and 0 is a price."""
    path = tmp_path / "midwatch.toml"
    path.write_text('[prices]\nunpriced = "hold"\n[prices."org/m-1.5:*"]\nin = 0.075\nout = 0\n')
    settings = load(path)
    assert settings.prices == {"org/m-1.5:*": Price(taken=75_000, made=0)}
    assert settings.unpriced is Unpriced.HOLD
