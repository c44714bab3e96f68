"""What the emulator's server and its behaviour agree on: callers, errors, the world, the table of handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tencent_dts.emulator.data.desk import Desk
from tencent_dts.emulator.world.clock import Clock
from tencent_dts.emulator.world.store import Store
from tencent_dts.spec import VERSION_2021

if TYPE_CHECKING:
    from tencent_dts.emulator.world.timings import Timings

Fidelity = Literal["documented", "observed", "assumed"]


class ApiError(Exception):
    """An error the API answers: ``code`` is one the API documents, ``message`` is what a person reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def require(holds: bool, problem: str) -> None:
    """Raise ``ValueError`` with the problem where something does not hold of what came in over the wire."""
    if not holds:
        raise ValueError(problem)


@dataclass(frozen=True)
class Caller:
    """Who calls: the account its SecretId belongs to, the region and API version it names."""

    account: str
    region: str
    version: str = VERSION_2021

    @property
    def scope(self) -> str:
        """The ``account`` argument for the store: a job is seen only by its own account, in its own region."""
        return f"{self.account}/{self.region}"


@dataclass
class Settings:
    """What can be set about an emulator's behaviour.

    ``timings``: how many virtual seconds each thing takes. ``max_unused_jobs``: how many bought jobs of one
    account and region may be idle before LimitExceeded.MaxUnusedJobs. ``visibility_delay``: virtual seconds
    until a bought job shows in lists. ``international``: accounts of the international site, where DTS is free.
    """

    timings: Timings
    max_unused_jobs: int = 1000
    visibility_delay: float = 0.0
    international: frozenset[str] = frozenset()


@dataclass
class World:
    """One emulator's clock, store and settings; every handler gets it.

    ``data``: where jobs that are mapped to real servers ask them; None: every job is rehearsed.
    """

    clock: Clock
    store: Store
    settings: Settings
    data: Desk | None = None


Fields = Mapping[str, Any]
"""Fields of a request or an answer whose action, or whose kind of job, is not known where they are read."""

Plain = dict[str, Any]
"""Plain JSON about the emulator itself, for whoever tests with it."""

Answer = Mapping[str, object]
"""What an action answers; of those of a named action, :mod:`tencent_dts.spec.shapes` has a type each."""

Handler = Callable[[World, Caller, Any], Answer]
"""Takes parameters that the spec has found right; returns the body of ``Response`` without RequestId, or raises
ApiError. It runs whole on the server's one thread, in one transaction of the store: if it raises, nothing changed."""

Control = Callable[[World, Fields], object]
"""Serves the admin API: ``jobs`` and ``meter`` get no arguments (an empty dict), ``seed`` one seed. It too runs in
one transaction. A ValueError says what is wrong with the arguments. The result must be plain JSON."""


@dataclass(frozen=True)
class Registered:
    """One action that the emulator answers, and how sure we are that the real service does the same."""

    action: str
    version: str
    handler: Handler
    fidelity: Fidelity
    note: str


HANDLERS: dict[tuple[str, str], Registered] = {}
"""Handlers by (version, action)."""

CONTROLS: dict[str, Control] = {}
"""Admin functions by name: ``jobs``, ``meter``, ``seed``."""


def answers(
    action: str, version: str = VERSION_2021, *, fidelity: Fidelity, note: str = ""
) -> Callable[[Handler], Handler]:
    """Register a function as the emulator's answer to an action.

    ``fidelity`` says where the behaviour comes from and ``note`` what differs from the real service; both go to
    docs/emulator.md. Raises ``ValueError`` when the action has a handler already.
    """

    def register(handler: Handler) -> Handler:
        if (version, action) in HANDLERS:
            raise ValueError(f"{action} of version {version} has two handlers")
        HANDLERS[version, action] = Registered(action, version, handler, fidelity, note)
        return handler

    return register


def controls(name: Literal["jobs", "meter", "seed"]) -> Callable[[Control], Control]:
    """Register the function behind an admin call. Raises ``ValueError`` when the name has one already."""

    def register(control: Control) -> Control:
        if name in CONTROLS:
            raise ValueError(f"{name} has two functions")
        CONTROLS[name] = control
        return control

    return register
