"""The emulator's own controls, under ``/_emulator/``: clock, faults, journal, state, meter, seed, reset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tencent_dts.emulator.http import visitors
from tencent_dts.emulator.http.journal import redacted
from tencent_dts.emulator.http.service import Service
from tencent_dts.emulator.http.wire import LARGEST_INTEGER, Decoded, json_object
from tencent_dts.emulator.world.clock import iso, stamp
from tencent_dts.emulator.world.kernel import CONTROLS, Plain, require

MAX_BODY_BYTES = 1024 * 1024

Handle = Callable[[Request], Awaitable[Response]]


class Admin:
    """What a person or a test can ask of an emulator, and have it do; each method is one admin call.

    Every method runs on the server's thread. A ``ValueError`` says what is wrong with the arguments.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def health(self) -> Plain:
        """Return whether the emulator works: ``failures`` are tracebacks of handlers that broke."""
        failures = self._service.failures
        return {"status": "broken" if failures else "ok", "failures": list(failures)}

    def clock(self) -> Plain:
        """Return the virtual time: as epoch seconds, in UTC, and in Beijing time as the API writes it."""
        clock = self._service.world.clock
        now = clock.now()
        return {"now": now, "utc": iso(now), "beijing": stamp(now), "speed": clock.speed}

    def set_clock(self, wanted: Decoded) -> Plain:
        """Jump ``advance`` virtual seconds forward, or run at ``speed`` virtual seconds a second (0: stand still)."""
        if not wanted or set(wanted) - {"advance", "speed"}:
            raise ValueError('say {"advance": seconds} or {"speed": virtual seconds per second}')
        for name, value in wanted.items():
            require(isinstance(value, int | float) and not isinstance(value, bool), f"{name} must be a number")
        if "speed" in wanted:
            self._service.world.clock.set_speed(wanted["speed"])
        if "advance" in wanted:
            self._service.advance(wanted["advance"])
        return self.clock()

    def faults(self) -> list[Plain]:
        """Return the fault rules in force."""
        return self._service.faults.all()

    def add_fault(self, wanted: Decoded) -> dict[str, int]:
        """Add a fault rule (see :class:`tencent_dts.emulator.http.faults.Rule`) and return its ``id``."""
        return {"id": self._service.faults.add(wanted)}

    def clear_faults(self, rule_id: int | None = None) -> Plain:
        """Remove one fault rule, or all."""
        self._service.faults.clear(rule_id)
        return {}

    def journal(self, action: str | None = None, after: int = 0) -> list[Plain]:
        """Return the calls (see :class:`tencent_dts.emulator.http.journal.Call`), oldest first."""
        return self._service.journal.entries(action, after)

    def state(self) -> Plain:
        """Return every account's jobs, without secrets."""
        return {"clock": self.clock(), "jobs": redacted(self._control("jobs", {}))}

    def meter(self) -> Any:
        """Return what runs up a bill, and what has."""
        return self._control("meter", {})

    def seed(self, wanted: Decoded) -> Any:
        """Prepare what will happen to jobs (see :mod:`tencent_dts.emulator.world.rehearsals`)."""
        return self._control("seed", wanted)

    def reset(self) -> Plain:
        """Forget everything: jobs, calls, faults, seeds, the clock's advance."""
        self._service.reset()
        return {}

    def _control(self, name: str, arguments: Decoded) -> object:
        world = self._service.world
        with world.store.transaction():
            return CONTROLS[name](world, arguments)


def application(admin: Admin) -> ASGIApp:
    """Return the admin API, which no web page of another place may reach."""
    routes = _routes(admin)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        reason = visitors.refusal({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})
        answer: ASGIApp = JSONResponse({"error": reason}, status_code=403) if reason else routes
        await answer(scope, receive, send)

    return guarded


def _routes(admin: Admin) -> Starlette:

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            return JSONResponse(admin.clear_faults(_number(request, "id")))
        if request.method == "POST":
            return JSONResponse(admin.add_fault(await _arguments(request)))
        return JSONResponse(admin.faults())

    async def journal(request: Request) -> Response:
        return JSONResponse(admin.journal(request.query_params.get("action"), _number(request, "after") or 0))

    async def clock(request: Request) -> Response:
        return JSONResponse(admin.set_clock(await _arguments(request)) if request.method == "POST" else admin.clock())

    async def seed(request: Request) -> Response:
        return JSONResponse(admin.seed(await _arguments(request)))

    app = Starlette(
        routes=[
            _route("health", _plain(admin.health)),
            _route("clock", clock, "GET", "POST"),
            _route("faults", faults, "GET", "POST", "DELETE"),
            _route("journal", journal),
            _route("state", _plain(admin.state)),
            _route("meter", _plain(admin.meter)),
            _route("seed", seed, "POST"),
            _route("reset", _plain(admin.reset), "POST"),
        ],
        exception_handlers={ValueError: _refused},
    )
    app.router.redirect_slashes = False  # a redirect would lead to whatever Host was sent
    return app


def _route(name: str, handle: Handle, *methods: str) -> Route:
    return Route(f"/_emulator/{name}", handle, methods=list(methods or ("GET",)))


def _plain(call: Callable[[], object]) -> Handle:
    async def handle(_: Request) -> Response:
        return JSONResponse(call())

    return handle


async def _arguments(request: Request) -> Plain:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"the body is longer than {MAX_BODY_BYTES} bytes")
    try:
        return json_object(bytes(body))
    except ValueError as error:
        raise ValueError(f"the body {error}") from None


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    number = None if text is None else int(text)
    if number is not None and abs(number) > LARGEST_INTEGER:
        raise ValueError(f"{name} is too large")
    return number


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
