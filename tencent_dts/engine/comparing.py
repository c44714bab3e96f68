"""Order a data-consistency check, read its report, and turn it into evidence for a cutover.

API document: CreateCompareTask, StartCompare, DescribeCompareTasks, DescribeCompareReport; CreateSyncCompareTask and
its neighbours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from tencent_dts.api.answers import Fields
from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import allow, converge, read
from tencent_dts.engine.identity import Identity, by_age, create_once
from tencent_dts.engine.ledger import Ledgers
from tencent_dts.engine.paging import read_all
from tencent_dts.engine.verdicts import CompareResult, GivenEvidence, compare_result
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import DtsError, Impossible, WrongState
from tencent_dts.kinds.compare import COMPARE_STATUS, ENDED_BADLY, UNSTARTED, CompareFamily
from tencent_dts.kinds.compared import is_of_whole_job, mark_of
from tencent_dts.kinds.planning import CompareConfiguration
from tencent_dts.model.answers import Item, typed
from tencent_dts.times import moment

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare import (
        CreateCompareTaskAnswer,
        CreateCompareTaskRequest,
        CreateSyncCompareTaskAnswer,
        CreateSyncCompareTaskRequest,
        DescribeCompareReportRequest,
        DescribeSyncCompareReportRequest,
    )
    from tencent_dts.spec.shapes.compare_types import CompareTaskItem

_SHOWN = 100


class Evidence(TypedDict):
    """What a compare report sensor hands to the cutover.

    ``compared_at``: epoch seconds at which the comparison began, as DTS reports it; ``None`` if it does not.
    """

    job_id: str
    run: str
    compare_task_id: str
    conclusion: str
    total_tables: int
    checked_tables: int
    skipped_tables: int
    allowed_skipped_tables: int
    compared_at: float | None


NOT_COMPARED = "notCompared"
_COVERAGE = ("conclusion", "total_tables", "checked_tables", "skipped_tables")


def covered(reported: GivenEvidence | Evidence | CompareResult) -> dict[str, object]:
    """What must be the same when data are compared again: of a report of the service, or of evidence made from one."""
    return {name: reported.get(name) for name in _COVERAGE}


def shown_of(evidence: GivenEvidence | None) -> dict[str, object]:
    """What an approval is given for: the comparison, and what it covers."""
    reported = evidence or {}
    return {"compare_task_id": reported.get("compare_task_id"), **covered(reported)}


@dataclass
class CompareCreation:
    """The creation of one compare task; it costs nothing, so a surplus is only left unused.

    :param name: what its TaskName begins with, which carries run, task and attempt; a mark of what is compared may
        follow, see :mod:`tencent_dts.kinds.compared`.
    :param configuration: ``ObjectMode``, ``Objects`` and ``Options`` of the request.
    """

    family: CompareFamily
    job_id: str
    name: str
    configuration: CompareConfiguration
    action: str = field(init=False)
    for_good: bool = False
    doubtful_bill: str = "none; a compare task costs nothing"

    def __post_init__(self) -> None:
        self.action = self.family.create
        self._mark = ""

    async def find(self, client: DtsClient) -> list[Item]:
        """Every compare task of the job with this name, whatever was to be compared."""
        task = self.family.task
        listed = await read_all(client, task.read, task.items, {"JobId": self.job_id})
        return [item for item in listed if f"{item.get('TaskName')}-".startswith(f"{self.name}-")]

    async def choose(self, client: DtsClient, found: list[Item]) -> str | None:
        """The oldest that was started, else the oldest: a job runs one at a time, so another worker goes on with that.

        Before one is created, the job's holder is asked for, and what it syncs is looked at.
        """
        if not found:
            job = await allow(client, self.family.task, {"JobId": self.job_id})
            self._mark = mark_of(self.family, job, self.configuration)
            return None
        started = [item for item in found if not was_never_started(item)]
        return str(by_age(started or found, "CompareTaskId")[0]["CompareTaskId"])

    def request(self) -> CreateCompareTaskRequest | CreateSyncCompareTaskRequest:
        """The creating request."""
        name = "-".join(filter(None, [self.name, self._mark]))
        return {"JobId": self.job_id, "TaskName": name, **self.configuration}

    def created_id(self, answer: Fields) -> str:
        """The new CompareTaskId."""
        created: CreateCompareTaskAnswer | CreateSyncCompareTaskAnswer = typed(answer)
        return created["CompareTaskId"]

    def ids_of(self, found: list[Item]) -> list[str]:
        """Their CompareTaskIds."""
        return [str(item["CompareTaskId"]) for item in by_age(found, "CompareTaskId")]

    def traces(self) -> str:
        """The name of the compare task."""
        return f"a consistency check of {self.job_id} named {self.name}"


@dataclass(frozen=True)
class Comparison:
    """What is to be compared, and for whom.

    :param configuration: ``ObjectMode``, ``Objects`` and ``Options`` of the creating request.
    """

    family: CompareFamily
    job_id: str
    identity: Identity
    configuration: CompareConfiguration

    def creation(self, number: int) -> CompareCreation:
        """The creation of the task's comparison of this number."""
        return CompareCreation(self.family, self.job_id, self.identity.compare_name(number), self.configuration)


