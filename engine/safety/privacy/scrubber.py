"""Takes personal data, with keys and other secrets, out of texts on their way into the record."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from engine.safety.privacy import phones, shapes
from engine.safety.privacy.net import Net, Replace, mapped
from state.model.record import Noun
from state.records import encode
from state.settings import PrivacySettings

N = TypeVar("N", bound=Noun)

PERSONAL = frozenset({"mail", "phone", "name", "private"})
"""The kinds that tell of a person; the others are secrets."""

NAMES = frozenset("label id build name actor action repo branch base token boot timing kind".split())
"""Fields that name something, or that the engine goes by."""
_KEPT = NAMES | {"spec"}
"""What a task says of itself was looked at when it came in, and its approval is bound to that."""
_ROUNDS = 8
"""Taking one thing out may lay bare the next, which shared a space with it."""


class Scrubber:
    """What is looked for, from the settings and from the secrets that are known. A door for the store."""

    def __init__(self, settings: PrivacySettings | None = None, secrets: Mapping[str, str] | None = None) -> None:
        self.settings = settings or PrivacySettings()
        self._secrets: dict[str, str] = {}
        self._met: frozenset[str] = frozenset()
        self._net: Net | None = None
        self.know(secrets or {})

    def apply(self, settings: PrivacySettings) -> None:
        """Go by other settings from now on; raises BadPattern with the old ones in force."""
        shapes.own(settings.patterns)
        self.settings = settings
        self._net = None

    def know(self, secrets: Mapping[str, str]) -> None:
        """Take these values, by name, for secrets from now on."""
        for name, value in secrets.items():
            for line in {value.strip(), *value.split("\n")}:
                if len(line.strip()) >= shapes.SHORTEST and line.strip() not in self._secrets:
                    self._secrets[line.strip()] = re.sub(r"[\[\]\n]", "", name)
                    self._net = None

    def meet(self, people: Iterable[str]) -> None:
        """Look for these people too from now on, whoever the settings name."""
        if not self._met.issuperset(people):
            self._met |= frozenset(people)
            self._net = None

    def passes(self, data: bytes) -> bool:
        """Whether a line of JSON surely holds nothing to take out."""
        return self._ready().passes(data)

    def clean(self, noun: N) -> N:
        """Return a noun with its texts scrubbed, but for what names things."""
        if self.passes(encode(noun)):
            return noun
        return msgspec.convert(mapped(msgspec.to_builtins(noun), self.text, _KEPT), type(noun))

    def text(self, text: str) -> str:
        """Return a text with each thing that was found replaced by a word for its kind."""
        return self.replace(text, _named)

    def found(self, text: str) -> tuple[tuple[str, str], ...]:
        """Return the kind and the words of everything in a text that would be replaced."""
        seen: list[tuple[str, str]] = []

        def note(kind: str, value: str) -> str:
            seen.append((kind, value))
            return _named(kind, value)

        self.replace(text, note)
        return tuple(seen)

    def replace(self, text: str, put: Replace) -> str:
        """Return a text with each thing that was found replaced by what `put` says."""
        for _ in range(_ROUNDS):
            if not self._ready().may_hold(text):
                break
            before = text
            text = self._phones(self._ready().replace(text, put), put)
            if text == before:
                break
        return text

    def _phones(self, text: str, put: Replace) -> str:
        done = 0
        pieces: list[str] = []
        for start, end in phones.find(text, self.settings.phone_region):
            pieces += (text[done:start], put("phone", text[start:end]))
            done = end
        return "".join((*pieces, text[done:]))

    def _ready(self) -> Net:
        if self._net is None:
            known = sorted(self._secrets.items(), key=lambda pair: -len(pair[0]))
            people = (*self.settings.people, *sorted(self._met))
            own = (*shapes.own(self.settings.patterns), *shapes.names(people))
            looked_for = (*(shapes.known(name, value) for value, name in known), *shapes.TOKENS, shapes.MAIL, *own)
            self._net = Net(looked_for, phones.may_be(self.settings.phone_region))
        return self._net


def _named(kind: str, value: str) -> str:
    return f"[{kind}]"
