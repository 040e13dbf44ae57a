"""What is ruled out for reasons of law is held, whoever says yes."""

import pytest

from engine.policy.limits.legal import Ruled, check, named, within
from state.model.task import Effect
from state.model.verdict import Stance
from tests.making import a_spec

RULED = Ruled(domains=("example.com",), terms=("example.org",), effects=(Effect.FINANCIAL,))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"description": "Fetch https://example.com/page"}, "names example.com, which [legal] blocked_domains"),
        ({"command": "curl -s WWW.EXAMPLE.com"}, "names www.example.com"),
        ({"title": "Mirror example.org"}, "[legal] no_automation"),
        ({"criteria": ("data of shop.example.org is there",)}, "names shop.example.org"),
        ({"effects": (Effect.FINANCIAL,)}, "blocked_actions rules out: financial"),
    ],
)
def test_what_is_ruled_out_is_held_and_named(changes: dict[str, object], words: str) -> None:
    """Wherever it stands in the task, the finding says what and by which setting."""
    found = check(a_spec(**changes), RULED)
    assert found.verdict is Stance.HOLD and words in found.text


@pytest.mark.parametrize(
    "words", ["notexample.com", "example.community", "example-com", "myexample.com.test", "example.com.evil.test", ""]
)
def test_what_only_looks_alike_is_free(words: str) -> None:
    """Another domain that begins, ends or goes on like a blocked one is another domain."""
    assert named(words, RULED.domains) == ""
    assert check(a_spec(description=f"Fetch {words} now"), RULED).verdict is Stance.ALLOW


def test_a_host_is_within_its_domain() -> None:
    """The domain itself, what lies below it, whatever its case and with the dot of the root; no other."""
    assert within("Example.COM.", RULED.domains) == within("a.b.example.com", RULED.domains) == "example.com"
    assert within("notexample.com", RULED.domains) == ""


def test_with_nothing_ruled_out_all_is_free() -> None:
    """A workspace without such settings holds nothing for them."""
    assert check(a_spec(description="example.com", effects=tuple(Effect)), Ruled()).verdict is Stance.ALLOW
