"""A console on a terminal, as a program for the driver's tests: it writes down what it dropped, and how it ended."""

import sys
import tempfile
import threading
from pathlib import Path

from console.app import Midwatch
from engine.clock import SystemClock
from state.model.progress import Progress
from tests.console.fake_engine import FakeEngine, night, ports, workspace

BEAT_S = 0.02


def main(notes: Path) -> None:
    """Run until it is left; the loop counts dropped frames in `notes/dropped`, and `notes/end` says how it ended."""
    engine = night(FakeEngine())
    over = threading.Event()

    class Beating(Midwatch):
        def on_mount(self) -> None:
            self.set_interval(BEAT_S, self.beat)

        def beat(self) -> None:
            dropped = self._driver._patient.dropped if self._driver else 0  # type: ignore[attr-defined]
            (notes / "dropped").write_text(str(dropped))

    def work() -> None:
        percent = 0
        while not over.wait(0.01):
            percent += 1
            # Every change redraws all of every pane: as much for the terminal as a console can send.
            engine.put(Progress(build="ledger-1", percent=percent % 100, step=f"step {percent}"))
            if app.is_running:
                app.call_later(app.refresh, repaint=True)

    with tempfile.TemporaryDirectory() as folder:
        app = Beating(engine, workspace(Path(folder)), ports(), actor="operator:ann", clock=SystemClock())
        worker = threading.Thread(target=work)
        worker.start()
        left = app.run()
        over.set()
        worker.join()
    (notes / "end").write_text(f"{left.kind if left else None} lost={app.terminal_lost}")


main(Path(sys.argv[1]))
