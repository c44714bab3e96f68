"""What people do beside a run: in the console of the cloud, in Airflow, at its command line; and what data do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow.sdk.exceptions import AirflowException

from tencent_dts.commands.airflow_rest import TaskAddress
from tencent_dts.commands.forget import FreshStart
from tencent_dts.emulator.world import headway, jobs, kinds, moves
from tencent_dts.emulator.world.kernel import HANDLERS, ApiError, Caller
from tencent_dts.emulator.world.records import LagAtFirst, Record
from tencent_dts.errors import AirflowApiError
from tests.chaos.lifecycles import _dag
from tests.chaos.walks.events import at_place
from tests.chaos.walks.inside import ACCOUNT
from tests.chaos.walks.running import WalkRun
from tests.chaos.walks.verdicts import NO_LAG, STOPPED_BEHIND

if TYPE_CHECKING:
    from tests.chaos.walks.world import World

_ACTIONS: Mapping[str, Mapping[str, str]] = {
    "migration": {
        "pause": "PauseMigrateJob",
        "resume": "ContinueMigrateJob",
        "stop": "StopMigrateJob",
        "isolate": "IsolateMigrateJob",
        "recover": "RecoverMigrateJob",
        "rename": "ModifyMigrateName",
        "complete": "CompleteMigrateJob",
        "destroy": "DestroyMigrateJob",
        "reconfigure": "ModifyMigrationJob",
    },
    "sync": {
        "pause": "PauseSyncJob",
        "resume": "ContinueSyncJob",
        "stop": "StopSyncJob",
        "isolate": "IsolateSyncJob",
        "recover": "RecoverSyncJob",
        "destroy": "DestroySyncJob",
        "rename": "ConfigureSyncJob",
        "reconfigure": "ConfigureSyncJob",
    },
    "migration-2018": {
        "stop": "StopMigrateJob",
        "complete": "CompleteMigrateJob",
        "destroy": "DeleteMigrateJob",
        "rename": "ModifyMigrateJob",
        "reconfigure": "ModifyMigrateJob",
    },
    "subscription": {
        "stop": "ResetSubscribe",
        "isolate": "IsolateSubscribe",
        "rename": "ModifySubscribeName",
        "destroy": "OfflineIsolatedSubscribe",
        "reconfigure": "ModifySubscribeObjects",
    },
}
_RESUME = {"migration": "ResumeMigrateJob", "sync": "ResumeSyncJob"}
_ANOTHER_DATABASE = {"ObjectsType": 0, "DatabaseName": "another"}
_MORE: Mapping[tuple[str, str], dict[str, Any]] = {
    ("rename", "ModifyMigrateName"): {"JobName": "renamed by hand"},
    ("rename", "ModifyMigrateJob"): {"JobName": "renamed by hand"},
    ("rename", "ModifySubscribeName"): {"SubscribeName": "renamed by hand"},
    ("reconfigure", "ModifyMigrateJob"): {"DatabaseInfo": '[{"Database": "another"}]'},
    ("reconfigure", "ModifySubscribeObjects"): {"SubscribeObjectType": 1, "Objects": [_ANOTHER_DATABASE]},
    ("complete", "CompleteMigrateJob"): {"CompleteMode": "waitForSync"},
    ("resume", "ResumeMigrateJob"): {"ResumeOption": "normal"},
}
"""What is sent beside the id."""
_WHOLE = ("ModifyMigrationJob", "ConfigureSyncJob")
"""They take a configuration whole, with its passwords, which the service does not tell: what it keeps is changed."""


def _records(world: World) -> list[Record]:
    return list(jobs.every(world.emulator.world))


def record_of(world: World) -> Record | None:
    """The job that the run at work is about, as the service keeps it; the latest one where it has none."""
    known = world.witness.job_of(world.runs[-1]) if world.runs else ""
    found = _records(world)
    return next((job for job in found if job["JobId"] == known), found[-1] if found else None)


def console(world: World, action: str) -> bool:
    """Do something to the job in the console; whether the service took it."""
    job = record_of(world)
    if job is None:
        return False
    behind = headway.lag_at(job, world.emulator.world.clock.now()) != NO_LAG
    with world.emulator.world.store.transaction():
        done = _in_the_console(world, job, action)
    if done:
        world.witness.hands.add((action, job["JobId"]))
        if action == "stop" and behind:
            world.witness.hands.add((STOPPED_BEHIND, job["JobId"]))
        world.witness.note(f"the console: {action} of {job['JobId']} ({job['state']})")
    return done


def _in_the_console(world: World, job: Record, action: str) -> bool:
    kind = kinds.of(job)
    if action == "retag":
        job["tags"] = [{"TagKey": "team", "TagValue": "somebody-else"}]
        jobs.save(world.emulator.world, job)
        return True
    name = _ACTIONS[kind.name].get(action, "")
    if action == "resume" and job["state"] in kind.faulted:
        name = _RESUME.get(kind.name, "")
    if not name:
        return False
    caller = Caller(ACCOUNT, job["region"], kind.version)
    try:
        if name in _WHOLE:
            return _reconfigure(world, caller, name, job["JobId"], action)
        key = "SubscribeId" if kind.name == "subscription" else "JobId"
        params = {key: job["JobId"], **_MORE.get((action, name), {})}
        HANDLERS[kind.version, name].handler(world.emulator.world, caller, params)
    except ApiError:
        return False
    return True


def _reconfigure(world: World, caller: Caller, name: str, job_id: str, action: str) -> bool:
    job, state, _ = jobs.admitted(world.emulator.world, caller, name, job_id)
    if job["configuration"] is None:
        return False
    if action == "rename":
        job["JobName"] = "renamed by hand"
    else:
        job["configuration"] = json.loads(json.dumps(job["configuration"]).replace('"shop"', '"another"'))
    job.update({"check": None, "skips": []})
    moves.done(world.emulator.world, job, state)
    return True


def fall_behind(world: World, lag: LagAtFirst) -> None:
    """Writes come in: every job that follows its source falls behind it."""
    service = world.emulator.world
    with service.store.transaction():
        for job in _records(world):
            if job["lag"] is not None:
                job["lag"] = {**lag, "since": service.clock.now()}
                jobs.save(service, job)


def catch_up(world: World) -> None:
    """Writes cease; what somebody has paused goes on."""
    fall_behind(world, {"megabytes": 0, "seconds": 0, "drain": 0})
    for job in _records(world):
        if job["state"] == kinds.of(job).paused or job["state"].lower() == "pausing":
            world.sleep(10)
            console(world, "resume")


# --- In Airflow ---


def adopt(world: World, tasks: int, *, give_up: bool) -> None:
    """Another run of the same DAG adopts the job of the run at work, which may have been given up before."""
    run = world.runs[-1]
    leg = next(leg for leg in world.story.legs if leg.dag_id == run.dag.dag_id)
    job = world.witness.job_of(run)
    if not leg.buys or not job:
        return
    if give_up:
        run.give_up()
    name = "existing_subscribe_id" if leg.dag_id == "dts_subscribe" else "existing_job_id"
    conf = {**run.conf, name: job}
    other = WalkRun(leg.dag, conf, world, f"manual__other_{len(world.others) + 1}")
    world.others.append(other)
    other.go(tasks)


def reap(world: World, *, stop_running: bool) -> None:
    """Somebody triggers the search for orphans, and lets it end them."""
    conf = {"end_orphans": True, "grace_hours": 0, "stop_running": stop_running, "gone_runs": False}
    run = WalkRun(_dag("dts_reap"), conf, world, f"manual__reap_{len(world.others) + 1}")
    run.go()
    world.witness.reapers.append(run)


def search(world: World) -> str:
    """The report of a search for orphans that ends none, as text."""
    conf = {"end_orphans": False, "grace_hours": 0}
    run = WalkRun(_dag("dts_reap"), conf, world, "manual__search")
    run.go()
    return json.dumps(run.boxes["reap"].xcoms.get("report"))


# --- At the command line ---


class Desk:
    """Airflow's REST API, as far as a fresh start asks it, of one run."""

    def __init__(self, run: WalkRun) -> None:
        self._run = run

    def call(self, method: str, path: str, **options: Any) -> Any:
        """What the API answers."""
        *_, last = path.split("/")
        if "/state-store/" in path:
            return self._store(method, unquote(last), path.split("/")[-3], options.get("json"))
        if path.endswith("/tasks"):
            return {"tasks": [self._task(box.task) for box in self._run.boxes.values()]}
        return {"rendered_fields": {name: value or None for name, value in self._run.boxes[last].rendered.items()}}

    def pages(self, path: str, items: str, **params: Any) -> Iterator[Mapping[str, Any]]:
        """Its task instances."""
        for name, box in self._run.boxes.items():
            yield {"task_id": name, "state": {"": None, "awaiting": "awaiting_input"}.get(box.state, box.state)}

    def _store(self, method: str, key: str, task_id: str, body: Any) -> Any:
        store = self._run.boxes[task_id].store
        if method == "PUT":
            store.set(key, body["value"])
        elif method == "DELETE":
            store.delete(key)
        elif key not in store.values:
            raise AirflowApiError("not found", next_step="", status=404)
        return {"value": store.get(key)}

    @staticmethod
    def _task(task: Any) -> dict[str, Any]:
        module, name = task.__class__.__module__, task.__class__.__name__
        below = sorted(task.downstream_task_ids)
        return {
            "task_id": task.task_id,
            "class_ref": {"module_path": module, "class_name": name},
            "downstream_task_ids": below,
        }


