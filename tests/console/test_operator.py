"""Who is at the keyboard."""

import os
import pwd

from console.operator import operator


def test_a_user_is_named_and_a_stranger_is_numbered() -> None:
    """By name where the machine knows one, by number where it does not."""
    assert operator(os.getuid()) == f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    known = {user.pw_uid for user in pwd.getpwall()}
    stranger = next(uid for uid in range(60_000, 65_000) if uid not in known)
    assert operator(stranger) == f"operator:{stranger}"
