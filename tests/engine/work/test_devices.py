"""Device files of a build's own."""

import os

import pytest

from engine.work import devices


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make device files")
def test_they_work_like_the_machines(tmp_path):
    """The devices that are made have the machine's numbers, are open to all, and work."""
    assert devices.make(tmp_path / "dev")
    for name in devices.NUMBERS:
        ours, theirs = os.stat(tmp_path / "dev" / name), os.stat(f"/dev/{name}")
        assert ours.st_rdev == theirs.st_rdev
        assert ours.st_ino != theirs.st_ino
        assert ours.st_mode & 0o777 == 0o666
    with (tmp_path / "dev" / "zero").open("rb") as zero:
        assert zero.read(3) == b"\0\0\0"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make device files")
def test_they_can_be_made_again(tmp_path):
    """A folder that has them already gets fresh ones, whatever a build did to the old."""
    devices.make(tmp_path / "dev")
    (tmp_path / "dev" / "null").chmod(0)
    assert devices.make(tmp_path / "dev")
    assert os.stat(tmp_path / "dev" / "null").st_mode & 0o777 == 0o666


def test_where_they_cannot_be_made_it_is_said(tmp_path):
    """No folder to make them in is no failure, but an answer."""
    assert not devices.make(tmp_path / "nosuch" / "dev")


def test_a_user_has_no_need_of_them(tmp_path, monkeypatch):
    """Who is not root cannot change the machine's devices, so none are made."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not devices.make(tmp_path / "dev")
    assert not (tmp_path / "dev").exists()
