"""The family of expected failures, whose texts tell the operator what to do."""

from pathlib import Path


class MidwatchError(Exception):
    """An expected failure; its text is for the operator and `code` is the exit code of a command line."""

    code = 1


class NoWorkspace(MidwatchError):
    """No workspace where one was looked for."""

    code = 3


class WorkspaceBusy(MidwatchError):
    """Another process may write here; `pid` is who, 0 when it did not say."""

    code = 4

    def __init__(self, root: Path, pid: int) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{who} holds the workspace {root}: wait until it is done, or end it and try again")
        self.pid = pid


class StoreFailed(MidwatchError):
    """Nothing was changed, because it could not be made durable.

    `final` says that no later commit of this process can succeed either.
    """

    def __init__(self, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.final = final
