"""Jobs whose endpoints are mapped to real servers: what they ask of their engine, and what they keep of its answers.

A job that is not mapped is rehearsed as ever. An engine works in threads and in real time: an event of the agenda
that depends on it asks, and, while there is no answer, happens again a moment later (:func:`asked`). What was under
way when the process was killed is asked for again and so begins again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from tencent_dts.emulator.data.desk import Call, Logins, Outcome
from tencent_dts.emulator.data.model import Account, Engine, Lag, Objects, Server, Tables
from tencent_dts.emulator.world import agenda
from tencent_dts.emulator.world.kernel import ApiError, Fields, World
from tencent_dts.emulator.world.records import Record, Rows
from tencent_dts.emulator.world.tables import WRONG_VALUE

LOOK = 1.0
"""Virtual seconds between two looks at an engine's work."""
FRESH_SECONDS = 3.0
"""Real seconds for which a look at the lag counts."""
LOST_SECONDS = 60.0
"""Real seconds for which a server may not answer: then its job is in error, in the words of who tried."""


def name(info: Fields) -> str:
    """Return what a job calls a database: its instance id, or host and port."""
    return str(info.get("InstanceId") or f"{info.get('Host')}:{info.get('Port')}")


def objects(selected: Fields) -> Objects:
    """Return the objects of a job or of a compare task (DatabaseTableObject, CompareObject)."""
    items = selected.get("Databases") or selected.get("ObjectItems")
    if selected["ObjectMode"] == "all" or not items:
        return Objects(None)
    schemas: dict[str, dict[str, Tables]] = {}
    for item in items:
        if item.get("SchemaName"):
            schemas.setdefault(item["DbName"], {})[item["SchemaName"]] = _tables(item)
    return Objects({item["DbName"]: None if item["DbName"] in schemas else _tables(item) for item in items}, schemas)


def _tables(item: Fields) -> Tables:
    whole = (item.get("DBMode") or item.get("DbMode") or "all") == "all" or item.get("TableMode") != "partial"
    views = [view["ViewName"] for view in item.get("Views") or []]
    return None if whole else (*(table["TableName"] for table in item.get("Tables") or []), *views)


def problems(world: World, job: Record, params: Fields) -> Iterator[str]:
    """Yield what an engine cannot do of what ModifyMigrationJob asks for, of a job that is mapped."""
    if world.data is None:
        return
    named = {side: name(params[side]["Info"][0]) for side in ("SrcInfo", "DstInfo") if params[side]["Info"]}
    servers = {side: world.data.server(known) for side, known in named.items()}
    mapped = [side for side, server in servers.items() if server]
    if not mapped:
        return
    for side in servers.keys() - set(mapped):
        yield f"{side}.Info.0 is {named[side]}, which is mapped to no server, while {mapped[0]} is"
    if len(mapped) == 2 and servers["SrcInfo"] == servers["DstInfo"]:
        yield f"SrcInfo and DstInfo are mapped to one server, {named['SrcInfo']} and {named['DstInfo']}"
    for side, server in servers.items():
        if server and server.family not in ("", job["family"]):
            yield f"{side}.Info.0 is {named[side]}, a server of the {server.family} family, which the job is not of"
    family = world.data.families.get(job["family"])
    if family is None:
        served = ", ".join(sorted(world.data.families))
        yield f"SrcInfo.DatabaseType is {job['src_type']}: real servers serve jobs of these families only: {served}"
        return
    selected = params["MigrateOption"]["DatabaseTable"]
    found = family.problems(objects(selected))
    yield from (f"MigrateOption.DatabaseTable: {problem}, so real servers cannot replicate it" for problem in found)
    for index, item in enumerate(selected.get("Databases") or []):
        yield from _item_problems(f"MigrateOption.DatabaseTable.Databases.{index}", item)


