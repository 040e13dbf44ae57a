"""Views of a store."""

from pathlib import Path

from engine.viewers import picture
from state.files import create_workspace
from state.model.progress import Progress
from state.model.view import EngineInfo
from state.store import Store
from tests.engine.engines import SETUP
from tests.making import NOON, ManualClock, a_build, a_task


def test_one_view_follows_the_store_and_the_other_does_not(tmp_path: Path) -> None:
    """What a plan looks at costs nothing; what is handed out never changes under those who read it."""
    progress: dict[str, Progress] = {}
    with Store.open(create_workspace(tmp_path), ManualClock()) as store:
        live, whole = (make(store, NOON, EngineInfo(pid=7), progress) for make in (picture.live, picture.whole))
        assert live == whole
        store.commit([a_task(), a_build()], SETUP)
        progress["tidy-1"] = Progress(build="tidy-1")
        assert [*live.tasks, *live.builds, *live.progress] == ["tidy", "tidy-1", "tidy-1"]
        assert [*whole.tasks, *whole.builds, *whole.progress] == []
        assert (whole.at, whole.number, whole.engine.pid) == (NOON, 0, 7)
