"""Tests of console.cli.upkeep.service; a real systemd is in tests/faults."""

import os
from pathlib import Path

import pytest

from tests.console.cli.conftest import midwatch

__all__ = ["midwatch"]

without_systemd = pytest.mark.skipif(Path("/run/systemd/system").is_dir(), reason="systemd runs here")


def test_the_unit_can_be_looked_at_first(midwatch):
    """--print shows what would be installed, for either level, and changes nothing."""
    system = midwatch.ok("service", "install", "--system", "--print")
    user = midwatch.ok("service", "install", "--user", "--print")
    assert "WantedBy=multi-user.target" in system
    assert "WantedBy=default.target" in user
    assert f'"--workspace" "{midwatch.root}" "engine"' in system
    default = midwatch.ok("service", "install", "--print")
    assert default == (system if os.geteuid() == 0 else user)


@without_systemd
@pytest.mark.parametrize("verb", ["install", "uninstall", "status"])
def test_a_machine_without_a_manager_says_what_to_do(midwatch, verb):
    """In a container nothing is installed: the engine is run by its restart policy and looked at with `health`."""
    code, complaint = midwatch.fails("service", verb)
    assert code == 1
    assert "neither systemd nor launchd runs here" in complaint
    assert "midwatch health" in complaint


def test_without_a_workspace_there_is_nothing_to_serve(midwatch, tmp_path):
    """A service is one workspace's."""
    assert midwatch.run("service", "install", "--print", cwd=tmp_path).returncode == 3
