"""Tests of what the reporting verbs stand on."""

from datetime import UTC, datetime, timedelta

import msgspec

from console.cli.base import Hand
from console.cli.reports.telling import happened, keep, look, plan_of


def a_look(midwatch):
    """How things stand in the workspace of a test."""
    hand = Hand()
    hand.named = str(midwatch.root)
    return look(hand)


def test_a_look_is_by_the_operators_clock(midwatch):
    """The moment is that of the view, told in the zone of the settings."""
    with (midwatch.root / "midwatch.toml").open("a") as file:
        file.write('[time]\nzone = "Asia/Kathmandu"\n')
    seen = a_look(midwatch)
    assert seen.now.tzinfo is UTC
    assert seen.local == seen.now
    assert seen.local.utcoffset() == timedelta(hours=5, minutes=45)


def test_the_plan_tells_what_comes_by_itself_from_what_asks(midwatch):
    """The first start first, with what is foreseen; what is held or asks has its reasons and no others."""
    (midwatch.root / "midwatch.toml").write_text("[queue]\nslots = 1\n")
    midwatch.add("later", "--start-at", "2100-01-01T00:00Z")
    midwatch.add("free")
    midwatch.add("behind", "--time", "2")
    midwatch.add("feature", "--category", "feature")
    midwatch.ok("add", "--name", "Vague")
    plan = plan_of(a_look(midwatch))
    assert [step.label for step in plan.ahead] == ["free", "behind", "later"]
    now, slot, far = plan.ahead
    assert "starts now" in now.text
    assert "when there is room for one more build" in slot.text
    assert now.at is not None
    assert slot.at is not None
    assert now.at < slot.at
    assert far.text
    assert [step.label for step in plan.asks] == ["feature", "vague"]
    assert plan.asks[0].text == "adds a new feature"
    assert "description" in plan.asks[1].text


def test_what_happened_is_read_from_the_record(midwatch):
    """The kill switch of this moment is in a span up to now, and not in one that ended before."""
    midwatch.ok("kill", "--all", "--why", "smoke")
    seen = a_look(midwatch)
    hour = timedelta(hours=1)
    assert [row.text for row in happened(seen, seen.now - hour).stops] == ["smoke"]
    past = happened(seen, seen.now - 3 * hour, seen.now - 2 * hour)
    assert past.stops == ()
    assert past.span.ends_at == seen.now - 2 * hour
    ahead = happened(seen, seen.now - hour, seen.now + hour)
    assert ahead.span.ends_at <= seen.now + timedelta(seconds=1)


def test_a_merge_has_the_size_of_its_diff(midwatch, repo):
    """The lines that a real build changed are counted, and one whose repository is gone has no size."""
    midwatch.add("grow", "--repo", str(repo), "--command", "printf 'a\\nb\\n' >> sum.py", "--verify", "true")
    with midwatch.engine():
        midwatch.reaches("grow", "done")
    seen = a_look(midwatch)
    (row,) = happened(seen, seen.now - timedelta(hours=1)).shipped
    assert (row.label, row.merged, row.files_changed) == ("grow", True, 1)
    assert row.size is not None
    assert (row.size.added, row.size.removed) == (2, 0)
    builds = {key: msgspec.structs.replace(build, base="0" * 40) for key, build in seen.view.builds.items()}
    lost = seen._replace(view=msgspec.structs.replace(seen.view, builds=builds))
    (row,) = happened(lost, seen.now - timedelta(hours=1)).shipped
    assert row.size is None


def test_a_report_replaces_the_one_before(midwatch):
    """Its folder is made when it is needed."""
    seen = a_look(midwatch)
    path = keep(seen.workspace, "x.md", "one")
    assert keep(seen.workspace, "x.md", "two") == path
    assert path.read_text() == "two"
    assert [entry.name for entry in path.parent.iterdir()] == ["x.md"]
    assert datetime.now(UTC) - seen.now < timedelta(minutes=5)
