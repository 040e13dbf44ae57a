"""Tests of console.cli.place."""

import stat


def test_init_makes_a_workspace_and_keeps_what_is_there(midwatch, tmp_path):
    """A second init changes nothing that the operator wrote."""
    root = tmp_path / "fresh" / "deep"
    assert "is a workspace now" in midwatch.ok("init", str(root))
    assert stat.S_IMODE((root / ".midwatch").stat().st_mode) == 0o700
    (root / "midwatch.toml").write_text("[queue]\nslots = 7\n")
    assert "already" in midwatch.ok("init", "--workspace", str(root))
    assert (root / "midwatch.toml").read_text() == "[queue]\nslots = 7\n"
    assert midwatch.run("queue", "--json", cwd=root).stdout == "[]\n"


def test_init_takes_the_current_folder(midwatch, tmp_path):
    """Without a name the workspace is made where the operator stands."""
    root = tmp_path / "here"
    root.mkdir()
    assert midwatch.run("init", cwd=root).returncode == 0
    assert (root / "midwatch.toml").is_file()


def test_the_engine_runs_until_nothing_more_can_start(midwatch, repo):
    """`engine --until-idle` works off the queue and leaves what waits for the operator."""
    midwatch.add("tidy", "--repo", str(repo), "--command", "echo more >more.txt", "--verify", "test -s more.txt")
    midwatch.add("wish", "--category", "feature")
    done = midwatch.run("engine", "--until-idle")
    assert done.returncode == 0, done.stderr
    assert (midwatch.state("tidy"), midwatch.state("wish")) == ("done", "awaiting_approval")
    assert (repo / "more.txt").read_text() == "more\n"


def test_a_second_engine_is_refused_as_busy(midwatch):
    """Two engines on one workspace cannot be: the second exits 4 and names the first."""
    with midwatch.engine() as engine:
        done = midwatch.run("engine", "--until-idle")
        assert done.returncode == 4
        assert str(engine.pid) in done.stderr


def test_settings_with_a_mistake_are_named(midwatch):
    """A wrong key in midwatch.toml stops the verb with file, line and the nearest key."""
    (midwatch.root / "midwatch.toml").write_text("[queue]\nslot = 3\n")
    code, complaint = midwatch.fails("queue")
    assert code != 0
    assert "midwatch.toml" in complaint
    assert "slots" in complaint
