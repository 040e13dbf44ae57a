"""A terminal as an operator has it: a window of tmux, and in it a session over a real ssh to this machine."""

import contextlib
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.front.midwatch import MIDWATCH, Space, until

_SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or ""
_SEPARATION = Path("/run/sshd")
"""sshd wants this folder of its own when root runs it."""


class SshServer:
    """An sshd on loopback with keys, settings and a port of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.port = _free_port()
        for name in ("host", "id"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        shutil.copy(folder / "id.pub", folder / "authorized")
        server = (
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {folder}/host", f"PidFile {folder}/sshd.pid",
            f"AuthorizedKeysFile {folder}/authorized", "StrictModes no", "UsePAM no", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "PrintMotd no", "PrintLastLog no",
        )  # fmt: skip
        client = (
            "Host here", "HostName 127.0.0.1", f"Port {self.port}", "User root", f"IdentityFile {folder}/id",
            "IdentitiesOnly yes", "StrictHostKeyChecking no", f"UserKnownHostsFile {folder}/known", "LogLevel ERROR",
        )  # fmt: skip
        (folder / "sshd_config").write_text("\n".join(server) + "\n")
        (folder / "ssh_config").write_text("\n".join(client) + "\n")
        _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self._log = folder / "sshd.log"
        self._process = subprocess.Popen([_SSHD, "-D", "-f", folder / "sshd_config", "-E", self._log])
        until(self._listens, "sshd to listen")

    def _listens(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def command(self, words: Sequence[str]) -> list[str]:
        """The client's command line that runs `words` there, with a terminal."""
        return ["ssh", "-F", str(self._folder / "ssh_config"), "-tt", "here", shlex.join(words)]

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


def _free_port() -> int:
    with socket.socket() as channel:
        channel.bind(("127.0.0.1", 0))
        return int(channel.getsockname()[1])


class Terminal:
    """A window of a given size in a tmux server of its own."""

    def __init__(self, folder: Path, words: Sequence[str], width: int, height: int) -> None:
        self._name = f"midwatch-{secrets.token_hex(6)}"
        self.raw = folder / f"{self._name}.raw"
        """Every byte that the window was sent."""
        self._tmux("-f", os.devnull, "new-session", "-d", "-x", str(width), "-y", str(height), "-s", "only", "cat")
        for setting in ("remain-on-exit on", "set-clipboard on", "allow-rename on"):
            self._tmux("set-option", "-g", *setting.split())
        self._tmux("pipe-pane", "-o", f"cat >> {shlex.quote(str(self.raw))}")
        self._tmux("respawn-pane", "-k", f"exec {shlex.join(words)}")

    def _tmux(self, *words: str) -> str:
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": os.devnull, "TERM": "xterm-256color"}
        done = subprocess.run(["tmux", "-L", self._name, *words], env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    @property
    def pid(self) -> int:
        """The process that runs in it: the ssh client."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    @property
    def title(self) -> str:
        """What the window is called by what runs in it."""
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    @property
    def clipboard(self) -> str:
        """What was copied; empty when nothing was."""
        return self._tmux("list-buffers")

    @property
    def ended(self) -> bool:
        """Whether what ran in it has come to its end."""
        return self._tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def screen(self) -> str:
        """What it shows."""
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names for them."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        """Change its size."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def shows(self, *words: str) -> str:
        """Wait until it shows all of these, and return what it shows."""
        shown = [""]

        def seen() -> bool:
            shown[0] = self.screen()
            return all(word in shown[0] for word in words)

        try:
            until(seen, "it", 30)
        except AssertionError:
            raise AssertionError(f"waited in vain for {words}:\n{shown[0]}") from None
        return shown[0]

    def rests(self) -> str:
        """Wait until it has not changed for a while, which is how an operator reads before pressing a key."""
        last = [self.screen(), time.monotonic()]

        def calm() -> bool:
            now = self.screen()
            if now != last[0]:
                last[:] = [now, time.monotonic()]
            return time.monotonic() - float(last[1]) > 0.7

        until(calm, "the screen to rest", 30)
        return str(last[0])

    def choose(self, pane: str, label: str) -> None:
        """Go to a pane and to the row of a task in it."""
        self._until_pressed(lambda shown: f"━ {pane}" in shown, "Tab", pane)
        row = re.compile(rf"▸[^▸│]*\b{re.escape(label)}\b")
        self._until_pressed(lambda shown: bool(row.search(shown)), "Down", f"{label} in {pane}")
        self.rests()

    def _until_pressed(self, reached: Callable[[str], bool], key: str, what: str) -> None:
        for _ in range(12):
            shown = self.rests()
            if reached(shown):
                return
            self.press(key)
        raise AssertionError(f"{what} cannot be reached:\n{self.screen()}")

    def close(self) -> None:
        """Close the window, which hangs up."""
        with contextlib.suppress(AssertionError):
            self._tmux("kill-server")


class Desk:
    """Where consoles are opened: over ssh, in windows of any size."""

    def __init__(self, server: SshServer, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._open: list[Terminal] = []

    def console(self, space: Space, width: int = 80, height: int = 24) -> Terminal:
        """Open a console on a workspace, in a session of its own over ssh."""
        env = [f"{name}={value}" for name, value in space.env.items() if name not in ("COLUMNS", "LANG")]
        words = ["cd", str(space.home), "&&", "exec", "env", *env, "LANG=C.UTF-8", *MIDWATCH]
        line = " ".join(word if word == "&&" else shlex.quote(word) for word in words)
        terminal = Terminal(self._folder, self._server.command(["sh", "-c", line]), width, height)
        self._open.append(terminal)
        return terminal

    def close(self) -> None:
        """Close all windows; what they showed last is told where a test fails."""
        for terminal in self._open:
            with contextlib.suppress(AssertionError):
                print(terminal.screen())
            terminal.close()


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """An sshd of our own; one that is not root's cannot make terminals."""
    missing = [name for name, found in (("sshd", _SSHD), ("ssh", shutil.which("ssh"))) if not found]
    if missing or os.geteuid() != 0:
        pytest.skip(f"no sshd of our own can be had: {', '.join(missing) or 'only root may give out terminals'}")
    made = not _SEPARATION.exists()
    server = SshServer(tmp_path_factory.mktemp("ssh") / "server")
    yield server
    server.close()
    if made:
        with contextlib.suppress(OSError):
            _SEPARATION.rmdir()


@pytest.fixture
def desk(ssh_server: SshServer, tmp_path: Path) -> Iterator[Desk]:
    """Windows over ssh, all closed at the end."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    made = Desk(ssh_server, tmp_path)
    yield made
    made.close()


def cut(terminal: Terminal) -> None:
    """Take the connection away without a word."""
    os.kill(terminal.pid, signal.SIGKILL)
