"""Who may call the endpoint."""

import asyncio
import re
from collections import deque
from collections.abc import Mapping

from console.http import token
from engine.clock import Clock
from state.files import Workspace

ANSWER_S = 0.2
"""A wrong token is answered after this time, neither sooner nor later."""
ATTEMPTS = 20
"""How many wrong tokens a minute are answered like that; more are refused at once."""
_MINUTE_S = 60.0
_BY_BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")
_HERE = re.compile(r"(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII)


class Refusal(Exception):
    """A call that is not answered; `status` is the code of HTTP for it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Guard:
    """Judges calls by their headers. On the endpoint's loop only."""

    def __init__(self, workspace: Workspace, clock: Clock) -> None:
        self._workspace = workspace
        self._clock = clock
        self._wrong: deque[float] = deque()

    def strange(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a call looks as if a page in a browser made it; None when it does not."""
        if any(name in headers for name in _BY_BROWSERS):
            return Refusal(403, "this is not for pages in a browser")
        # A page can give a name of its own this machine's address; it cannot give it this name.
        if not _HERE.fullmatch(headers.get("Host", "")):
            return Refusal(403, "call it by the address that the settings name")
        return None

    async def check(self, header: str | None) -> None:
        """Return when the token is right; raises Refusal. A right one is never kept waiting by wrong ones."""
        began = self._clock.monotonic()
        try:
            right = await asyncio.to_thread(token.fits, self._workspace, header)
        except (token.TokenUnsafe, OSError) as error:
            raise Refusal(500, str(error)) from error
        if right:
            return
        if self._too_many(began):
            raise Refusal(429, "too many wrong tokens: wait a minute")
        await asyncio.sleep(max(0.0, began + ANSWER_S - self._clock.monotonic()))
        raise Refusal(401, "send the token that `midwatch http token` prints, as `Authorization: Bearer TOKEN`")

    def _too_many(self, now: float) -> bool:
        while self._wrong and self._wrong[0] <= now - _MINUTE_S:
            self._wrong.popleft()
        if len(self._wrong) >= ATTEMPTS:
            return True
        self._wrong.append(now)
        return False
