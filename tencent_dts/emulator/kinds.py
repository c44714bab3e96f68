"""What tells one kind of job from another, as data: a migration job, a sync job.

What happens to a job by itself (:mod:`lifecycle`), what it costs (:mod:`billing`), how it is found (:mod:`jobs`),
compared, seeded and rehearsed is written once and reads the names of states, steps and actions here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.emulator import checks, tables
from tencent_dts.emulator.agenda import Record
from tencent_dts.emulator.tables import Row
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
    selected: Callable[[Record], list[dict[str, Any]]]
    check_steps: Mapping[str, Steps] = field(default_factory=dict)
    default_rates: Mapping[str, int] = field(default_factory=dict)
    pause_ends: bool = False
    id_length: int = 8
    version: str = VERSION_2021

    def variant(self, state: str, suffix: str, states: tuple[str, ...]) -> str:
        """Return the state ``<state>.<suffix>`` when the documents tell that case apart, else the state itself."""
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


def _migration_steps(job: Record) -> list[str]:
    whole = (job["configuration"]["MigrateOption"].get("MigrateType") or "fullAndIncrement") == "fullAndIncrement"
    return ["dumper", "loader", "sinker"] if whole else ["dumper", "loader"]


def _migration_databases(job: Record) -> list[dict[str, Any]]:
    options = (job["configuration"] or {}).get("MigrateOption", {})
    return options.get("DatabaseTable", {}).get("Databases") or []


MIGRATION = add(
    Kind(
        name="migration",
        prefix="dts-",
        rows=tables.MIGRATION,
        trades=tables.TRADE,
        states=tables.MIGRATION_STATES,
        trade_states=tables.TRADE_STATES,
        bought="creating",
        created="created",
        passed="checkPass",
        not_passed="checkNotPass",
        running="running",
        incremental="running.incremental",
        caught_up="readyComplete",
        success="success",
        paused="manualPaused",
        resuming="resuming",
        stopped="canceled",
        faults={"error": "error", "resumableErr": "resumableErr", "failed": "failed"},
        final=tables.FINAL,
        idle=tables.IDLE,
        faulted=tables.FAULTED,
        incremental_states=tables.INCREMENTAL,
        suspended=frozenset(
            (
                *("checking", "readyRun", "running", "running.incremental", "readyComplete"),
                *("error", "resumableErr", "resuming"),
            )
        ),
        metered=frozenset({"running.incremental", "readyComplete", "pausing", "manualPaused", "completing"}),
        compare_ends=tables.FINAL | {"completing", "stopping"},
        trade={
            "normal": "normal",
            "notBilled": "notBilled",
            "international": "notBilled",
            "isolated": "isolated",
            "arrears": "isolated.arrears",
            "offlined": "offlined",
        },
        served=frozenset({"normal", "notBilled"}),
        metered_trades=frozenset({"normal", "resizing"}),
        leaving=frozenset({"isolating", "isolated", "isolated.arrears", "offlining", "offlined"}),
        isolations=frozenset({"isolated", "isolated.arrears"}),
        steps=_migration_steps,
        step_names={"dumper": "Export from Source Database", "loader": "Data Import", "sinker": "Incremental Sync"},
        selected=_migration_databases,
        check_steps=checks.STEPS,
        default_rates={"DumpThread": 8, "DumpRps": 2000, "LoadThread": 8, "LoadRps": 2000, "SinkerThread": 16},
    )
)
"""A migration job. Its states whose work stands still while it is isolated or resized are assumed; the billed ones
are the price guide's."""
