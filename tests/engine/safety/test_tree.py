"""All the processes of one build."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from engine.safety import processes, record, status
from engine.safety.tree import Tree
from tests.engine.work.running import build_in, plain_machine, start, until_file

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def paths(workspace):
    """A build's folder."""
    return build_in(workspace)


def running(paths, **changes):
    """Start a build of two processes and return its record."""
    start(paths, "setsid sleep 1000 & touch up; sleep 1000", plain_machine(), **changes)
    until_file(paths.work / "up")
    known = record.read(paths)
    assert known is not None
    return known


def test_a_sandboxed_tree_has_an_init(paths):
    """The namespace's init is found, and with it everyone who supervises the build."""
    known = running(paths)
    with Tree(paths, known) as tree:
        assert tree.init is not None
        assert status.child_pid(paths) in tree.supervisors
        assert len(tree.supervisors) == 3
        assert len(tree.inside()) >= 2
        assert tree.supervisors <= tree.living().keys()


def test_an_unsandboxed_tree_is_found_by_its_mark(paths):
    """Without a sandbox there is no init, but what runs in the build's name is found."""
    known = running(paths, sandboxed=False)
    with Tree(paths, known) as tree:
        assert tree.init is None
        assert tree.supervisors == {known.process.pid}
        assert len(tree.inside()) >= 3


def test_a_lost_record_hides_nobody(paths):
    """Without its record a build's processes are still found, the sandbox's inside included."""
    known = running(paths)
    with Tree(paths, known) as tree, Tree(paths, None) as found:
        assert found.living().keys() == tree.living().keys()


def test_a_reused_pid_is_not_taken_for_the_init(paths):
    """A status file that names a process of somebody else makes that process no part of the tree."""
    known = running(paths)
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        paths.status.write_text(f'{{"child-pid": {stranger.pid}}}')
        with Tree(paths, known) as tree:
            assert tree.init is None
            assert stranger.pid not in tree.supervisors
            assert stranger.pid not in tree.living()
        stranger.kill()


def test_a_reused_pid_is_not_taken_for_the_outermost(paths):
    """A record whose pid now belongs to somebody else leads to nobody, nor to that one's session."""
    known = running(paths)
    me = processes.identify(os.getpid())
    assert me is not None
    old = msgspec.structs.replace(known, process=msgspec.structs.replace(me, start_ticks=me.start_ticks - 1))
    with Tree(paths, old) as tree:
        assert tree.outer is None
        assert os.getppid() not in tree.living()


def test_whoever_kills_is_spared(paths):
    """A process that looks for a tree which it is itself part of does not count itself."""
    code = (
        "import sys; from pathlib import Path\n"
        "from engine.safety.tree import Tree; from state.files import BuildPaths\n"
        "with Tree(BuildPaths(Path(sys.argv[1])), None) as tree: print(sorted(tree.living()) == [])"
    )
    env = {**os.environ, "MIDWATCH_BUILD": os.path.realpath(paths.root)}
    told = subprocess.run([sys.executable, "-c", code, paths.root], cwd=ROOT, env=env, check=True, stdout=-1, text=True)
    assert told.stdout == "True\n"
