"""An emulator inside this process: its ASGI application, called without a socket, a thread or real time.

The SDK signs, sends and reads as always; below it, httpx hands each request to the application that serves its
address. A call takes half a millisecond so, and a walk is the same each time it is walked.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import httpx

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.http import admin, server
from tencent_dts.emulator.http.service import CLOCK
from tencent_dts.emulator.http.signatures import Key
from tencent_dts.emulator.world import billing, ids

Result = TypeVar("Result")
Message = MutableMapping[str, Any]

HOST = "127.0.0.1"
BEGINNING = 1_790_000_000.0  # any moment will do, as long as it is always the same
REGION = "ap-guangzhou"  # of the cloud connection as it should be
ACCOUNT, STRANGER = "100000000001", "100000000002"
KEYS = {
    "AKIDemulator": Key("emulator-secret", account=ACCOUNT),
    "AKIDrotated": Key("rotated-secret", account=ACCOUNT),
    "AKIDstranger": Key("stranger-secret", account=STRANGER),
}


class Inside(Emulator):
    """An emulator that is called in the caller's own thread.

    :param port: where its connections say that it listens.
    :param state: the file that it keeps its state in; ``None``: it forgets.
    """

    def __init__(self, port: int, state: Path | None = None) -> None:
        super().__init__(speed=0, rate_limit=False, accounts=KEYS, host=HOST, port=port, state=state)
        clock, kept = self._service.world.clock, self._service.world.store.get(*CLOCK) or {}
        clock._real = lambda: BEGINNING
        clock.reset()
        clock.advance_to(max(self._service.journal.last_time(), kept.get("now", BEGINNING)))
        self.application = server.application(self._service, admin.application(self._admin))

    def _run(self, call: Callable[[], Result]) -> Result:
        return call()

    @property
    def world(self) -> Any:
        """What its handlers act on."""
        return self._service.world

    def now(self) -> float:
        """Its virtual time."""
        return float(self.world.clock.now())

    def leave(self) -> None:
        """End it, as a process ends: what is not in its file is lost."""
        self._store.close()


class _Line:
    """A connection that the emulator can cut."""

    def __init__(self) -> None:
        self.cut = False

    def is_closing(self) -> bool:
        """Whether it was cut."""
        return self.cut

    def close(self) -> None:
        """Cut it, once everything has been sent."""
        self.cut = True

    abort = close


class _Body(httpx.AsyncByteStream):
    """The body of an answer; one that was cut off breaks where it ends."""

    def __init__(self, body: bytes, *, whole: bool) -> None:
        self._body = body
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
        if not self._whole:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class Network:
    """Which emulator listens at which port; nothing else is reachable.

    :param mangle: told of each whole body before it is read; what it returns arrives instead.
    """

    def __init__(self) -> None:
        self.places: dict[int, Inside] = {}
        self.mangle: Callable[[bytes], bytes] = lambda body: body

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Hand one request to the emulator at its address."""
        place = self.places.get(request.url.port or 0) if request.url.host == HOST else None
        if place is None:
            raise httpx.ConnectError("All connection attempts failed")
        line, sent = _Line(), list[Message]()
        body = await request.aread()

        async def receive() -> Message:
            return {"type": "http.disconnect"} if line.cut else {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.url.path,
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "state": {"transport": line},
        }
        await place.application(scope, receive, send)
        if not sent:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        start, *parts = sent
        whole = not any(part.get("more_body") for part in parts)
        content = b"".join(part.get("body", b"") for part in parts)
        if whole and start["status"] == httpx.codes.OK:
            content = self.mangle(content)
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        return httpx.Response(start["status"], headers=headers, stream=_Body(content, whole=whole), request=request)

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Put it below every asynchronous client of httpx."""

        async def send(_transport: Any, request: httpx.Request) -> httpx.Response:
            return await self.send(request)

        async def close(*_: Any) -> None:
            return None

        async def enter(transport: Any) -> Any:
            return transport

        kind = "httpx.AsyncHTTPTransport"
        with contextlib.ExitStack() as stack:
            for name, method in (
                ("__init__", lambda *_, **__: None),
                ("handle_async_request", send),
                ("aclose", close),
                ("__aenter__", enter),
                ("__aexit__", close),
            ):
                stack.enter_context(mock.patch(f"{kind}.{name}", method))
            yield


class _Secrets:
    """What the emulator draws ids from: always the same ones, for a seed."""

    def __init__(self, seed: str) -> None:
        drawn = random.Random(seed)
        self.choice = drawn.choice
        self.randbelow = drawn.randrange


@contextlib.contextmanager
def same_ids(seed: str) -> Iterator[None]:
    """Let the emulators give the same ids each time."""
    with contextlib.ExitStack() as stack:
        for module in (ids, billing):
            stack.enter_context(mock.patch.object(module, "secrets", _Secrets(seed)))
        yield
