"""`mode`: observe mode from the command line, said so that nobody takes it for approval."""

from tests.console.cli.conftest import Midwatch
from tests.front.midwatch import until


def test_live_is_the_default(midwatch: Midwatch) -> None:
    """A workspace that nobody told anything carries out what it decides."""
    assert midwatch.ok("mode") == "live: what may start, starts\n"
    assert midwatch.json("mode") == {
        "mode": "live",
        "since": None,
        "by": "",
        "live_at": None,
        "would_start": [],
        "text": "live: what may start, starts",
    }


def test_observing_executes_nothing_and_says_so_everywhere(midwatch: Midwatch) -> None:
    """With an engine at work nothing is built; mode, status, why and next say what would have been, and until when."""
    assert midwatch.ok("mode", "observe", "--why", "a trial").startswith("observe mode: nothing executes until")
    midwatch.add("tidy")
    with midwatch.engine():
        told = until(lambda: midwatch.json("mode")["would_start"], "the decision")
        assert [start["label"] for start in told] == ["tidy"]
        assert midwatch.state("tidy") == "queued"
        text = midwatch.ok("mode")
        assert "OBSERVE MODE since" in text and "nothing executes until `midwatch mode live`" in text
        assert "WOULD HAVE STARTED" in text and "tidy" in text
        assert "OBSERVE MODE since" in midwatch.ok("status")
        status = midwatch.json("status")
        assert (status["mode"]["mode"], status["active"]) == ("observe", [])
        why = midwatch.ok("why", "tidy")
        assert "mode: observe mode: nothing executes until `midwatch mode live`; it would have started at" in why
        assert "nothing executes" in midwatch.ok("next")
        midwatch.ok("mode", "live")
        midwatch.reaches("tidy", "done")
    record = [entry["action"] for entry in midwatch.json("audit", "list")]
    wanted = ["observe_begun", "would_start", "live_begun", "build_decided"]
    assert [action for action in record if action in wanted] == wanted


def test_a_yes_given_while_observing_does_not_count(midwatch: Midwatch) -> None:
    """The words say so at once, and once it is live the task waits for an approval again."""
    midwatch.ok("mode", "observe")
    midwatch.add("csv", "--category", "feature")
    assert midwatch.ok("approve", "csv") == (
        "csv: observe mode: nothing executes, so it does not start; "
        "your yes is on record and does not count later: `midwatch mode live` asks again\n"
    )
    assert "it asks again: csv" in midwatch.ok("mode", "live")
    assert midwatch.state("csv") == "awaiting_approval"


def test_what_is_wanted_now_is_refused(midwatch: Midwatch) -> None:
    """A spawn is refused with what to do, and the same mode twice says that it holds."""
    midwatch.ok("mode", "observe")
    code, told = midwatch.fails("spawn", "--label", "now", "--task", "Do it now", "--command", "true")
    assert code == 1
    assert "observe mode: nothing executes" in told
    assert "observe already" in midwatch.fails("mode", "observe")[1]
    assert midwatch.fails("mode", "shadow")[0] == 2


def test_the_settings_may_ask_for_it(midwatch: Midwatch) -> None:
    """With mode and live_after in the settings an engine observes from its first moment, and says until when."""
    (midwatch.root / "midwatch.toml").write_text('[engine]\nmode = "observe"\nlive_after = "7d"\n')
    midwatch.add("tidy")
    with midwatch.engine():
        answer = until(lambda: found if (found := midwatch.json("mode"))["would_start"] else {}, "the decision")
        assert (answer["mode"], answer["by"]) == ("observe", "the settings")
        assert answer["live_at"] is not None
        assert midwatch.json("status")["active"] == []
