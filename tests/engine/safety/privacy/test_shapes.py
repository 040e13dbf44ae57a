"""What keys, addresses and names look like."""

import pytest

from engine.safety.privacy import shapes
from engine.safety.privacy.scrubber import Scrubber
from state.settings import PrivacySettings

A20 = "a1B2c3D4e5F6g7H8i9J0"
A40 = A20 * 2
# In two pieces, so that no scanner of repositories takes this file for a leak.
KEYS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + A40[:36],
    "github_pat_" + A40,
    "glpat-" + A20,
    "sk-ant-api03-" + A40,
    "sk-proj-" + A40,
    "sk-" + A40 + "T3BlbkFJ",
    "sk_live_" + A20,
    "whsec_" + A40,
    "xoxb-" + "123456789012-" + A20,
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + A20,
    "npm_" + A40[:36],
    "pypi-AgEIcHlwaS5vcmc" + A40,
    "SG." + A20 + "." + A40,
    "AIza" + A40[:35],
    "hvs." + A40,
    "hf_" + A40[:34],
    "123456789:AA" + A40[:33],
    "AGE-SECRET-KEY-1" + "Q" * 58,
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", "exit code 1: {}", "x={};", '"{}"', "({})", "the key {}, and more"])
def test_a_key_is_known_by_how_its_issuer_marks_it(key: str, around: str) -> None:
    """Whatever stands around it, a key of a known issuer goes as a whole, and nothing else does."""
    assert Scrubber().text(around.format(key)) == around.format("[token]")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Authorization: Bearer {A40}", "Authorization: Bearer [token]"),
        (f"API_KEY={A20}", "API_KEY=[token]"),
        (f'{{"client_secret": "{A20}"}}', '{"client_secret": "[token]"}'),
        ("--password=correcthorse", "--password=[token]"),
        ('password: "correct horse"', 'password: "[token] horse"'),
        ("postgres://ada:pw@db.example/x", "postgres://[token]@db.example/x"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\nbye", "[token]\nbye"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEv", "[token]"),
    ],
)
def test_what_is_called_a_secret_is_one(text: str, left: str) -> None:
    """A key that no issuer marked is known by the word before it."""
    assert Scrubber().text(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("exit code 1: ghp_a1B2c…", "exit code 1: [token]"),
        ("told ada@exa…", "told [mail]"),
        ("token: a1B2c3…", "token: [token]"),
        ("it was open-ses…", "it was [secret DOOR]"),
    ],
)
def test_what_was_cut_short_is_known_by_its_beginning(text: str, left: str) -> None:
    """A text that was cut to fit a line keeps no half of a secret."""
    assert Scrubber(secrets={"DOOR": "open-sesame-42"}).text(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ask ada.lovelace+ci@mail.example.org!", "ask [mail]!"),
        ("<zoë@exämple.de>", "<[mail]>"),
        ("From: a_b-c@x.io, d@y.co.uk", "From: [mail], [mail]"),
        ("origin git@github.com:a/b", "origin git@github.com:a/b"),
        ("icon@2x.png pkg@1.2.3-rc.one user@1000.service root@localhost @app.route", None),
    ],
)
def test_a_mail_address_is_told_from_what_only_has_an_at(text: str, left: str | None) -> None:
    """Remotes, versions, pictures, units and decorators are left alone."""
    assert Scrubber().text(text) == (text if left is None else left)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ada Lovelace", "[name]"),
        ("by ada  LOVELACE.", "by [name]."),
        ("Lovelace, Ada", "[name]"),
        ("ada.lovelace ada_lovelace Ada-Lovelace", "[name] [name] [name]"),
        ("Ada\nLovelace", "[name]"),
        ("Ada Lovelace Ada Lovelace", "[name] [name]"),
        ("Canada Lovelace, Ada Lovelacey, Ada, Lovelace's", "Canada [name] Lovelacey, Ada, Lovelace's"),
        ("Zoe\u0308 and Zoë, not Zoës", "[name] and [name], not Zoës"),
    ],
)
def test_a_name_is_found_in_all_the_ways_it_is_written(text: str, left: str) -> None:
    """In either order and case, joined by what joins words, and only as whole words."""
    assert Scrubber(PrivacySettings(people=("Ada Lovelace", "Zoë"))).text(text) == left


def test_the_operators_own_patterns_count() -> None:
    """What fits a pattern of the settings is taken out as private."""
    assert Scrubber(PrivacySettings(patterns=("EMP-[0-9]{6}",))).text("of EMP-123456") == "of [private]"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "no expression"),
        ("(?=a)b", "no expression"),
        (r"(a)\1", "no expression"),
        ("(a)b", "remembered"),
        ("x*", "fits nothing"),
        ("a" * 501, "too many"),
        ("(?:a{900}){900}", "no expression"),
    ],
)
def test_a_pattern_that_could_do_harm_is_refused(pattern: str, why: str) -> None:
    """What is no RE2, remembers, fits everywhere or is too large is not taken."""
    with pytest.raises(shapes.BadPattern, match=why):
        Scrubber(PrivacySettings(patterns=(pattern,))).text("a")