def forget(world: World) -> None:
    """Somebody orders a fresh start of the purchase, and clears it with its downstream; or is refused."""
    run = world.runs[-1]
    leg = next(leg for leg in world.story.legs if leg.dag_id == run.dag.dag_id)
    if not leg.buys:
        return
    address = TaskAddress(run.dag.dag_id, run.run_id, leg.buys)
    desk: Any = Desk(run)
    start = FreshStart(desk, address, even_if_running=False, note=world.witness.note)
    run.world.stack.append((run, run.boxes[leg.buys]))
    try:
        plan = start.plan()
        world.tick("forget asks")
        start.carry_out(plan)
    except AirflowException as error:
        world.witness.note(f"forget: {error}")
        return
    finally:
        run.world.stack.pop()
    world.witness.forgot += 1
    run.clear(run.below(leg.buys))
    run.go()


def of_another_shape(body: bytes, where: float, how: int) -> bytes:
    """An answer in which one field is not what the documents say."""
    answer = json.loads(body)
    holders: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in entries:
            if key != "RequestId":
                holders.append((value, key))
                walk(item)

    walk(answer.get("Response", answer))
    if holders:
        holder, key = at_place(where, holders)
        holder[key] = (None, [], {}, "of another shape", 7, [None])[how]
    return json.dumps(answer).encode()
