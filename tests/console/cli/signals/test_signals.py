"""`midwatch signals`: what waits, what was handled, what is none."""

from tests.console.cli.conftest import Midwatch
from tests.engine.signals.files import written


def test_each_is_listed_where_it_stands(midwatch: Midwatch) -> None:
    """Before and after a heartbeat; looking changes nothing."""
    assert midwatch.ok("signals") == "nothing waits\n"
    folder = midwatch.workspace.escalations
    (folder / "good.json").write_bytes(written(payload={"text": "a \x1b[2Jquote"}))
    (folder / "bad.json").write_bytes(b"[]")
    for _ in range(2):
        found = midwatch.json("signals")
        assert [row["file"] for row in found["waiting"]] == ["good.json", "bad.json"]
        assert found["waiting"][0]["text"] == "a quote" and "no object" in found["waiting"][1]["bad"]
    midwatch.ok("heartbeat")
    found = midwatch.json("signals")
    assert found["waiting"] == []
    [handled], [bad] = found["handled"], found["bad"]
    assert (handled["file"], handled["handling"]["handling"]) == ("handled/good.json", "asked")
    assert bad["file"] == "bad/bad.json" and "no object" in bad["bad"]
    said = midwatch.ok("signals")
    assert "asked: e2 asks you" in said and "no signals:" in said
    (folder / "handled" / "odd.json").write_text("made by hand")
    assert len(midwatch.json("signals")["handled"]) == 1


def test_a_new_workspace_says_how_a_signal_is_written(midwatch: Midwatch) -> None:
    """`init` puts the page into the folder."""
    midwatch.ok("init", str(midwatch.root.parent / "fresh"))
    assert "# Signals" in (midwatch.root.parent / "fresh" / "escalations" / "README.md").read_text()
