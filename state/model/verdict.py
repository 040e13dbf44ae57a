"""The gate's answer: every rule's finding, with the strictest one deciding."""

from enum import StrEnum

from state.model.record import Noun


class Stance(StrEnum):
    """What one rule says, from the mildest to the strictest."""

    ALLOW = "allow"
    WAIT = "wait"
    """Not now; it will pass by itself."""
    ASK = "ask"
    """The operator must approve first."""
    HOLD = "hold"
    """Something is missing or wrong; it does not pass by itself."""


_STRICTNESS = {Stance.ALLOW: 0, Stance.WAIT: 1, Stance.ASK: 2, Stance.HOLD: 3}


class Finding(Noun, frozen=True, kw_only=True):
    """One rule's answer in words that the operator reads."""

    rule: str
    verdict: Stance
    text: str


class Verdict(Noun, frozen=True, kw_only=True):
    """All findings on one task; nothing is dropped, so that `why` can tell the whole story."""

    findings: tuple[Finding, ...]

    @property
    def stance(self) -> Stance:
        """The strictest stance of all findings; no findings at all hold."""
        if not self.findings:
            return Stance.HOLD
        return max((f.verdict for f in self.findings), key=_STRICTNESS.__getitem__)

    @property
    def against(self) -> tuple[Finding, ...]:
        """The findings that do not allow, strictest first."""
        told = [f for f in self.findings if f.verdict is not Stance.ALLOW]
        return tuple(sorted(told, key=lambda f: -_STRICTNESS[f.verdict]))
