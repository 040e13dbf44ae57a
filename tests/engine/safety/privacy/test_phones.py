"""Phone numbers, as each country writes them."""

import pytest

from engine.safety.privacy.scrubber import Scrubber
from state.settings import PrivacySettings


@pytest.mark.parametrize("number", ["+44 20 7946 0958", "+442079460958", "+49 (0)30 901820", "+1 415-555-2671"])
def test_an_international_number_is_found(number: str) -> None:
    """One that begins with its country's code needs no setting."""
    assert Scrubber().text(f"call {number}, please") == "call [phone], please"


@pytest.mark.parametrize(
    ("region", "number"), [("GB", "020 7946 0958"), ("US", "(415) 555-2671"), ("DE", "030 901820")]
)
def test_a_national_number_needs_its_country(region: str, number: str) -> None:
    """It is found where the settings name the country, and otherwise is no more than digits."""
    assert Scrubber(PrivacySettings(phone_region=region)).text(f"call {number} now") == "call [phone] now"
    assert Scrubber().text(f"call {number} now") == f"call {number} now"


def test_what_is_no_number_of_any_country_stays() -> None:
    """A plus and digits alone do not make a phone number."""
    assert Scrubber().text("+12345 insertions, +999 99") == "+12345 insertions, +999 99"
