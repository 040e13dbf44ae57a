"""A seat waits for its orders in its groups, and becomes a build only when it is let go."""

import os
import signal
from pathlib import Path

import pytest

from engine.safety import groups, processes
from engine.work.sandbox import Machine
from engine.work.seats.seat import SEALED_FD, Seat
from state.settings import DEFAULT_LIMITS
from tests.engine.work.running import machine, plain_machine, until

on_both = pytest.mark.parametrize("on", [machine, plain_machine], ids=["groups", "no groups"])


def seated(on: Machine, token: str = "of-a-test", *, idle: bool = True) -> Seat:
    """A seat, in groups where there are any."""
    return Seat(on, f"{token}-{os.getpid()}", idle=idle)


def ended(pid: int) -> None:
    """Wait for a build that was let go, as its owner would."""
    os.waitid(os.P_PID, pid, os.WEXITED)


@on_both
def test_it_waits_in_its_groups_and_is_found_by_its_token(on):
    """From its first moment it carries its token, and where groups can be made it is in them."""
    seat = seated(on())
    try:
        assert seat.alive
        until(lambda: processes.carries(seat.pid, processes.token_entry(seat.token)), "it carries its token")
        assert groups.members(seat.groups) == ({seat.pid} if seat.groups else set())
        assert len(seat.groups) == len(on().groups)
    finally:
        seat.abandon()


@on_both
def test_orders_are_followed_only_up_to_the_gate(on, tmp_path):
    """What it was ordered to become begins, finds what is sealed, and passes its own gate only once it is let go."""
    seat = seated(on())
    script = f"cd {tmp_path}; cat <&{SEALED_FD} >sealed; touch at-gate; read -r _ || exit 1; touch past"
    seat.order(script, b"secret\0words\n", DEFAULT_LIMITS)
    until((tmp_path / "at-gate").exists, "it stands at its gate")
    assert (tmp_path / "sealed").read_bytes() == b"secret\0words\n"
    assert not (tmp_path / "past").exists()
    pid = seat.pid
    seat.let_go()
    ended(pid)
    assert (tmp_path / "past").exists()
    assert seat.gone
    assert groups.remove(seat.groups, timeout_s=5) == ()


def test_limits_hold_from_the_orders_on_and_idleness_from_the_gate_on(tmp_path):
    """Its groups take on the build's limits with its orders; it stands back for others only when it is let go."""
    if not machine().groups:
        pytest.skip("no control group can be made on this machine")
    seat = seated(machine())
    seat.order("read -r _; sleep 100", b"", DEFAULT_LIMITS)
    held = {name: Path(group, name) for group in seat.groups for name in ("pids.max", "cpu.idle")}
    found = {name: path.read_text().strip() for name, path in held.items() if path.exists()}
    assert found.get("pids.max", "516") == "516"
    assert found.get("cpu.idle", "0") == "0"
    pid = seat.pid
    seat.let_go()
    idle = [path.read_text().strip() for path in held.values() if path.name == "cpu.idle" and path.exists()]
    assert idle in ([], ["1"])
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    groups.kill(seat.groups)
    assert groups.remove(seat.groups, timeout_s=5) == ()


@on_both
def test_it_ends_with_whoever_made_it(on):
    """When nobody can let it go any more, it ends without having begun anything."""
    seat = seated(on())
    pid = seat.pid
    seat._close()
    assert os.waitid(os.P_PID, pid, os.WEXITED).si_status == 125
    seat.abandon()


@on_both
def test_one_that_is_abandoned_leaves_nothing(on):
    """After it was abandoned there is no process and no group of it."""
    seat = seated(on())
    pid = seat.pid
    seat.abandon()
    assert not seat.alive
    assert processes.stat(pid) is None
    assert not any(os.path.exists(group) for group in seat.groups)


def test_one_that_died_is_not_alive():
    """Somebody else may kill it, and it says so."""
    seat = seated(plain_machine())
    os.kill(seat.pid, signal.SIGKILL)
    until(lambda: not seat.alive, "it is noticed")
    seat.abandon()
