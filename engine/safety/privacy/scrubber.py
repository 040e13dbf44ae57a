"""Takes personal data, with keys and other secrets, out of texts on their way into the record."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from engine.safety.privacy import phones, shapes
from state.model.record import Noun
from state.records import encode
from state.settings import PrivacySettings

if TYPE_CHECKING:
    import re2

N = TypeVar("N", bound=Noun)
Replace = Callable[[str, str], str]
"""Given what kind of thing was found and its words, it returns what stands in its place."""

PERSONAL = frozenset({"mail", "phone", "name", "private"})
"""The kinds that tell of a person; the others are secrets."""

_KEPT = frozenset(
    "spec label id build name actor action repo branch base token boot timing kind".split(),
)
"""Fields that name something, or that the engine goes by; what a task says of itself passes at the desk."""
_ROUNDS = 8
"""Taking one thing out may lay bare the next, which shared a space with it."""

_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)")


class _Net(NamedTuple):
    """Everything that is looked for, as one expression."""

    pattern: "re2._Regexp"
    quick: "re2._Regexp"
    shapes: tuple[shapes.Shape, ...]


class Scrubber:
    """What is looked for, from the settings and from the secrets that are known. A door for the store."""

    def __init__(self, settings: PrivacySettings | None = None, secrets: Mapping[str, str] | None = None) -> None:
        self.settings = settings or PrivacySettings()
        self._secrets: dict[str, str] = {}
        self._net: _Net | None = None
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

    def passes(self, data: bytes) -> bool:
        """Whether a line of JSON surely holds nothing to take out."""
        if b"\\" in data:
            # A backslash that is meant is one character, and every other escape stands for one that parts words.
            data = _ESCAPE.sub(b" ", data.replace(b"\\\\", b"\x01")).replace(b"\x01", b"\\")
        # What ends a text in JSON must not look like a quote within one.
        data = data.replace(b'"', b"\x00")
        return self._ready().quick.search(data) is None

    def clean(self, noun: N) -> N:
        """Return a noun with its texts scrubbed, but for what names things."""
        if self.passes(encode(noun)):
            return noun
        return msgspec.convert(mapped(msgspec.to_builtins(noun), self.text, _KEPT), type(noun))

    def text(self, text: str) -> str:
        """Return a text with each thing that was found replaced by a word for its kind."""
        return self.replace(text, _named)

    def secret(self, text: str) -> str:
        """Return what kind of secret a text holds, in the words that would replace it; empty for none."""
        return next((_named(kind, value) for kind, value in self.found(text) if kind not in PERSONAL), "")

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
            before = text
            text = self._phones(self._once(text, put), put)
            if text == before:
                break
        return text

    def _once(self, text: str, put: Replace) -> str:
        net = self._ready()
        if net.quick.search(text) is None:
            return text
        done = 0
        pieces: list[str] = []
        look = 0
        while (match := net.pattern.search(text, look)) is not None:
            shape = net.shapes[match.lastindex - 1]
            start, end = match.span(match.lastindex)
            look = end
            if shape.kind and shape.counts(text, start, end):
                pieces += (text[done:start], put(shape.kind, text[start:end]))
                done = end
            elif shape.whole or shape.mixed:
                look = match.start() + 1  # what it is meant for may begin within
        return "".join((*pieces, text[done:]))

    def _phones(self, text: str, put: Replace) -> str:
        if self._ready().quick.search(text) is None:
            return text
        done = 0
        pieces: list[str] = []
        for start, end in phones.find(text, self.settings.phone_region):
            pieces += (text[done:start], put("phone", text[start:end]))
            done = end
        return "".join((*pieces, text[done:]))

    def _ready(self) -> _Net:
        if self._net is None:
            self._net = self._woven()
        return self._net

    def _woven(self) -> _Net:
        import re2  # a verb that writes nothing need not wait for it

        known = sorted(self._secrets.items(), key=lambda pair: -len(pair[0]))
        found = [shapes.known(name, value) for value, name in known]
        found += [*shapes.own(self.settings.patterns), *shapes.TOKENS, shapes.MAIL, *shapes.names(self.settings.people)]
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 64 << 20
        alternatives = "|".join(shape.pattern for shape in found)
        done = shapes.Shape("", f"({shapes.PLACEHOLDER})")
        digits = phones.may_be(self.settings.phone_region)
        return _Net(
            re2.compile(f"{done.pattern}|{alternatives}", options),
            re2.compile(f"{alternatives}|{digits}", options),
            (done, *found),
        )


def mapped(value: Any, change: Callable[[str], str], kept: Iterable[str] = ()) -> Any:
    """Return plain data with every text changed, but for those under a field that is `kept`."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: told if key in kept else mapped(told, change, kept) for key, told in value.items()}
    if isinstance(value, list | tuple):
        return [mapped(part, change, kept) for part in value]
    return value


def _named(kind: str, value: str) -> str:
    return f"[{kind}]"
