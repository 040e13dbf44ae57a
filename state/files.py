"""The operator's folder: where everything lives in it."""

from dataclasses import dataclass
from pathlib import Path

HIDDEN = ".midwatch"


@dataclass(frozen=True, slots=True)
class BuildPaths:
    """The files of one build, under `.midwatch/builds/<id>/`."""

    root: Path

    @property
    def work(self) -> Path:
        """The workspace: writable by the build, `/work` inside its sandbox."""
        return self.root / "work"

    @property
    def output(self) -> Path:
        """What the command printed, standard output and error together."""
        return self.root / "output.log"

    @property
    def status(self) -> Path:
        """JSON objects that bubblewrap writes: `child-pid` at the start, `exit-code` at the end."""
        return self.root / "status.json"

    @property
    def process(self) -> Path:
        """Who to kill: written once the build is spawned, readable without the engine."""
        return self.root / "process.json"

    @property
    def git(self) -> Path:
        """The engine's own git directory for this build; never visible inside the sandbox."""
        return self.root / "engine.git"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The operator's folder and the paths in it."""

    root: Path

    @property
    def hidden(self) -> Path:
        """`.midwatch`, mode 0700."""
        return self.root / HIDDEN

    @property
    def settings(self) -> Path:
        """The operator's settings."""
        return self.root / "midwatch.toml"

    @property
    def journal(self) -> Path:
        """The folder of the journal's segments."""
        return self.hidden / "journal"

    @property
    def checkpoint(self) -> Path:
        """The store's checkpoint."""
        return self.hidden / "state.json"

    @property
    def lock(self) -> Path:
        """Locked by whoever may write."""
        return self.hidden / "engine.lock"

    @property
    def socket(self) -> Path:
        """Where a running engine listens."""
        return self.hidden / "control.sock"

    @property
    def stop(self) -> Path:
        """While this file is there, nothing runs."""
        return self.hidden / "STOP"

    @property
    def builds(self) -> Path:
        """One folder a build."""
        return self.hidden / "builds"

    @property
    def logs(self) -> Path:
        """The engine's own logs."""
        return self.hidden / "logs"

    def build(self, build_id: str) -> BuildPaths:
        """The paths of one build."""
        return BuildPaths(self.builds / build_id)
