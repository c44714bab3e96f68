"""What distinguishes one kind of job from another, as data: a migration job, a sync job.

What happens to a job by itself (:mod:`lifecycle`), what it costs (:mod:`billing`), how it is found (:mod:`jobs`),
compared, seeded and rehearsed is written once and reads the names of states, steps and actions here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tencent_dts.emulator.world.kernel import Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import Row
from tencent_dts.spec import VERSION_2021

Steps = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of job.

    ``name`` is that of its records, ``prefix`` begins its ids, which go on for ``id_length`` characters. ``rows`` and
    ``trades`` are its state tables on the
    task and billing axes, ``states`` and ``trade_states`` what they know. ``created`` to ``stopped`` name the states
    that events lead to; ``caught_up`` is where the incremental step stays; ``faults`` are the states that a
    rehearsed ``error``, ``resumableErr`` and ``failed`` lead to. ``incremental_states`` are those of a healthy
    incremental step, ``suspended`` those whose work stands still while the job is isolated or resized, ``metered``
    those that are billed by the hour, ``compare_ends`` those that fail a running compare. ``trade`` gives the
    billing states by a name of ours (normal, free, resizing, isolated, arrears, offlined); ``leaving`` are the
    states that end its service and ``isolations`` those of them in which it can be destroyed.
    ``steps`` gives the ids of the run's steps, ``step_names`` what they are called, ``selected`` the databases among
    a job's objects, ``check_steps`` the steps of the check by family. ``pause_ends`` says that a job must not be
    paused for ever. What has a default is of jobs that are checked and run; a subscription is not.
    """

    name: str
    prefix: str
    rows: Mapping[str, Row]
    trades: Mapping[str, Row]
    states: tuple[str, ...]
    trade_states: tuple[str, ...]
    bought: str
    created: str = ""
    passed: str = ""
    not_passed: str = ""
    running: str = ""
    incremental: str = ""
    caught_up: str = ""
    success: str = ""
    paused: str = ""
    resuming: str = ""
    stopped: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    final: frozenset[str] = frozenset()
    idle: frozenset[str]
    faulted: frozenset[str] = frozenset()
    incremental_states: frozenset[str] = frozenset()
    suspended: frozenset[str] = frozenset()
    metered: frozenset[str]
    compare_ends: frozenset[str] = frozenset()
    trade: Mapping[str, str]
    served: frozenset[str]
    metered_trades: frozenset[str]
    leaving: frozenset[str]
    isolations: frozenset[str]
    steps: Callable[[Record], list[str]] = lambda _: []
    step_names: Mapping[str, str] = field(default_factory=dict)
    selected: Callable[[Record], list[Fields]]
    check_steps: Mapping[str, Steps] = field(default_factory=dict)
    default_rates: Mapping[str, int] = field(default_factory=dict)
    pause_ends: bool = False
    id_length: int = 8
    version: str = VERSION_2021

    def variant(self, state: str, suffix: str, states: tuple[str, ...]) -> str:
        """Return the state ``<state>.<suffix>`` when the documents distinguish that case, else the state itself."""
        special = f"{state}.{suffix}"
        return special if special in states else state


KINDS: dict[str, Kind] = {}
"""The kinds of jobs by name."""


def add(kind: Kind) -> Kind:
    """Make a kind of job known and return it."""
    KINDS[kind.name] = kind
    return kind


def of(job: Record) -> Kind:
    """Return the kind of a job."""
    return KINDS[job["kind"]]


def owner(action: str, version: str) -> Kind:
    """Return the kind of job that an action is about."""
    return next(kind for kind in KINDS.values() if kind.version == version and action in kind.rows)
