"""The two kinds of resources of API 2018-03-30: migration jobs and subscriptions."""

from __future__ import annotations

from typing import Any

from tencent_dts.emulator import checks, kinds, tables_2018
from tencent_dts.emulator.agenda import Record
from tencent_dts.emulator.configuration_2018 import run_steps
from tencent_dts.emulator.tables_2018 import FREE
from tencent_dts.spec import VERSION_2018


def _steps(job: Record) -> list[str]:
    return run_steps(job["configuration"])


def _databases(job: Record) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (job["configuration"] or {}).get("databases") or []
    return found


MIGRATION = kinds.add(
    kinds.Kind(
        name="migration-2018",
        version=VERSION_2018,
        prefix="dts-",
        rows=tables_2018.MIGRATION,
        trades=tables_2018.MIGRATION_TRADES,
        states=tables_2018.MIGRATION_STATES,
        trade_states=(FREE,),
        bought="creating",
        passed="checkPass",
        not_passed="checkNotPass",
        running="running",
        incremental="running.incremental",
        caught_up="readyComplete",
        success="success",
        stopped="failed",
        faults={"error": "failed", "resumableErr": "failed", "failed": "failed"},
        final=frozenset({"success", "failed"}),
        idle=frozenset({"creating", "checkPass", "checkNotPass"}),
        faulted=frozenset({"failed"}),
        incremental_states=frozenset({"running.incremental", "readyComplete"}),
        metered=frozenset(),
        trade={"normal": FREE, "notBilled": FREE, "international": FREE, "offlined": "offlined"},
        served=frozenset({FREE}),
        metered_trades=frozenset(),
        leaving=frozenset(),
        isolations=frozenset(),
        steps=_steps,
        step_names={
            "dumper": "Export from Source Database",
            "loader": "Data Import",
            "consistency": "Data Consistency Check",
            "sinker": "Incremental Sync",
        },
        selected=_databases,
        check_steps=checks.STEPS,
    )
)
"""A migration job of 2018: it has no billing, cannot be paused or resumed, and one that is stopped has failed."""

SUBSCRIPTION = kinds.add(
    kinds.Kind(
        name="subscription",
        version=VERSION_2018,
        prefix="subs-",
        id_length=10,
        rows=tables_2018.SUBSCRIPTION,
        trades=tables_2018.SUBSCRIPTION_TRADE,
        states=tables_2018.SUBSCRIPTION_STATES,
        trade_states=tables_2018.SUBSCRIPTION_TRADES,
        bought="unconfigure",
        idle=frozenset({"unconfigure"}),
        metered=frozenset(tables_2018.SUBSCRIPTION_STATES),
        trade={
            "normal": "normal",
            "notBilled": "normal",
            "international": "normal",
            "isolated": "isolated",
            "arrears": "isolated",
            "offlined": "offline",
        },
        served=frozenset({"creating", "normal"}),
        metered_trades=frozenset({"normal"}),
        leaving=frozenset({"isolating", "isolated", "offlining", "offline"}),
        isolations=frozenset({"isolated"}),
        selected=_databases,
    )
)
"""A subscription: SubsStatus is its task axis, Status the billing one; it is billed from its purchase on."""
