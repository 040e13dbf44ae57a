"""Tests of the rule on dangers."""

import pytest

from engine.policy import risk
from state.model.task import Effect
from state.model.verdict import Stance
from tests.making import a_spec


def quotes(text: str) -> list[str]:
    """Return the risky words that a description of this text is found to say."""
    return [quote for quote, _ in risk.risky_words(a_spec(description=text))]


@pytest.mark.parametrize("effect", list(Effect))
def test_every_effect_asks(effect: Effect) -> None:
    """No declared effect starts by itself, and each has words of its own."""
    (finding,) = risk.check(a_spec(effects=(effect,)))
    assert (finding.verdict, finding.text) == (Stance.ASK, risk.EFFECTS[effect])


def test_each_danger_is_told_once() -> None:
    """Effects and words are separate findings; an effect that is named twice is told once."""
    effects = (Effect.EXTERNAL, Effect.EXTERNAL, Effect.DESTRUCTIVE)
    findings = risk.check(a_spec(effects=effects, description="Drop the old table, then drop that table too"))
    assert [finding.text for finding in findings] == [
        risk.EFFECTS[Effect.EXTERNAL],
        risk.EFFECTS[Effect.DESTRUCTIVE],
        'says "drop the old table", which sounds destructive',
    ]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("drop table users", "drop table"),
        ("Drop the old sessions tables", "drop the old sessions tables"),
        ("dropping database x", "dropping database"),
        ("DROP_TABLE it", "drop_table"),
        ("drop\n  table", "drop table"),
        ("truncate the events table", "truncate the events table"),
        ("force-push the branch", "force-push"),
        ("force push it", "force push"),
        ("git push --force", "push --force"),
        ("push with force", "push with force"),
        ("wipe the cache", "wipe"),
        ("Wiping it.", "wiping"),
        ("delete all rows", "delete all"),
        ("deletes every file", "deletes every"),
        ("erase everything", "erase everything"),
        ("destroy the volume", "destroy"),
        ("rm -rf build", "rm -rf"),
        ("on the production server", "production"),
        ("deploy to eu-1", "deploy to"),
        ("deploy the new site to eu-1", "deploy the new site to"),
        ("send an email", "send an email"),
        ("sends the weekly e-mail", "sends the weekly e-mail"),
        ("email all customers", "email all customers"),
        ("tweet it", "tweet"),
        ("post the result to Slack", "post the result to"),
        ("purchase a licence", "purchase"),
        ("buy more disk", "buy"),
        ("store the credentials", "credentials"),
        ("reset my_password", "password"),
        ("rotate the API key", "api key"),
        ("the apikeys", "apikeys"),
        ("a private-key file", "private-key"),
        ("grant read access", "grant read access"),
        ("revoke the bot's access", "revoke the bot's access"),
        ("ｄｒｏｐ　table", "drop table"),
        ("wi\u200bpe it, naïvely", "wipe"),
    ],
)
def test_risky_words_are_found_and_quoted(text: str, quote: str) -> None:
    """Each phrase is found in its forms, over line breaks and through look-alike characters."""
    assert quotes(text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "swipe to dismiss",
        "a droplet on the table",
        "the drop-down list is slow",
        "delete the stale file",
        "blog posts are sorted",
        "the keyboard shortcut",
        "passwordless login",
        "a productionist view",
        "the buyer's guide",
        "access the list quickly",
        "deployment notes are out of date",
        "drop one two three four five table",
        "form -rf",
    ],
)
def test_words_that_only_look_alike_are_let_be(text: str) -> None:
    """Parts of other words, and words far apart, are no danger."""
    assert quotes(text) == []


@pytest.mark.parametrize("field", ["title", "description", "criteria"])
def test_all_that_people_read_is_searched(field: str) -> None:
    """A danger in the title, the description or a criterion is found."""
    value = ("fine", "wipe the disk") if field == "criteria" else "wipe the disk"
    assert risk.check(a_spec(**{field: value}))[0].text == 'says "wipe", which sounds destructive'


def test_the_command_is_left_to_the_sandbox() -> None:
    """What the command says is no danger to this rule."""
    (finding,) = risk.check(a_spec(command="rm -rf build && drop table x", verify="wipe"))
    assert (finding.verdict, finding.text) == (Stance.ALLOW, "names no danger")


def test_every_phrase_contains_its_anchor() -> None:
    """The cheap first look never hides a match: no pattern matches a text without its anchor."""
    for phrase in risk.PHRASES:
        assert phrase.anchor in phrase.pattern.pattern


def test_a_long_text_of_near_misses_is_searched_quickly() -> None:
    """Phrases with gaps do not blow up on text made to provoke them."""
    assert quotes("drop - _ " * 20_000 + "send deploy post grant " * 20_000) == []
