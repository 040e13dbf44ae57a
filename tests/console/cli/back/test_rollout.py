"""Tests of console.cli.back.rollout."""


def test_a_rollout_from_its_file_to_its_end(midwatch, tmp_path):
    """`start`, `status`, `promote` and `rollback`, without an engine."""
    assert "no roll-out" in midwatch.ok("rollout", "status")
    assert midwatch.json("rollout", "status") == {"rollout": None}
    file = tmp_path / "trust.toml"
    file.write_text('[rollout]\nsamples = 3\n[approval]\nself_starting = ["new_feature"]\n')
    midwatch.add("wish", "--category", "feature")
    assert "1 %" in midwatch.ok("rollout", "start", str(file))
    told = midwatch.json("rollout", "status")
    assert (told["percent"], told["tasks"]["decided_otherwise"]) == (1, ["wish"])
    assert told["candidate"]["builds"] == told["base"]["builds"] == 0
    assert "10 %" in midwatch.ok("rollout", "promote")
    assert "would decide otherwise about 1" in midwatch.ok("rollout", "status")
    assert "rolled back" in midwatch.ok("rollout", "rollback", "--why", "no good")
    assert midwatch.json("rollout", "status")["percent"] == 0
    actions = [found["action"] for found in midwatch.json("audit", "list", "--limit", "3")]
    assert actions == ["rollout_started", "rollout_stage_reached", "rollout_rolled_back"]


def test_a_bad_file_is_refused(midwatch, tmp_path):
    """With file, line and key."""
    file = tmp_path / "bad.toml"
    file.write_text("[approval]\nbudget = 5\n")
    code, complaint = midwatch.fails("rollout", "start", str(file))
    assert code == 1 and "bad.toml:2: approval.budget" in complaint
