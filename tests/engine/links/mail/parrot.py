"""A mail server that says what a test has it say, however wrong."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Says = Callable[[bytes, bytes], bytes]
"""Given a command's tag and the rest of its line, what to answer."""


@contextmanager
def parrot(says: Says, greeting: bytes = b"* OK here\r\n") -> Iterator[int]:
    """Yield the port; every connection is answered by the same function."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()
        threading.Thread(target=_serve, args=(place, says, greeting), daemon=True).start()
        yield place.getsockname()[1]
        place.shutdown(socket.SHUT_RDWR)


def _serve(place: socket.socket, says: Says, greeting: bytes) -> None:
    while True:
        try:
            caller, _ = place.accept()
        except OSError:
            return
        with caller, caller.makefile("rb") as lines:
            try:
                caller.sendall(greeting)
                for line in lines:
                    tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
                    caller.sendall(says(tag, rest))
            except OSError:
                continue


def polite(**others: Callable[[bytes, bytes], bytes]) -> Says:
    """Say yes to everything, but for the commands that are named, in lower case."""

    def say(tag: bytes, rest: bytes) -> bytes:
        verb = rest.split(b" ")[0].decode().lower()
        if verb in others:
            return others[verb](tag, rest)
        first = {"capability": b"* CAPABILITY IMAP4rev1\r\n", "logout": b"* BYE\r\n"}.get(verb, b"")
        return first + tag + b" OK done\r\n"

    return say