async def order_compare(
    client: DtsClient,
    comparison: Comparison,
    number: int,
    ledgers: Ledgers,
    note: Callable[[str], None],
    *,
    start: bool = True,
) -> tuple[str, int]:
    """Create the comparison of this number, exactly once, and start it; return its CompareTaskId and its number.

    One that has ended badly cannot run again: it makes way for the next number.

    :raises DtsError: a call is refused; the error is about that call, whichever task needed the comparison.
    """
    try:
        return await _created_and_started(client, comparison, number, ledgers, note, start=start)
    except DtsError as refusal:
        await _tell_refusal(client, comparison, refusal)
        raise


async def _tell_refusal(client: DtsClient, comparison: Comparison, refusal: DtsError) -> None:
    """Of a refused comparison: what a clear does about it and, where the job compares nothing now, what comes first."""
    family = comparison.family
    if refusal.action not in (family.create, family.start.action):
        return
    refusal.on_clear = f"looks for the comparison first, and orders it by {family.create} only where there is none"
    if not isinstance(refusal, WrongState):
        return
    kind, job = family.task.job, None
    with contextlib.suppress(DtsError):  # the refusal is what is reported, with or without the job's state
        job = await read(client, kind, {kind.key: comparison.job_id})
    if job is not None and (first := family.go_on.get(kind.axis.of(job))):
        refusal.state, refusal.next_step = state_of(kind, job), first


async def _created_and_started(
    client: DtsClient,
    comparison: Comparison,
    number: int,
    ledgers: Ledgers,
    note: Callable[[str], None],
    *,
    start: bool,
) -> tuple[str, int]:
    while True:
        creation = comparison.creation(number)
        found = await creation.find(client)
        if found and all(COMPARE_STATUS.of(item) in ENDED_BADLY for item in found):
            note(f"comparison {number} of this task ended as {COMPARE_STATUS.of(found[0])}; ordering another")
            number += 1
            continue
        compare_task_id = await create_once(client, creation, ledgers.ledger(creation.name), note)
        if not start:
            return compare_task_id, number
        ids = {"JobId": creation.job_id, "CompareTaskId": compare_task_id}
        try:
            await converge(client, creation.family.start, ids, ids)
        except Impossible:
            if not await _has_ended_badly(client, creation, compare_task_id):
                raise
        except WrongState:
            other = await creation.choose(client, await creation.find(client))
            if other is None or other == compare_task_id:
                raise
            return other, number  # another worker of this task has started its own
        else:
            return compare_task_id, number


def was_never_started(task: Item | None) -> bool:
    """Whether a comparison was only created: it does nothing until it is started."""
    return task is not None and COMPARE_STATUS.of(task) in UNSTARTED


async def start_created(
    client: DtsClient, family: CompareFamily, ids: Mapping[str, str], note: Callable[[str], None]
) -> None:
    """Start a comparison that was only created, as where a worker died between the two calls.

    One that has ended or was deleted meanwhile is left to whoever judges it next.
    """
    note(f"comparison {ids['CompareTaskId']} was created and never started; {family.start.action} starts it")
    with contextlib.suppress(Impossible):
        await converge(client, family.start, ids, ids)


