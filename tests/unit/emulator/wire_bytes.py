"""Requests as bytes on a socket: what no HTTP library would send."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from tests.unit.emulator.raw import Raw

PATIENCE = 5.0
"""Seconds in which every answer has come, and the connection has been closed."""


@dataclass(frozen=True)
class Heard:
    """What came back before the server closed the connection; "" as ``status`` where nothing did."""

    status: str
    whole: bytes

    @property
    def body(self) -> bytes:
        return self.whole.partition(b"\r\n\r\n")[2]


def request(
    method: str = "POST",
    path: str = "/",
    *headers: str,
    body: bytes = b"",
    host: str = "127.0.0.1",
    length: bool = True,
) -> bytes:
    """Write a request; its Content-Length is right unless ``length`` is false."""
    counted = (f"Content-Length: {len(body)}",) if length and body else ()
    lines = (f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, *counted, "", "")
    return "\r\n".join(lines).encode("latin-1") + body


def signed(endpoint: str, body: bytes, action: str = "DescribeMigrationJobs") -> bytes:
    """Write a request of the API with a right signature."""
    raw = Raw(endpoint, body=body).sign(action)
    headers = [f"{name}: {value}" for name, value in raw.headers.items() if name != "Host"]
    return request("POST", "/", *headers, body=body, host=endpoint)


def exchange(endpoint: str, sent: bytes) -> Heard:
    """Send bytes and no more, and read until the server closes. Raises ``TimeoutError`` when it does not in time."""
    host, _, port = endpoint.rpartition(":")
    deadline = time.monotonic() + PATIENCE
    whole = b""
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                whole += part
                connection.settimeout(max(0.01, deadline - time.monotonic()))
        except TimeoutError:
            raise
        except OSError:
            pass  # closed before it had read everything: it has heard enough
    first = whole.partition(b"\r\n")[0].split(b" ")
    return Heard(first[1].decode() if len(first) > 1 else "", whole)
