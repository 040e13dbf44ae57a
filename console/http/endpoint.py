"""The routes of the endpoint, and what each of them answers."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from aiohttp import web

from console.daemon import health
from console.http.exposition import Exposition
from console.http.guard import Guard, Refusal
from engine.clock import SystemClock
from engine.safety import kill_switch
from state.errors import MidwatchError
from state.files import Workspace
from state.model.brakes.kill_use import Means
from state.model.record import Noun
from state.records import UNREADABLE
from state.settings import HttpSettings
from state.text import one_line

ACTOR = "http"
"""Who uses the switch, as the record names it: the token says no more than that it was allowed."""
BODY_BYTES = 4096
CONNECTIONS = 64
_HEALTH_S = 2.0
_WHY_WIDTH = 500
_KILLERS = 4

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class KillOrder(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /kill`."""

    why: str = ""


class Endpoint:
    """Answers without the engine's loop: the switch works on files, and all else waits only so long for the engine."""

    def __init__(self, workspace: Workspace, settings: HttpSettings) -> None:
        self._workspace = workspace
        self._settings = settings
        self._guard = Guard(workspace, SystemClock())
        self._exposition = Exposition(workspace)
        # Of its own, so that nobody who asks for figures can keep the switch waiting.
        self._killers = ThreadPoolExecutor(_KILLERS, "http-kill")
        app = web.Application(middlewares=[self._watch], client_max_size=BODY_BYTES)
        app.router.add_post("/kill", self._kill)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, keepalive_timeout=5.0, shutdown_timeout=1.0
        )
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; returns the port. Raises OSError when it is taken."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._accept, self._settings.host, self._settings.port, reuse_address=True
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening, and give the last answers."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()
        self._killers.shutdown(wait=False)

    def _accept(self) -> asyncio.Protocol:
        server = self._runner.server
        assert server is not None
        # Not at once: of those that come at the same moment none is on the list of connections yet.
        asyncio.get_running_loop().call_soon(self._make_room, server)
        return server()

    @staticmethod
    def _make_room(server: web.Server) -> None:
        """Who opens connections without a word must not keep anybody else out: the oldest ones go."""
        for stale in server.connections[: max(0, len(server.connections) + 1 - CONNECTIONS)]:
            stale.force_close()

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a call through to its route, or say in JSON why not."""
        try:
            refusal = self._guard.strange(request.headers)
            if refusal is not None:
                raise refusal
            unknown = request.match_info.http_exception
            if unknown is not None:
                raise Refusal(unknown.status, "there are POST /kill, GET /health and GET /metrics")
            if not (request.path == "/metrics" and self._settings.open_metrics):
                await self._guard.check(request.headers.get("Authorization"))
            return await handler(request)
        except Refusal as error:
            return _said(error.status, {"ok": False, "text": str(error)})
        except web.HTTPRequestEntityTooLarge:
            return _said(413, {"ok": False, "text": f"a body has at most {BODY_BYTES} bytes"})

    async def _kill(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            order = msgspec.json.decode(raw, type=KillOrder) if raw.strip() else KillOrder()
        except UNREADABLE as error:
            raise Refusal(400, f'the body is no {{"why": "..."}}: {one_line(str(error), _WHY_WIDTH)}') from error
        loop = asyncio.get_running_loop()
        status, answer = await loop.run_in_executor(self._killers, self._engage, one_line(order.why, _WHY_WIDTH))
        return _said(status, answer)

    def _engage(self, why: str) -> tuple[int, dict[str, Any]]:
        began = time.monotonic()
        try:
            reports = kill_switch.engage(self._workspace, ACTOR, why, means=Means.HTTP)
        except MidwatchError as error:
            return 500, {"ok": False, "text": str(error), "builds": 0, "ms": _ms_since(began)}
        ms = _ms_since(began)
        reports = kill_switch.killed_by(self._workspace, reports)
        ok = not any(report.survivors for report in reports)
        answer = {"ok": ok, "text": kill_switch.died(reports), "builds": len(reports), "ms": ms}
        return 200 if ok else 500, answer

    async def _health(self, request: web.Request) -> web.StreamResponse:
        found = await asyncio.to_thread(health.examine, self._workspace, _HEALTH_S)
        return _said(200 if found.healthy else 503, msgspec.to_builtins(found))

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        text, kind = await self._exposition.text()
        return web.Response(body=text, headers={"Content-Type": kind})


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _said(status: int, answer: dict[str, Any]) -> web.Response:
    return web.Response(status=status, text=json.dumps(answer) + "\n", content_type="application/json")
