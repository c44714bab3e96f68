"""Jobs of every kind in the store: found, settled up to the clock, and asked whether an action is allowed."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from tencent_dts.emulator.world import agenda, kinds
from tencent_dts.emulator.world.checks import family
from tencent_dts.emulator.world.ids import new_id
from tencent_dts.emulator.world.kernel import ApiError, Caller, World
from tencent_dts.emulator.world.kinds import Kind
from tencent_dts.emulator.world.records import History, Record, Trade
from tencent_dts.emulator.world.tables import Row, alternatives, in_words, shown


def free_state(world: World, caller: Caller) -> str:
    """Return the name of the billing state that frees the caller's jobs of any bill, or "" when they are billed."""
    return "international" if caller.account in world.settings.international else ""


class Bought(TypedDict):
    """What the purchase of a job of any kind says of it."""

    SrcDatabaseType: str
    DstDatabaseType: str
    SrcRegion: str
    DstRegion: str
    JobName: NotRequired[str]
    Tags: NotRequired[list[Any]]  # TagItem of either version


def new_job(world: World, caller: Caller, kind: Kind, params: Bought, trade: Trade) -> Record:
    """Return the record of a job just bought; ``trade`` is its billing part. It is not stored yet."""
    now = world.clock.now()
    job_id = new_id(kind.prefix, kind.id_length)
    return {
        "kind": kind.name,
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
        "visible": now + world.settings.visibility_delay,
        "deleted": None,
        "state": kind.bought,
        "overlay": "",
        "trade": trade,
        **nothing_yet(),
        "history": [(now, "Status", shown(kind.bought))],
    }


def nothing_yet() -> History:
    """What a job has come to before anything has happened to it."""
    return {
        "started": None,
        "ended": None,
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
        "modification": None,
        "rehearsed": [],
        "agenda": [],
        "held": [],
    }


def save(world: World, job: Record) -> None:
    """Store a job, or forget it when it is a free one that has been deleted."""
    if job["deleted"] is None:
        world.store.put(job["kind"], job["scope"], job["JobId"], job)
    else:
        world.store.delete(job["kind"], job["scope"], job["JobId"])


def settled(world: World, records: list[Record]) -> list[Record]:
    """Bring jobs up to the clock, store those that changed, and return those that still exist."""
    for job in records:
        if agenda.settle(world, job):
            save(world, job)
    return [job for job in records if job["deleted"] is None]


def load(world: World, caller: Caller, kind: Kind, job_id: str | None, missing: str) -> Record:
    """Return the caller's job as it is now. Raises ApiError with code ``missing`` when there is none."""
    found = world.store.get(kind.name, caller.scope, job_id or "")
    for job in settled(world, [found] if found else []):
        return job
    raise ApiError(missing, f"The job {job_id or ''} does not exist.")


def load_all(world: World, kind: Kind, scope: str | None = None) -> list[Record]:
    """Return the jobs of one kind, of one account and region or of all, oldest first, as they are now."""
    return settled(world, world.store.all(kind.name, scope))


def every(world: World) -> list[Record]:
    """Return the jobs of every kind, account and region, oldest first within a kind, as they are now."""
    return [job for kind in kinds.KINDS.values() for job in load_all(world, kind)]


def status(job: Record) -> str:
    """Return the Status that the API shows."""
    return str(job["overlay"]) or shown(job["state"])


def admitted(world: World, caller: Caller, action: str, job_id: str | None) -> tuple[Record, str, str]:
    """Return the job and the states (task, billing) that an action leads to.

    Raises ApiError with the code of the state tables when there is no such job or the action is not allowed.
    """
    kind = kinds.owner(action, caller.version)
    row = kind.rows[action]
    job = load(world, caller, kind, job_id, row.missing)
    if job["trade"]["state"] == kind.trade["offlined"]:
        raise ApiError(row.missing, f"The job {job['JobId']} has been destroyed.")
    trade = _allowed(kind.trades[action], action, job, job["trade"]["state"])
    state = _allowed(row, action, job, job["state"])
    return job, state, trade


def _allowed(row: Row, action: str, job: Record, state: str) -> str:
    following, refusal = row.cell(state)
    if refusal:
        needed = alternatives(row.to)
        raise ApiError(refusal, f"{action} is not allowed: {job['JobId']} is {in_words(state)}. It needs: {needed}.")
    return following
