"""Tests of console.cli.brakes.legal."""

from tests.engine.safety.legal.test_robots import RULES, says, site


def test_a_page_is_checked_by_the_settings_and_by_its_site(midwatch):
    """Exit code and words for what is blocked, what the site forbids and what it allows."""
    (midwatch.root / "midwatch.toml").write_text('[legal]\nblocked_domains = ["example.com"]\n')
    done = midwatch.run("legal", "check", "https://a.example.com/x")
    assert done.returncode == 1 and "blocked_domains names example.com" in done.stdout
    with site(says(200, RULES)) as at:
        assert midwatch.json("legal", "check", f"{at.url}/page")["delay_s"] == 2
        done = midwatch.run("legal", "check", f"{at.url}/page", "--agent", "nosy")
        assert done.returncode == 1 and "forbids it for nosy" in done.stdout
    assert midwatch.run("legal", "check", "example.com").returncode == 2


def test_a_task_that_names_a_blocked_domain_does_not_start(midwatch):
    """It is held with the words, and a yes of the operator does not change that; without the setting it runs."""
    task = ("add", "--name", "Mirror", "--label", "mirror", "--desc", "Mirror example.com here", "--criterion", "done",
            "--category", "bug-fix", "--command", "true")  # fmt: skip
    (midwatch.root / "midwatch.toml").write_text('[legal]\nblocked_domains = ["example.com"]\n')
    assert "names example.com" in midwatch.ok(*task)
    midwatch.run("approve", "mirror")
    midwatch.ok("engine", "--until-idle", "--quiet")
    assert midwatch.state("mirror") == "held"
    (midwatch.root / "midwatch.toml").write_text("")
    midwatch.ok("engine", "--until-idle", "--quiet")
    assert midwatch.state("mirror") == "done"
