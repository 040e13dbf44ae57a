"""What a supervisor wrote about a build's start and end."""

import pytest

from engine.safety import status
from tests.engine.work.running import build_in

START = '{ "child-pid": 17, "net-namespace": 4026532256 }\n'


@pytest.mark.parametrize(
    ("text", "child", "code"),
    [
        ("", None, None),
        (START, 17, None),
        (START + '{ "exit-code": 3 }\n', 17, 3),
        (START + '{ "exit-', 17, None),
        ('{ "child-p', None, None),
        (START + "garbage", 17, None),
        ('{ "child-pid": "17" }[1]{ "exit-code": 0 }', None, 0),
    ],
    ids=["empty", "started", "ended", "torn end", "torn start", "garbage", "strange"],
)
def test_what_is_whole_counts(workspace, text, child, code):
    """The file is read as far as it is whole, at any moment of its being written."""
    paths = build_in(workspace)
    paths.status.write_text(text)
    assert status.child_pid(paths) == child
    assert status.exit_code(paths) == code


def test_no_file_is_nothing_yet(workspace):
    """Before there is a file nothing has begun."""
    paths = workspace.build("b-9")
    assert status.child_pid(paths) is None
    assert status.exit_code(paths) is None
