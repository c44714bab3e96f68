"""The HTTP server: reads requests off the wire, sends answers, and cuts connections when a fault wants it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tencent_dts.emulator.http import signatures
from tencent_dts.emulator.http.service import Answer, Service
from tencent_dts.emulator.http.wire import Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_HEADER_BYTES = 64 * 1024
KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 1
TICKS = 5
"""How many tenths of a second pass between two looks at what goes on by itself."""


class Protocol(H11Protocol):
    """Uvicorn's HTTP/1.1, which also hands each request its connection, so that it can be cut."""

    def connection_made(self, transport: Any) -> None:
        """Remember the connection for the requests that will come over it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def application(service: Service, admin: Application) -> Application:
    """Return the ASGI application: the API at ``/``, everything else at ``admin``."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        # An answer of the API is a 200, which would turn a CONNECT into a tunnel.
        if scope["path"] != "/" or scope["method"] == "CONNECT":
            await admin(scope, receive, send)
            return
        transport: asyncio.Transport = scope["state"]["transport"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        head = Request(scope["method"], scope["query_string"].decode("latin-1"), headers)
        limit = signatures.size_limit(head)
        body = await read(receive, limit, headers.get("content-length", ""))
        if body is None or len(head.query) > limit:
            await _deliver(service, service.refuse_size(head), transport, receive, send)
        elif not transport.is_closing():
            request = Request(head.method, head.query, headers, body)
            await _deliver(service, service.answer(request), transport, receive, send)

    return serve


async def read(receive: Receive, limit: int, announced: str) -> bytes | None:
    """Read a body of at most ``limit`` bytes; None when it is longer, without reading on."""
    if announced.isdecimal() and int(announced[:20]) > limit:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _deliver(
    service: Service, answer: Answer, transport: asyncio.Transport, receive: Receive, send: Send
) -> None:
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.cut == "drop":
        transport.abort()
    elif not transport.is_closing():
        await _send(answer, send, service.world.clock.now())
        if answer.cut:
            transport.close()  # unlike abort, it sends what has been written
        elif not answer.call.answered:
            service.journal.answered(answer.call)
            return
    while transport.is_closing() and (await receive())["type"] != "http.disconnect":
        pass


async def _send(answer: Answer, send: Send, at: float) -> None:
    length = str(len(answer.body)).encode()
    date = formatdate(at, usegmt=True).encode()  # of the service's clock: the clock of all times it reports
    headers = [(b"content-type", answer.content_type.encode()), (b"content-length", length), (b"date", date)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.cut == "truncate":
        await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
    else:
        await send({"type": "http.response.body", "body": answer.body})


class Server(uvicorn.Server):
    """Uvicorn on a socket of ours; ``on_ready`` is called once it serves, ``tend`` twice a second while it does."""

    def __init__(
        self, app: Application, listener: socket.socket, on_ready: Callable[[], None], tend: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,  # an answer of the API is dated by the virtual clock
                proxy_headers=False,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._listener = listener
        self._on_ready = on_ready
        self._tend = tend

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, then say so."""
        await super().startup(sockets)
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Do what uvicorn does every tenth of a second, and let go on what goes on by itself."""
        if counter % TICKS == 0:
            self._tend()
        return await super().on_tick(counter)

    def handle_exit(self, *_: object) -> None:
        """Stop in good order; uvicorn's own would end the process by the same signal once more."""
        self.should_exit = True

    def serve_until_stopped(self) -> None:
        """Serve until ``should_exit`` is set or, in the main thread, until SIGINT or SIGTERM."""
        asyncio.run(self.serve([self._listener]))


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Raises ``OSError`` when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only with the protocol named does asyncio send small packets at once; without, an answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener
