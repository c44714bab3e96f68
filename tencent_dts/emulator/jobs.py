"""Migration jobs in the store: found, settled up to the clock, and asked whether an action is allowed."""

from __future__ import annotations

from typing import Any

from tencent_dts.emulator import agenda, billing
from tencent_dts.emulator.agenda import Record
from tencent_dts.emulator.checks import family
from tencent_dts.emulator.compare_runs import new_id
from tencent_dts.emulator.kernel import ApiError, Caller, World
from tencent_dts.emulator.tables import MIGRATION, TRADE, Row, shown

KIND = "migration"


def new_job(world: World, caller: Caller, params: dict[str, Any]) -> Record:
    """Return the record of a job bought with CreateMigrationService; it is not stored yet."""
    now = world.clock.now()
    job_id = new_id("dts-")
    return {
        "kind": KIND,
        "account": caller.account,
        "region": caller.region,
        "scope": caller.scope,
        "JobId": job_id,
        "JobName": params.get("JobName") or job_id,
        "src_type": params["SrcDatabaseType"],
        "dst_type": params["DstDatabaseType"],
        "src_region": params["SrcRegion"],
        "dst_region": params["DstRegion"],
        "family": family(params["SrcDatabaseType"]),
        "tags": params.get("Tags") or [],
        "created": now,
        "updated": now,
        "started": None,
        "ended": None,
        "visible": now + world.settings.visibility_delay,
        "deleted": None,
        "state": "creating",
        "overlay": "",
        "trade": billing.new_trade(now, params["InstanceClass"], free=caller.account in world.settings.international),
        **_nothing_yet(),
        "history": [[now, "Status", "creating"]],
    }


def _nothing_yet() -> Record:
    """What a job has come to before anything has happened to it."""
    return {
        "configuration": None,
        "retry_minutes": 0,
        "check": None,
        "skips": [],
        "foreign_keys": "",
        "steps": [],
        "lag": None,
        "faulted": None,
        "suspended": None,
        "rates": {},
        "compares": [],
        "rehearsed": [],
        "agenda": [],
        "held": [],
    }


def save(world: World, job: Record) -> None:
    """Store a job, or forget it when it is a free one that has been deleted."""
    if job["deleted"] is None:
        world.store.put(KIND, job["scope"], job["JobId"], job)
    else:
        world.store.delete(KIND, job["scope"], job["JobId"])


def settled(world: World, records: list[Record]) -> list[Record]:
    """Bring jobs up to the clock, store those that changed, and return those that still exist."""
    for job in records:
        if agenda.settle(world, job):
            save(world, job)
    return [job for job in records if job["deleted"] is None]


def load(world: World, caller: Caller, job_id: str | None, missing: str) -> Record:
    """Return the caller's job as it is now. Raises ApiError with code ``missing`` when there is none."""
    found = world.store.get(KIND, caller.scope, job_id or "")
    for job in settled(world, [found] if found else []):
        return job
    raise ApiError(missing, f"The job {job_id or ''} does not exist.")


def load_all(world: World, scope: str | None = None) -> list[Record]:
    """Return the jobs of one account and region, or of all, oldest first, as they are now."""
    return settled(world, world.store.all(KIND, scope))


def status(job: Record) -> str:
    """Return the Status that the API shows."""
    return str(job["overlay"]) or shown(job["state"])


def admitted(world: World, caller: Caller, action: str, job_id: str | None) -> tuple[Record, str, str]:
    """Return the job and the states (task, billing) that an action leads to.

    Raises ApiError with the code of the state tables when there is no such job or the action is not allowed.
    """
    row = MIGRATION[action]
    job = load(world, caller, job_id, row.missing)
    if job["trade"]["state"] == "offlined":
        raise ApiError(row.missing, f"The job {job['JobId']} has been destroyed.")
    trade = _allowed(TRADE[action], action, job, job["trade"]["state"])
    state = _allowed(row, action, job, job["state"])
    return job, state, trade


def _allowed(row: Row, action: str, job: Record, state: str) -> str:
    following, refusal = row.cell(state)
    if refusal:
        possible = ", ".join(dict.fromkeys(shown(name) for name in row.to))
        raise ApiError(refusal, f"{action} is not allowed: {job['JobId']} is {shown(state)}. It needs: {possible}.")
    return following
