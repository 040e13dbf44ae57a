"""Whether a task wants what the operator has ruled out for reasons of law."""

import functools
import re

from state.model.record import Noun
from state.model.task import Effect, Spec
from state.model.verdict import Finding, Stance

RULE = "legal"


class Ruled(Noun, frozen=True, kw_only=True):
    """What is ruled out; domains in lower case, each with all that lies below it."""

    domains: tuple[str, ...] = ()
    """Nothing may have to do with them."""
    terms: tuple[str, ...] = ()
    """Their terms forbid programs."""
    effects: tuple[Effect, ...] = ()


def check(spec: Spec, ruled: Ruled) -> Finding:
    """Hold what names a domain or has an effect that is ruled out. No approval answers it: the settings do."""
    effects = [effect.value for effect in spec.effects if effect in ruled.effects]
    if effects:
        told = f"has effects that [legal] blocked_actions rules out: {', '.join(effects)}"
        return Finding(rule=RULE, verdict=Stance.HOLD, text=told)
    words = "\n".join((spec.title, spec.description, *spec.criteria, spec.command, spec.verify, *spec.paths))
    for key, domains in (("blocked_domains", ruled.domains), ("no_automation", ruled.terms)):
        found = named(words, domains)
        if found:
            told = f"names {found}, which [legal] {key} rules out"
            return Finding(rule=RULE, verdict=Stance.HOLD, text=told)
    return Finding(rule=RULE, verdict=Stance.ALLOW, text="nothing in it is ruled out by [legal]")


def named(words: str, domains: tuple[str, ...]) -> str:
    """Return the first of the domains, or of what lies below them, that stands in a text; empty when none does."""
    found = _pattern(domains).search(words.lower()) if domains else None
    return found[0] if found else ""


def within(host: str, domains: tuple[str, ...]) -> str:
    """Return the domain that a host is, or lies below; empty when there is none."""
    host = host.lower().rstrip(".")
    return next((domain for domain in domains if host == domain or host.endswith(f".{domain}")), "")


@functools.lru_cache(maxsize=8)
def _pattern(domains: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(domain) for domain in domains)
    return re.compile(rf"(?<![\w.-])(?:[\w-]+\.)*(?:{either})(?!\.?[\w-])")
