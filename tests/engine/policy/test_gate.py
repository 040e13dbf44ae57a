"""Tests of the gate: every rule asked, nothing dropped, nothing allowed in doubt."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policy import observing
from engine.policy.facts import Active, Facts, Rules
from engine.policy.gate import APPROVABLE, SPAWNED, judge, judge_spec
from state.model import task as t
from state.model.brakes.breaker import COMMAND, Breaker, Open
from state.model.brakes.usage import Usage
from state.model.control import Control
from state.model.verdict import Finding, Stance, Verdict
from state.model.view import EngineInfo, View
from state.model.when.window import Span, Window
from tests.making import NOON, a_task

RULES = Rules(budget_over=50_000_000)
FACTS = Facts(now=NOON, slots=2, active=(), stopped=False, paused=False, sandbox_trouble="")
VIEW = View(at=NOON)

NIGHT = Window(name="night", start_min=22 * 60, end_min=6 * 60)
WORK = Window(name="work", start_min=8 * 60, end_min=18 * 60, lowest=t.Priority.HIGH)
WINDOWED = Rules(budget_over=50_000_000, windows=(NIGHT, WORK))

FULL = Usage(figure="files_per_h", used=50, limit=50, window_s=3600.0)
OPEN = Breaker(runner=COMMAND, repo="", state=Open(since=NOON, until=NOON + timedelta(minutes=15)), text="five failed")

OF_SPEC = [
    "clarity", "blockers", "priority", "risk", "approvals", "budget", "legal", "secrets", "command", "estimate",
    "vetoed", "doubt",
]  # fmt: skip
OF_MOMENT = [
    "standing", "dependencies", "conflicts", "slots", "kill_switch", "pause", "mode", "timing", "window", "breaker",
    "rates", "sandbox",
]  # fmt: skip

states = st.sampled_from(
    [
        t.Queued(),
        t.Held(findings=()),
        t.AwaitingApproval(findings=()),
        t.Retrying(at=NOON + timedelta(minutes=5), text="exit code 1"),
        t.Building(build="b"),
        t.Done(build="b", note="", at=NOON),
        t.Failed(build="b", text="", at=NOON),
    ]
)
texts = st.sampled_from(["", "works", "wipe the disk", "mend the rounding of totals", "the sum is exactly 1.0"])


@st.composite
def tasks(draw: st.DrawFn) -> t.Task:
    """Tasks of every kind, most of them with something wrong."""
    return a_task(
        "x",
        draw(states),
        description=draw(texts),
        criteria=tuple(draw(st.lists(texts, max_size=2))),
        priority=draw(st.sampled_from(t.Priority)),
        category=draw(st.sampled_from(t.Category)),
        effects=tuple(draw(st.lists(st.sampled_from(t.Effect), max_size=3))),
        blockers=tuple(draw(st.lists(st.just("a key"), max_size=1))),
        depends=tuple(draw(st.sampled_from([(), ("gone",), ("waits",), ("lost",)]))),
        budget=draw(st.sampled_from([None, 0, 10**9])),
        command=draw(st.sampled_from(["", "make"])),
        repo=draw(st.sampled_from(["", "/srv/app"])),
        start_at=draw(st.sampled_from([None, NOON - timedelta(1), NOON + timedelta(1)])),
        hours=draw(st.sampled_from([None, 2.0, 20.0])),
        window=draw(st.sampled_from(t.WindowUse)),
    )


views = st.builds(
    lambda control, stop_file: View(
        at=NOON,
        control=control,
        engine=EngineInfo(stop_file=stop_file),
        tasks={"waits": a_task("waits"), "lost": a_task("lost", t.Failed(build="b", text="", at=NOON))},
    ),
    st.builds(Control, stopped=st.booleans(), paused=st.booleans()),
    st.booleans(),
)
facts = st.builds(
    Facts,
    now=st.just(NOON),
    slots=st.integers(0, 2),
    active=st.lists(st.just(Active(label="y", build="y-1", repo="/srv/app", paths=())), max_size=2).map(tuple),
    stopped=st.booleans(),
    paused=st.booleans(),
    spans=st.sampled_from([(), (WORK,), (NIGHT,)]).map(
        lambda open_now: tuple(
            Span(window=window, opens_at=NOON - timedelta(hours=3), closes_at=NOON + timedelta(hours=3))
            for window in open_now
        )
    ),
    sandbox_trouble=st.sampled_from(["", "no bwrap", None]),
)
rules = st.builds(
    Rules,
    budget_over=st.just(50_000_000),
    unsandboxed=st.sampled_from([frozenset(), frozenset({"x"})]),
    windows=st.sampled_from([(), (NIGHT, WORK)]),
)


def approved(task: t.Task) -> t.Task:
    """The task with the operator's yes to exactly its spec."""
    yes = t.Approval(by="operator:ann", at=NOON, digest=task.spec.digest)
    return msgspec.structs.replace(task, approval=yes)


def names(verdict: Verdict) -> list[str]:
    """The rules that spoke, once each, in order."""
    return list(dict.fromkeys(finding.rule for finding in verdict.findings))