def _item_problems(where: str, item: Fields) -> Iterator[str]:
    """Yield what real servers cannot do of what a job asks of one database or schema."""
    for name_, new in (("DbName", "NewDbName"), ("SchemaName", "NewSchemaName")):
        if item.get(new) not in (None, "", item.get(name_)):
            yield f"{where}.{new} is {item[new]}: real servers replicate under the same name only"
    for number, table in enumerate(item.get("Tables") or []):
        if table.get("TableEditMode") or table.get("NewTableName"):
            yield f"{where}.Tables.{number}: real servers replicate tables under the same name only"
    for number, view in enumerate(item.get("Views") or []):
        if view.get("NewViewName") not in (None, "", view.get("ViewName")):
            yield f"{where}.Views.{number}: real servers replicate views under the same name only"
    if item.get("SchemaName") and item.get("DBMode") == "all":
        yield f"{where}.SchemaName is {item['SchemaName']} while DBMode is all; a part of a database is partial"
    if item.get("RoleMode") or item.get("Roles"):
        yield f"{where}.RoleMode: real servers replicate no roles; leave it out, and make them in the target"


def refuse(world: World, params: Fields) -> None:
    """Refuse a job of a kind that real servers do not serve, where it names one: it would prove what is not so."""
    for info in _objects_in(params):
        named = {
            str(info.get("InstanceId") or info.get("RdsInstanceId")),
            f"{info.get('Ip') or info.get('Host')}:{info.get('Port')}",
        }
        for known in named:
            if world.data is not None and world.data.server(known):
                message = f"{known} is mapped to a real server, and only migration jobs of 2021-12-06 move rows so far."
                raise ApiError(WRONG_VALUE, message)


def _objects_in(value: object) -> Iterator[Fields]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _objects_in(part)


def remember(world: World, job: Record, params: Fields) -> None:
    """Keep the logins that a request names for the job's next check, in memory only."""
    if "rows" in job and not all(_servers(world, params)):
        job.pop("rows", None)  # from now on it is rehearsed
    if world.data is not None:
        sides = [_login(params[side]["Info"][0]) for side in ("SrcInfo", "DstInfo")]
        world.data.remember(job["JobId"], Logins(*sides))


def _login(info: Fields) -> Account | None:
    return Account(info["User"], info.get("Password") or "") if info.get("User") else None


def real(world: World, job: Record) -> bool:
    """Return whether a job's rows really move: also one whose servers are lost, of which nothing can be rehearsed."""
    return "rows" in job or _engine(world, job) is not None


def lost(world: World) -> Iterator[str]:
    """Yield which unfinished jobs are at work on servers that are mapped no more, as after a start without them."""
    for job in world.store.all("migration"):
        if "rows" in job and not job["ended"] and not job.get("deleted"):
            for side, server in zip(("SrcInfo", "DstInfo"), _servers(world, job["configuration"]), strict=True):
                if server is None:
                    known = name(job["configuration"][side]["Info"][0])
                    yield f"{job['JobId']} ({job['state']}) moves rows of {known}, which is mapped to no server"


def make_engines(world: World) -> None:
    """Let every job that has asked real servers have its engine: what another process has begun is known by it."""
    for job in world.store.all("migration"):
        if "rows" in job:
            _engine(world, job)


def _servers(world: World, configured: Fields) -> list[Server | None]:
    sides = [name(configured[side]["Info"][0]) for side in ("SrcInfo", "DstInfo")]
    return [world.data.server(known) if world.data else None for known in sides]


def _engine(world: World, job: Record) -> Engine | None:
    if world.data is None or job["kind"] != "migration" or not job["configuration"]:
        return None
    configured = job["configuration"]
    source, target = _servers(world, configured)
    if source is None or target is None:
        return None
    chosen = objects(configured["MigrateOption"]["DatabaseTable"])
    return world.data.engine(job["JobId"], job["family"], source, target, chosen)


def kept(job: Record) -> Rows:
    """Return what a job keeps of its engine's answers."""
    return job.setdefault("rows", {})


def begin(world: World, job: Record, work: str) -> None:
    """Let an engine begin a work, where the job has one; nobody need ask what came of it."""
    engine = _engine(world, job)
    if engine is not None and world.data is not None:
        world.data.begin(job["JobId"], work, _call(world, job, engine, work))


def asked(world: World, job: Record, work: str, axis: str, event: str, *, argument: str = "") -> Outcome | None:
    """Return what a work has come to; while it is under way the event is planned again, and None returned."""
    outcome = ask(world, job, work)
    if outcome is None:
        agenda.schedule(job, axis, event, world.clock.now() + LOOK, argument)
    return outcome