async def _has_ended_badly(client: DtsClient, creation: CompareCreation, compare_task_id: str) -> bool:
    """Whether a comparison came to nothing, or was deleted, while it was being started."""
    found = [item for item in await creation.find(client) if item["CompareTaskId"] == compare_task_id]
    return all(COMPARE_STATUS.of(item) in ENDED_BADLY for item in found)


async def read_report(client: DtsClient, family: CompareFamily, ids: Mapping[str, str]) -> CompareResult:
    """The report of a finished compare task, with the first differences and skipped tables."""
    request: DescribeCompareReportRequest | DescribeSyncCompareReportRequest = {
        "JobId": ids["JobId"],
        "CompareTaskId": ids["CompareTaskId"],
        "DifferenceLimit": _SHOWN,
        "SkippedLimit": _SHOWN,
    }
    return compare_result(await client.call(family.report, request))


def configuration_of(task: CompareTaskItem) -> CompareConfiguration:
    """The configuration of an existing compare task, to order another one like it."""
    configuration: CompareConfiguration = {"ObjectMode": "sameAsMigrate"}
    if not is_of_whole_job(task) and (objects := _without_null(task.get("Config") or {})):
        configuration = {"ObjectMode": "custom", "Objects": objects}
    if options := _without_null(task.get("Options") or {}):
        configuration["Options"] = options
    return configuration


def _without_null(value: object) -> Any:
    """Answers print null for what is not set; requests leave it out."""
    if isinstance(value, Mapping):
        return {key: _without_null(item) for key, item in value.items() if item is not None and item != ""}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def as_evidence(
    task: CompareTaskItem, job_id: str, run_key: str, result: CompareResult, allowed_skipped_tables: int
) -> Evidence:
    """Evidence of a compare task and its report."""
    begun = moment(task.get("StartedAt"))
    return {
        "job_id": job_id,
        "run": run_key,
        "compare_task_id": task["CompareTaskId"],
        "conclusion": result["conclusion"],
        "total_tables": result["total_tables"],
        "checked_tables": result["checked_tables"],
        "skipped_tables": result["skipped_tables"],
        "allowed_skipped_tables": allowed_skipped_tables,
        "compared_at": begun.timestamp() if begun else None,
    }


@dataclass(frozen=True)
class Age:
    """How old a comparison is, by its own times and by the clock of the service.

    :param begun: epoch seconds of its beginning and, ``ended``, of its end; ``None`` where one is not reported.
    :param now: epoch seconds, see :meth:`tencent_dts.api.client.DtsClient.now`.
    """

    begun: float | None
    ended: float | None
    now: float

    @classmethod
    def of(cls, task: CompareTaskItem, now: float) -> Age:
        """The age of a compare task as DTS reports it."""
        begun, ended = moment(task.get("StartedAt")), moment(task.get("FinishedAt"))
        return cls(begun.timestamp() if begun else None, ended.timestamp() if ended else None, now)

    def is_credible(self) -> bool:
        """Whether the times are reported, and in a possible order: one clock or the other may be wrong."""
        return self.begun is not None and self.ended is not None and self.begun <= self.ended <= self.now

    def is_within(self, seconds: float) -> bool:
        """Whether the data are known to have been compared within this many seconds.

        It counts from the beginning, as the first row was compared then. A comparison that takes more than half of
        that time would be old soon after its end, however often it is repeated: that one counts from its end.
        """
        if self.begun is None or self.ended is None or not self.is_credible():
            return False
        since = self.ended if self.ended - self.begun > seconds / 2 else self.begun
        return self.now - since <= seconds

    def __str__(self) -> str:
        """How old it is, for messages."""
        if self.begun is None or self.ended is None:
            return "when it was compared is not reported"
        if not self.is_credible():
            return (
                f"by its own times it began {self.now - self.begun:.0f} s and ended {self.now - self.ended:.0f} s ago, "
                "which cannot be: a clock is wrong"
            )
        return f"it began {self.now - self.begun:.0f} s and ended {self.now - self.ended:.0f} s ago"