def of(verdict: Verdict, rule: str) -> tuple[Finding, ...]:
    """What one rule said."""
    return tuple(finding for finding in verdict.findings if finding.rule == rule)


def test_a_plain_task_on_a_free_machine_may_start() -> None:
    """Nothing against it: every rule says so in its own words."""
    verdict = judge(a_task(), VIEW, FACTS, RULES)
    assert verdict.stance is Stance.ALLOW
    assert names(verdict) == OF_SPEC + OF_MOMENT
    assert all(finding.text for finding in verdict.findings)


def test_the_spec_alone_is_judged_without_the_moment() -> None:
    """At adding, only the rules on the task itself are asked."""
    verdict = judge_spec(a_task(depends=("gone",)), RULES)
    assert names(verdict) == OF_SPEC
    assert verdict.stance is Stance.ALLOW


@settings(deadline=None)
@given(tasks(), views, facts, rules)
def test_every_rule_is_heard_whatever_the_others_say(task: t.Task, view: View, moment: Facts, own: Rules) -> None:
    """No finding is dropped: each rule is there, and the strictest decides."""
    verdict = judge(task, view, moment, own)
    assert names(verdict) == OF_SPEC + OF_MOMENT
    assert set(judge_spec(task, own).findings) <= set(verdict.findings)
    assert (verdict.stance is Stance.ALLOW) == all(f.verdict is Stance.ALLOW for f in verdict.findings)


@settings(deadline=None)
@given(tasks(), views, facts, rules, st.sampled_from(Facts.__struct_fields__))
def test_a_missing_fact_never_allows(task: t.Task, view: View, moment: Facts, own: Rules, missing: str) -> None:
    """Whichever fact is not known, the task is held; a task let run without a sandbox needs to know of none."""
    without = msgspec.structs.replace(moment, **{missing: None})
    verdict = judge(approved(task), view, without, own)
    if missing == "sandbox_trouble" and "x" in own.unsandboxed:
        assert of(verdict, "sandbox")[0].verdict is Stance.ALLOW
    else:
        assert verdict.stance is Stance.HOLD


def test_what_is_missing_is_named() -> None:
    """The words say which fact nobody knows."""
    missing: Any = {"slots": None, "active": None}
    verdict = judge(a_task(), VIEW, msgspec.structs.replace(FACTS, **missing), RULES)
    assert [finding.text for finding in verdict.against] == [
        "not known: active",
        "not known: slots, active",
        "not known: active",
        "not known: active",
    ]


@settings(deadline=None)
@given(tasks(), views, facts, rules, st.booleans())
def test_a_yes_answers_only_what_may_be_answered(
    task: t.Task, view: View, moment: Facts, own: Rules, spawned: bool
) -> None:
    """Approved or spawned, the approvable rules allow and keep their question; all others say what they said."""
    before = judge(task, view, moment, own)
    said_yes = msgspec.structs.replace(task, forced=True) if spawned else approved(task)
    after = judge(said_yes, view, moment, own)
    by = "spawned by the operator: " if spawned else "approved by ann: "
    answerable = SPAWNED if spawned else APPROVABLE
    for asked, answered in zip(before.findings, after.findings, strict=True):
        if asked.verdict is Stance.ALLOW or asked.rule not in answerable:
            assert answered == asked
        else:
            assert answered == Finding(rule=asked.rule, verdict=Stance.ALLOW, text=by + asked.text)


@settings(deadline=None)
@given(tasks(), facts, rules)
def test_a_yes_to_an_older_spec_is_no_yes(task: t.Task, moment: Facts, own: Rules) -> None:
    """An approval is bound to what was shown: a changed spec is judged as if nobody had agreed."""
    yes = approved(task)
    changed = msgspec.structs.replace(yes, spec=msgspec.structs.replace(yes.spec, title="something else"))
    unasked = msgspec.structs.replace(changed, approval=None)
    assert judge(changed, VIEW, moment, own) == judge(unasked, VIEW, moment, own)


def test_asking_for_a_build_now_needs_no_window_and_a_plain_yes_does() -> None:
    """A spawn is a yes to the moment as well; an approval is one to the task only, which then waits for its window."""
    closed = msgspec.structs.replace(FACTS, spans=())
    assert judge(approved(a_task()), VIEW, closed, WINDOWED).stance is Stance.WAIT
    assert judge(a_task(forced=True), VIEW, closed, WINDOWED).stance is Stance.ALLOW
    assert judge_spec(approved(a_task(hours=20)), WINDOWED).stance is Stance.HOLD
    assert judge_spec(a_task(hours=20, forced=True), WINDOWED).stance is Stance.ALLOW


def test_a_spawn_names_who_asked_for_it() -> None:
    """A task that was spawned by a known operator says by whom."""
    task = approved(a_task(forced=True, category=t.Category.NEW_FEATURE))
    assert of(judge_spec(task, RULES), "approvals")[0].text == "spawned by ann: adds a new feature"


