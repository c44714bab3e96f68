"""The emulator as a library: a real HTTP server in a thread of the caller's process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tencent_dts.emulator.data import engines
from tencent_dts.emulator.data import model as data
from tencent_dts.emulator.http import admin, server
from tencent_dts.emulator.http.service import Service
from tencent_dts.emulator.http.signatures import Key, account_of
from tencent_dts.emulator.world import rows
from tencent_dts.emulator.world.clock import Clock
from tencent_dts.emulator.world.kernel import Plain, Settings, World
from tencent_dts.emulator.world.store import Store
from tencent_dts.emulator.world.timings import Timings

DEFAULT_ACCOUNTS = {"AKIDemulator": "emulator-secret"}
PATIENCE_SECONDS = 60

Result = TypeVar("Result")


class EmulatorBroken(AssertionError):
    """A handler of the emulator broke; the message holds the tracebacks."""


class Emulator:
    """An emulated DTS. Use it as a context manager, or call :meth:`start` and :meth:`stop`.

    ``speed``: virtual seconds per real second (0: only :meth:`advance` moves time). ``state``: a SQLite file that
    keeps jobs and journal; None keeps them in memory. ``accounts``: SecretKey (or :class:`Key`) by SecretId.
    ``rate_limit``: whether to enforce the published requests per second. ``host``, ``port``: where to listen;
    port 0 takes a free one. ``international``: SecretIds of accounts of the international site, where DTS is free.
    ``max_unused_jobs``, ``visibility_delay``, ``timings``: see :class:`Settings`. ``servers``: real servers by the
    names that jobs have for them; rows of jobs between two of them really move. All methods may be called from any
    thread.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        state: Path | str | None = None,
        accounts: Mapping[str, str | Key] | None = None,
        rate_limit: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        max_unused_jobs: int = Settings.max_unused_jobs,
        visibility_delay: float = Settings.visibility_delay,
        international: Iterable[str] = (),
        timings: Timings | None = None,
        servers: Mapping[str, data.Server] | None = None,
    ) -> None:
        keys = {
            secret_id: key if isinstance(key, Key) else Key(key)
            for secret_id, key in (DEFAULT_ACCOUNTS if accounts is None else accounts).items()
        }
        free = frozenset(account_of(secret_id, keys[secret_id]) for secret_id in international)
        settings = Settings(timings or Timings(), max_unused_jobs, visibility_delay, free)
        self._store = Store(state)
        self._desk = engines.desk(servers) if servers else None
        self._keeps_jobs = state is not None
        self._service = Service(World(Clock(speed), self._store, settings, self._desk), keys, rate_limit)
        self._refuse_lost()
        self._admin = admin.Admin(self._service)
        self._address = (host, port)
        self._thread: threading.Thread | None = None
        self._server: server.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _refuse_lost(self) -> None:
        """Raise ``ValueError`` for jobs whose real servers are not mapped: they cannot go on, nor be rehearsed."""
        lost = list(rows.lost(self._service.world))
        if lost:
            self._store.close()
            ways = "start with the mapping that names it (--data), or on another state"
            raise ValueError(f"{'; '.join(lost)}: {ways}")

    @property
    def endpoint(self) -> str:
        """``host:port``, as the SDK's ``HttpProfile.endpoint`` wants it, with ``protocol="http"``."""
        host, port = self._address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def prepare(self, on_ready: Callable[[], None]) -> server.Server:
        """Take the address and return the server, which does not run yet. Raises ``OSError`` when it is taken."""
        try:
            listener = server.listen(*self._address)
        except OSError:
            self._store.close()
            raise
        self._address = (self._address[0], listener.getsockname()[1])
        app = server.application(self._service, admin.application(self._admin))
        if self._desk is not None:
            self._desk.look_around([job["JobId"] for job in self._store.all("migration")])
        return server.Server(app, listener, on_ready, self._service.tend)

    def start(self) -> Self:
        """Serve in a thread; return when it does."""
        ready = threading.Event()

        def on_ready() -> None:
            self._loop = asyncio.get_running_loop()
            ready.set()

        self._server = self.prepare(on_ready)
        self._thread = threading.Thread(target=self._server.serve_until_stopped, name="dts-emulator", daemon=True)
        self._thread.start()
        if not ready.wait(PATIENCE_SECONDS):
            raise TimeoutError("the emulator did not start")
        return self

    def stop(self) -> None:
        """Stop serving and close the state. Raises :class:`EmulatorBroken` when a handler broke."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(PATIENCE_SECONDS)
            self._thread = self._loop = None
        try:
            if self._desk is not None:
                self._desk.close(leave=self._keeps_jobs)
        finally:
            self._store.close()
        self.raise_failures()

    def raise_failures(self) -> None:
        """Raise :class:`EmulatorBroken` when a handler broke since the last reset."""
        if self._service.failures:
            raise EmulatorBroken("\n".join(self._service.failures))

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def clock(self) -> Plain:
        """Return the virtual time and the speed; see :meth:`Admin.clock`."""
        return self._run(self._admin.clock)

    def advance(self, seconds: float) -> None:
        """Jump ``seconds`` of virtual time forward."""
        self._run(lambda: self._admin.set_clock({"advance": seconds}))

    def set_speed(self, speed: float) -> None:
        """Run at ``speed`` virtual seconds per real second; 0 stands still."""
        self._run(lambda: self._admin.set_clock({"speed": speed}))

    def reset(self) -> None:
        """Forget jobs, calls, faults and seeds; set the clock to the real time and to its first speed."""
        self._run(self._admin.reset)

    def seed(self, wanted: Plain) -> Plain:
        """Prepare what will happen to jobs; see :mod:`tencent_dts.emulator.world.rehearsals`."""
        return self._run(lambda: self._admin.seed(wanted))

    def add_fault(self, wanted: Plain) -> int:
        """Add a fault rule and return its id; see :class:`tencent_dts.emulator.http.faults.Rule`."""
        return self._run(lambda: self._admin.add_fault(wanted))["id"]

    def faults(self) -> list[Plain]:
        """Return the fault rules with how many calls each has matched and struck."""
        return self._run(self._admin.faults)

    def clear_faults(self, rule_id: int | None = None) -> None:
        """Remove one fault rule, or all."""
        self._run(lambda: self._admin.clear_faults(rule_id))

    def journal(self, action: str | None = None, after: int = 0) -> list[Plain]:
        """Return the calls, oldest first; see :class:`tencent_dts.emulator.http.journal.Call`."""
        return self._run(lambda: self._admin.journal(action, after))

    def jobs(self) -> list[Plain]:
        """Return every account's jobs, without secrets."""
        jobs: list[Plain] = self._run(self._admin.state)["jobs"]
        return jobs

    def meter(self) -> Plain:
        """Return what runs up a bill, and what has."""
        meter: Plain = self._run(self._admin.meter)
        return meter

    def _run(self, call: Callable[[], Result]) -> Result:
        """Run on the server's thread: handlers and admin calls never overlap."""
        if self._loop is None:
            raise RuntimeError("the emulator does not run: use it in a with statement, or call start()")

        async def on_loop() -> Result:
            return call()

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(PATIENCE_SECONDS)