def ask(world: World, job: Record, work: str) -> Outcome | None:
    """Return what a work has come to, None while it is under way; it begins when it has not.

    It fails where the job's servers are mapped no more: nothing is known of them.
    """
    engine = _engine(world, job)
    if engine is None or world.data is None:
        return Outcome(None, f"the servers of {job['JobId']} are mapped no more", time.monotonic())
    return world.data.ask(job["JobId"], work, _call(world, job, engine, work))


def _call(world: World, job: Record, engine: Engine, work: str) -> Call:
    """Return the call of a work, with all that it needs of the job: a thread must not read the world."""
    known, logins = kept(job), world.data.logins(job["JobId"]) if world.data else Logins()
    if work.startswith("compare:"):
        return _comparison(job, engine, work.removeprefix("compare:"))
    if work == "copy":
        data = job["configuration"]["MigrateOption"]["MigrateType"] != "structure"
        return lambda progress: engine.copy(progress, data=data)
    position = known.get("position", "")
    calls: dict[str, Call] = {
        "check": lambda _: engine.check(logins.source, logins.target),
        "replicate": lambda _: engine.replicate(position),
        "lag": lambda _: engine.lag(),
        "pause": lambda _: engine.pause(),
        "finish": lambda _: engine.stop(finish=True),
        "stop": lambda _: engine.stop(finish=False),
    }
    return calls[work]


def _comparison(job: Record, engine: Engine, task_id: str) -> Call:
    task = next(task for task in job["compares"] if task["id"] == task_id)
    chosen, options = objects(task["config"]), task["options"]
    method, share = str(options["Method"]), int(options.get("SampleRate") or 100)
    return lambda progress: engine.compare(chosen, method, share, progress)


def exported(world: World, job: Record) -> bool:
    """Return whether the copy under way has read the source to its end."""
    progress = world.data.progress(job["JobId"], "copy") if world.data else None
    return progress is not None and progress.exported


def look(world: World, job: Record) -> Lag:
    """Return the latest look at the lag, and have the next one taken; it is unknown where none is fresh."""
    outcome = ask(world, job, "lag")
    known = kept(job)
    if outcome is not None and time.monotonic() - outcome.ended < FRESH_SECONDS:
        lag: Lag = outcome.value or _unanswered(known, outcome.words)
        if outcome.value:
            known.pop("silent", None)
        known["lag"], known["looked"] = [lag.megabytes, lag.seconds], time.time()
        return lag
    if time.time() - known.get("looked", 0.0) > FRESH_SECONDS:
        known["lag"] = [-1, -1]
    return Lag(running=True)


def _unanswered(known: Rows, words: str) -> Lag:
    """A server that does not answer may yet, for a while."""
    since = known.setdefault("silent", time.time())
    if time.time() - since < LOST_SECONDS:
        return Lag(running=True)
    del known["silent"]
    return Lag(words=words)


def percent(world: World, job: Record) -> int:
    """Return how far the copy under way has come."""
    progress = world.data.progress(job["JobId"], "copy") if world.data else None
    return progress.percent if progress else 0


def give_up(world: World, job: Record, work: str) -> None:
    """Let an engine give up a work, where it has one."""
    if world.data is not None:
        world.data.cancel(job["JobId"], work)


def ended(world: World, job: Record, axis: str, event: str) -> bool:
    """Return whether a job's engine has left nothing behind; if not, the event is planned again.

    An engine whose server does not answer is asked until it does: what it left would fill a source's disk.
    """
    if not real(world, job) or (job["ended"] and _engine(world, job) is None):
        return True  # it has none, or it had and its end was its own
    if world.data is not None:
        world.data.cancel(job["JobId"])
    outcome = asked(world, job, "stop", axis, event)
    if outcome is None:
        return False
    if outcome.words:
        agenda.schedule(job, axis, event, world.clock.now() + LOOK)
        return False
    known = kept(job)
    known.update({"position": outcome.value or known.get("position", ""), "following": False, "lag": [-1, -1]})
    return True
