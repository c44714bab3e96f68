"""Airflow's own API server on a port of this process, over the tests' database."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

USER, PASSWORD = "oncall", "a-password-of-the-tests"
READER = "reader"


@dataclass
class Doorkeeper:
    """Stands before the application, and can break one of the calls that change something.

    :param app: the application.
    :param breaks: which one, from 1 on; 0 for none.
    :param after: it is carried out before its answer is lost.
    :param changes: the changing calls so far, as ``PUT job_id``.
    """

    app: Any
    breaks: int = 0
    after: bool = False
    changes: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] in ("PUT", "DELETE"):
            self.changes.append(f"{scope['method']} {scope['path'].rpartition('/')[2]}")
            if len(self.changes) == self.breaks:
                if self.after:
                    await self.app(scope, receive, self._nowhere)
                await send({"type": "http.response.start", "status": 503, "headers": []})
                await send({"type": "http.response.body", "body": b"upstream is gone"})
                return
        await self.app(scope, receive, send)

    async def _nowhere(self, message: Any) -> None:
        """Loses an answer."""

    def expect(self, breaks: int = 0, *, after: bool = False) -> None:
        """Count anew, and break this call."""
        self.breaks, self.after = breaks, after
        self.changes.clear()


@dataclass(frozen=True)
class Served:
    """The server as its users meet it."""

    address: str
    door: Doorkeeper


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve it. ``oncall`` may change tasks, ``reader`` may only look; one password serves both.

    :param folder: for the file of the passwords.
    """
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({USER: PASSWORD, READER: PASSWORD}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", f"{USER}:op,{READER}:viewer")
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of the tests, " * 5)
        from airflow.api_fastapi.app import create_app

        door = Doorkeeper(create_app("core"))
        server = uvicorn.Server(uvicorn.Config(door, host="127.0.0.1", port=0, log_config=None))
        thread = threading.Thread(target=server.run, name="airflow-api")
        thread.start()
        try:
            give_up = time.monotonic() + 60
            while not server.started:
                assert thread.is_alive(), "Airflow's API server does not start"
                assert time.monotonic() < give_up, "Airflow's API server does not start"
                time.sleep(0.05)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield Served(f"http://127.0.0.1:{port}", door)
        finally:
            server.should_exit = True
            thread.join()
