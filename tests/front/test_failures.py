"""Builds that do not do what they should: they fail, hang, go quiet or run into a limit."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from state.model.build import Result
from tests.front.midwatch import Space, until

Opening = Callable[..., Space]


def test_three_retries_and_then_the_operator(open_space: Opening) -> None:
    """A failing task is tried again three times, after the wait that is set, and then escalated for good."""
    space = open_space('[retry]\nwait = "200ms"\n[limits.breaker]\nfailures = 0\n')
    space.add("broken", "echo the reason $MIDWATCH_ATTEMPT; exit 7")
    space.work()
    row = space.row("broken")
    assert (row["state"], row["attempts"], row["failures"]) == ("failed", 4, 4)
    [question] = space.escalations("broken")
    assert question["kind"] == "build_failed"
    assert "failed 4 times" in question["text"]
    assert "exit code 7: the reason 4" in question["text"]
    assert space.ok("logs", "broken", "--build", "broken-2") == "the reason 2\n"
    starts = [datetime.fromisoformat(found["at"]) for found in space.decisions("--action", "build_decided")]
    ends = [datetime.fromisoformat(found["at"]) for found in space.decisions("--action", "build_failed")]
    assert len(starts) == 4
    # The wait begins a moment before the line that tells of it.
    assert all((start - end).total_seconds() > 0.19 for end, start in zip(ends, starts[1:], strict=True))

    # The operator may begin again, with all tries.
    space.ok("retry", "broken")
    assert space.escalations("broken") == []
    space.work()
    assert space.row("broken")["attempts"] == 8


def test_one_that_succeeds_at_the_second_try(open_space: Opening) -> None:
    """A failure that passes needs nobody."""
    space = open_space('[retry]\nwait = "100ms"\n')
    space.add("flaky", 'test "$MIDWATCH_ATTEMPT" = 2')
    space.work()
    assert space.row("flaky")["state"] == "done"
    assert space.row("flaky")["attempts"] == 2
    assert space.escalations("flaky") == []
    assert space.build("flaky-1").executed.result is Result.NO


def test_the_wait_before_a_retry_survives_a_restart(open_space: Opening) -> None:
    """A retry that is due later is neither forgotten nor hurried by a new engine."""
    space = open_space('[retry]\nwait = "3s"\n')
    space.add("flaky", 'test "$MIDWATCH_ATTEMPT" = 2')
    with space.engine() as engine:
        space.wait("flaky", "retrying")
        engine.kill()
    with space.engine():
        space.wait("flaky", "done")
    [failed] = space.decisions("--action", "build_failed")
    again = space.decisions("--action", "build_decided")[-1]
    assert (datetime.fromisoformat(again["at"]) - datetime.fromisoformat(failed["at"])).total_seconds() >= 3


def test_one_that_hangs_is_killed_by_hand(space: Space) -> None:
    """A hanging build dies of `kill`, with what it took on the record, and is not tried again."""
    with space.engine():
        space.add("hang", "sh -c 'trap \"\" TERM; sleep 98765' & setsid sleep 98765 & sleep 98765")
        space.wait("hang", "building")
        until(lambda: len(space.left()) >= 4, "the sleepers")
        told = space.ok("kill", "hang", "--why", "it hangs")
        assert "dead in" in told
        assert space.wait("hang", "killed") == "killed"
    assert "kill_carried_out" in space.actions("hang")
    [how] = [found for found in space.decisions("--label", "hang") if found["action"] == "kill_carried_out"]
    assert " ms (" in how["why"]
    asked = [found for found in space.decisions("--label", "hang") if found["action"] == "kill_asked"]
    assert [found["why"] for found in asked] == ["it hangs"]
    space.work()
    assert space.row("hang")["attempts"] == 1


def test_a_grace_period_only_where_it_was_asked_for(space: Space) -> None:
    """A task with a grace period hears SIGTERM and may tidy up; one without is dead at once."""
    tidy = "trap 'echo tidied; exit 0' TERM; echo up; while :; do sleep 0.05; done"

    def up(label: str) -> bool:
        return "up" in space.run("logs", label).stdout

    with space.engine():
        space.add("kind", tidy, "--grace", "20s")
        space.add("harsh", tidy)
        for label in ("kind", "harsh"):
            until(partial(up, label), f"{label} to be up")
            space.ok("kill", label)
            space.wait(label, "killed")
    assert "tidied" in space.ok("logs", "kind")
    assert "tidied" not in space.ok("logs", "harsh")


def test_one_that_goes_quiet_is_escalated_and_goes_on(open_space: Opening) -> None:
    """No output, no file and no processor time for too long: the operator is asked once, and the build goes on."""
    space = open_space('[stall]\nafter = "2s"\n')
    with space.engine():
        space.add("quiet", "while [ ! -e go ]; do sleep 30 & wait $!; done; echo moved on")
        space.add("busy", "while [ ! -e go ]; do echo still here; sleep 0.2; done")
        [question] = until(lambda: space.escalations("quiet"), "the question")
        assert question["kind"] == "build_stalled"
        assert space.state("quiet") == "building"
        assert space.json("status")["anomalies"][0]["figure"] == "quiet_s"
        assert space.escalations("busy") == []
        assert space.state("busy") == "building"
        space.go("busy-1")
        space.wait("busy", "done")
        space.ok("kill", "quiet")
        space.wait("quiet", "killed")
        assert space.escalations("quiet") == []


def test_a_build_that_takes_too_long_is_held_and_then_ended(open_space: Opening) -> None:
    """The time limit freezes it and asks; when nobody answers it dies with all that it started, and that is said."""
    space = open_space('[retry]\ntimes = 0\n[limits]\nhold = "2s"\n')
    space.add("long", "sleep 98765 & sleep 98765", "--limit", "time=1s")
    with space.engine():
        space.wait("long", "killed")
    assert "nobody answered" in space.row("long")["reasons"][0]["text"]
    (held,) = space.decisions("--action", "build_held")
    assert held["label"] == "long" and "time" in held["why"]


def test_a_build_counted_as_failed_by_hand(open_space: Opening) -> None:
    """`fail` ends the present build and lets the retries begin."""
    space = open_space('[retry]\nwait = "100ms"\n')
    with space.engine():
        space.add("wrong", 'test "$MIDWATCH_ATTEMPT" = 2 || sleep 98765')
        until(lambda: space.json("status")["active"], "the build")
        space.ok("fail", "wrong", "--why", "it goes the wrong way")
        space.wait("wrong", "done")
    assert space.row("wrong")["attempts"] == 2
    [failed] = space.decisions("--action", "build_failed")
    assert "it goes the wrong way" in failed["why"]


def test_output_without_end_is_cut_and_said(open_space: Opening, tmp_path: Path) -> None:
    """A build that prints without end keeps what fits, and what was cut is on its record."""
    space = open_space()
    space.add("loud", "yes 0123456789abcdef | head -c 30000000; echo the end", "--limit", "output=1M")
    space.work()
    assert space.state("loud") == "done"
    assert any("bytes of output were cut" in note for note in space.build("loud-1").notes)
    shown = space.ok("logs", "loud")
    assert shown.endswith("the end\n")
    assert len(shown) < 3_000_000