def test_several_findings_of_one_rule_are_all_kept() -> None:
    """Two effects are two findings."""
    verdict = judge_spec(a_task(effects=(t.Effect.PRODUCTION, t.Effect.FINANCIAL)), RULES)
    assert len(of(verdict, "risk")) == 2


@pytest.mark.parametrize(
    ("task", "moment", "rule", "stance"),
    [
        ({"description": ""}, {}, "clarity", Stance.HOLD),
        ({"blockers": ("a key",)}, {}, "blockers", Stance.HOLD),
        ({"priority": t.Priority.LOW}, {}, "priority", Stance.ASK),
        ({"effects": (t.Effect.ACCESS,)}, {}, "risk", Stance.ASK),
        ({"category": t.Category.CONFIGURATION}, {}, "approvals", Stance.ASK),
        ({"budget": 50_000_001}, {}, "budget", Stance.ASK),
        ({"command": ""}, {}, "command", Stance.HOLD),
        ({"doubt": "whoever asks for it is 55 % sure"}, {}, "doubt", Stance.ASK),
        ({"state": t.Building(build="b")}, {}, "standing", Stance.HOLD),
        ({"depends": ("gone",)}, {}, "dependencies", Stance.HOLD),
        ({"repo": "/r"}, {"active": (Active(label="y", build="y", repo="/r", paths=()),)}, "conflicts", Stance.WAIT),
        ({}, {"slots": 0}, "slots", Stance.WAIT),
        ({}, {"stopped": True}, "kill_switch", Stance.WAIT),
        ({}, {"paused": True}, "pause", Stance.WAIT),
        ({"start_at": NOON + timedelta(1)}, {}, "timing", Stance.WAIT),
        ({}, {"usage": (FULL,)}, "rates", Stance.WAIT),
        ({}, {"sandbox_trouble": "none"}, "sandbox", Stance.HOLD),
    ],
)
def test_each_rule_alone_can_stop_a_start(
    task: dict[str, Any], moment: dict[str, Any], rule: str, stance: Stance
) -> None:
    """One thing wrong is enough, and it is the only thing told against the task."""
    verdict = judge(a_task(**task), VIEW, msgspec.structs.replace(FACTS, **moment), RULES)
    assert [(finding.rule, finding.verdict) for finding in verdict.against] == [(rule, stance)]


@pytest.mark.parametrize(
    ("task", "rule", "stance"),
    [({}, "window", Stance.WAIT), ({"hours": 20, "priority": t.Priority.HIGH}, "", Stance.ALLOW)],
)
def test_a_window_can_stop_a_start(task: dict[str, Any], rule: str, stance: Stance) -> None:
    """Where windows are configured, a closed one stops what needs one, and nothing else."""
    verdict = judge(a_task(**task), VIEW, FACTS, WINDOWED)
    assert [finding.rule for finding in verdict.against] == ([rule] if rule else [])
    assert verdict.stance is stance


@pytest.mark.parametrize(
    "view",
    [
        View(at=NOON, control=Control(stopped=True)),
        View(at=NOON, engine=EngineInfo(stop_file=True)),
        View(at=NOON, control=Control(paused=True)),
        View(at=NOON, control=observing.begun(Control(), "operator:ann", NOON)),
    ],
)
def test_the_record_stops_even_when_the_facts_were_gathered_before(view: View) -> None:
    """A kill switch, STOP file, pause or observe mode that only the view knows of is obeyed."""
    assert judge(a_task(), view, FACTS, RULES).stance is Stance.WAIT


def test_an_open_breaker_can_stop_a_start() -> None:
    """It is the only thing told against the task, and a yes of the operator's does not answer it."""
    view = msgspec.structs.replace(VIEW, breakers={OPEN.key: OPEN})
    for task in (a_task(), approved(a_task(forced=True))):
        verdict = judge(task, view, FACTS, RULES)
        assert [(finding.rule, finding.verdict) for finding in verdict.against] == [("breaker", Stance.WAIT)]


@settings(deadline=None)
@given(tasks(), facts, rules, st.booleans())
def test_nothing_is_ever_allowed_while_it_observes(task: t.Task, moment: Facts, own: Rules, spawned: bool) -> None:
    """Neither an approval nor a spawn makes anything start in observe mode."""
    agreed = msgspec.structs.replace(approved(task), forced=spawned)
    view = View(at=NOON, control=observing.begun(Control(), "operator:ann", NOON))
    assert judge(agreed, view, moment, own).stance is not Stance.ALLOW


def test_the_operator_may_let_one_task_run_without_a_sandbox() -> None:
    """The setting for one label lets that task run, and the finding says so in capitals."""
    own = Rules(budget_over=0, unsandboxed=frozenset({"tidy"}))
    moment = msgspec.structs.replace(FACTS, sandbox_trouble="no bwrap")
    assert "WITHOUT" in of(judge(a_task("tidy"), VIEW, moment, own), "sandbox")[0].text
    assert judge(a_task("tidy"), VIEW, moment, own).stance is Stance.ALLOW
    assert judge(a_task("other"), VIEW, moment, own).stance is Stance.HOLD
