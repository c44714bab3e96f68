"""One smallest migration on a DTS, from its purchase to its isolation; whatever happens, what it bought is isolated."""

from __future__ import annotations

import signal
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.contract.scenes import EXAMPLES
from tests.contract.service import Refusal, Service

TAG = "dts-contract"
CLASS = "small"
"""The smallest that CreateMigrationService knows."""

RELEASE_SECONDS = 900
SLICE_SECONDS = 0.5
ENDED = frozenset({"isolated", "offlining", "offlined"})
NOT_TOLD = ""
"""In place of the TradeStatus of a job whose answers do not tell it."""
LOST = frozenset({"ClientNetworkError", "ServerNetworkError", "JSONDecodeError", "KeyError"})
"""The SDK's codes of a call that may have been carried out although no answer came."""

# An address that is reserved for documents: no database answers there.
NOWHERE = {"Host": "203.0.113.10", "Port": 3306, "User": "dts_contract", "Password": "not-a-password"}
UNREACHABLE = {
    **{
        side: {"AccessType": "extranet", "DatabaseType": "mysql", "NodeType": "simple", "Info": [NOWHERE]}
        for side in ("SrcInfo", "DstInfo")
    },
    "MigrateOption": {
        "MigrateType": "fullAndIncrement",
        "DatabaseTable": {"ObjectMode": "partial", "Databases": [{"DbName": "dts_contract", "DBMode": "all"}]},
    },
}


class Different(Exception):
    """The job went another way than the documents say."""


class Interrupted(Exception):
    """A person, or the machine, wants this to end."""


@dataclass
class Lifecycle:
    """One job.

    ``configuration``: SrcInfo, DstInfo and MigrateOption; without it only the check is run, and fails. ``settle``:
    seconds for which a job may be missing from the lists after a purchase whose answer was lost.
    """

    service: Service
    configuration: Mapping[str, Any] | None = None
    say: Callable[[str], None] = print
    settle: float = 60.0
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    bought: set[str] = field(default_factory=set)
    isolated: set[str] = field(default_factory=set)
    interrupted: bool = False
    lost: bool = False
    """Whether a purchase was sent whose answer has not come."""

    def run(self) -> None:
        """Buy, use and isolate one job.

        :raises Refusal: a call was refused. :raises Different: the job did not do what the documents say.
        """
        job = self._buy()
        self._show(job)
        self._configure(job)
        if self._check(job):
            self._start(job)
            self._compare(job)
            self._complete(job)

    def _call(self, action: str, **params: Any) -> dict[str, Any]:
        self._may_go_on()
        self.say(f"  {action}")
        return self.service.call(action, params)

    def _may_go_on(self) -> None:
        if self.interrupted:
            raise Interrupted("interrupted")

    def _wait(self) -> float:
        """Let an interval pass, unless something wants this to end; return its seconds."""
        left = self.service.interval
        while left > 0:
            self._may_go_on()
            self.service.pause(min(left, SLICE_SECONDS))
            left -= SLICE_SECONDS
        self._may_go_on()
        return self.service.interval

    def _buy(self) -> str:
        request: dict[str, Any] = {
            **dict.fromkeys(("SrcDatabaseType", "DstDatabaseType"), "mysql"),
            **dict.fromkeys(("SrcRegion", "DstRegion"), self.service.region),
            "InstanceClass": CLASS,
            "Count": 1,
            "JobName": f"{TAG}-{self.mark}",
            "Tags": [{"TagKey": TAG, "TagValue": self.mark}],
        }
        self.lost = True
        try:
            answer = self._call("CreateMigrationService", **request)
        except Refusal as refusal:
            self.lost = refusal.code in LOST or refusal.code.startswith("InternalError")
            raise
        self.bought.update(answer["JobIds"])
        self.lost = False
        self.service.like("CreateMigrationService", EXAMPLES["CreateMigrationService"]["response"], answer)
        (job,) = answer["JobIds"]
        self.say(f"  bought {job}")
        self._until(job, "Status", {"created"}, 600)
        return str(job)

    def _detail(self, job: str) -> dict[str, Any]:
        return self.service.call("DescribeMigrationDetail", {"JobId": job})

    def _until(self, job: str, name: str, wanted: set[str], seconds: float, bad: frozenset[str] = frozenset()) -> str:
        """Wait until the job's ``name`` (Status or TradeStatus) is one of those wanted."""
        waited = 0.0
        while True:
            detail = self._detail(job)
            value = str((detail if name == "Status" else detail["TradeInfo"])[name])
            if value in wanted:
                self.say(f"  {name} {value}")
                return value
            if value in bad or waited >= seconds:
                raise Different(f"{job}: {name} is {value} after {waited:.0f} s; wanted: {', '.join(sorted(wanted))}")
            waited += self._wait()

    def _show(self, job: str) -> None:
        listed = self._call("DescribeMigrationJobs", TagFilters=[{"TagKey": TAG, "TagValue": [self.mark]}])
        if [item["JobId"] for item in listed["JobList"]] != [job]:
            raise Different(f"{job} is not found by its tag")
        self._call("ModifyMigrateName", JobId=job, JobName=f"{TAG}-{self.mark}-renamed")
        if self._detail(job)["JobName"] != f"{TAG}-{self.mark}-renamed":
            raise Different(f"{job} does not have its new name")

    def _configure(self, job: str) -> None:
        given = dict(self.configuration or UNREACHABLE)
        for side in ("SrcInfo", "DstInfo"):
            given[side] = {"Region": self.service.region, **given[side]}
        self._call("ModifyMigrationJob", JobId=job, RunMode="immediate", **given)
        self._until(job, "Status", {"created"}, 600)

    def _check(self, job: str) -> bool:
        """Check the job; whether it may be started. Without databases of one's own it must not pass."""
        self._call("CreateMigrateCheckJob", JobId=job)
        passed = self._until(job, "Status", {"checkPass", "checkNotPass"}, 1800) == "checkPass"
        answer = self._call("DescribeMigrationCheckJob", JobId=job)
        example = dict(EXAMPLES["DescribeMigrationCheckJob"]["response"])
        # Which items a step has is each check's own.
        example["StepInfo"] = [{**step, "DetailCheckItems": []} for step in example["StepInfo"]]
        self.service.like("DescribeMigrationCheckJob", example, answer)
        self._look_at_failures(answer)
        if self.configuration is None:
            if passed:
                raise Different(f"{job}: the check of databases that do not exist passed")
            return False
        if not passed:
            failed = [step["StepId"] for step in answer["StepInfo"] if step["StepStatus"] == "failed"]
            raise Different(f"{job}: the check did not pass ({', '.join(failed)}); see the console")
        return True

    def _look_at_failures(self, answer: Mapping[str, Any]) -> None:
        items = [
            item
            for step in answer["StepInfo"]
            for item in step["DetailCheckItems"] or []
            if item["CheckResult"] == "failed" and not item["ErrorLog"]
        ]
        if items:
            self.service.found("DescribeMigrationCheckJob", ["has a failed item without a line of ErrorLog"])

    def _start(self, job: str) -> None:
        self._call("StartMigrateJob", JobId=job)
        bad = frozenset({"failed", "error", "canceled"})
        self._until(job, "Status", {"readyComplete"}, 7200, bad)
        example = EXAMPLES["DescribeMigrationDetail"]["response"]
        self.service.like("DescribeMigrationDetail", {"StepInfo": example["StepInfo"]}, self._detail(job))

    def _compare(self, job: str) -> None:
        task = self._call("CreateCompareTask", JobId=job, TaskName=TAG)["CompareTaskId"]
        self._call("StartCompare", JobId=job, CompareTaskId=task)
        waited = 0.0
        while True:
            answer = self.service.call("DescribeCompareTasks", {"JobId": job, "CompareTaskId": task})
            (item,) = answer["Items"]
            if item["Status"] in ("success", "failed", "canceled"):
                break
            if waited >= 3600:
                raise Different(f"{task} is {item['Status']} after an hour")
            waited += self._wait()
        self.say(f"  compare {item['Status']} {item['Conclusion']}")
        self.service.like("DescribeCompareTasks", EXAMPLES["DescribeCompareTasks"]["response"], answer)
        report = self._call("DescribeCompareReport", JobId=job, CompareTaskId=task)
        abstract = EXAMPLES["DescribeCompareReport"]["response"]["Abstract"]
        self.service.like("DescribeCompareReport", {"Abstract": abstract}, report)
        if item["Conclusion"] != "same":
            raise Different(f"{task}: the data are {item['Conclusion'] or 'not compared'}, so the job is not completed")

    def _complete(self, job: str) -> None:
        self._call("CompleteMigrateJob", JobId=job)
        self._until(job, "Status", {"success"}, 1800, frozenset({"failed", "error"}))

    def release(self) -> list[str]:
        """Isolate everything that this run has bought, looking for what an answer did not tell; return what is left.

        Nothing that a call answers, or raises, ends it: it looks again, for a quarter of an hour.
        """
        waited = 0.0
        while True:
            left = self._costing()
            if not left and (not self.lost or waited >= self.settle):
                return []
            if waited >= RELEASE_SECONDS:
                return left or [self._unknown()]
            self.service.pause(self.service.interval)
            waited += self.service.interval

    def _unknown(self) -> str:
        return f"whatever has the tag {TAG}={self.mark}"

    def _costing(self) -> list[str]:
        """Order the isolation of every job of this run that is not isolated; return those that are not, yet."""
        trades, unlisted = self._listed()
        self.bought.update(trades)
        trades = {job: trades.get(job) or self._trade(job) for job in sorted(self.bought)}
        costing = [job for job, trade in trades.items() if not self._is_over(job, trade)]
        for job in costing:
            ordered = trades[job] == "isolating" or (trades[job] == NOT_TOLD and job in self.isolated)
            if not ordered:
                self._isolate(job)
        return costing + unlisted

    def _listed(self) -> tuple[dict[str, str], list[str]]:
        """TradeStatus by job of this run; and, where there is no list, what may cost besides the jobs known."""
        named = {"TagFilters": [{"TagKey": TAG, "TagValue": [self.mark]}], "Limit": 100}
        try:
            listed = self.service.call("DescribeMigrationJobs", named)["JobList"]
            return {str(item["JobId"]): _trade_of(item) for item in listed}, []
        except Exception as error:  # noqa: BLE001 - answers of any shape are expected; the bill ends whatever happens
            self.say(f"  {told(error)}; looking again")
            return {}, [] if self.bought and not self.lost else [self._unknown()]

    def _is_over(self, job: str, trade: str) -> bool:
        # A free job is deleted by its isolation; until it is gone, it shows what it always did.
        return trade in ENDED or (trade == "notBilled" and job in self.isolated)

    def _trade(self, job: str) -> str:
        """TradeStatus of a job of which the list tells none."""
        try:
            return _trade_of(self._detail(job))
        except Exception as error:  # noqa: BLE001 - as above: a job that cannot be read may cost
            if isinstance(error, Refusal) and error.code.startswith("ResourceNotFound") and job in self.isolated:
                return "offlined"
            self.say(f"  {told(error)}; looking again")
            return NOT_TOLD

    def _isolate(self, job: str) -> None:
        self.say(f"  IsolateMigrateJob {job}")
        try:
            self.service.call("IsolateMigrateJob", {"JobId": job})
        except Exception as error:  # noqa: BLE001 - as above: the other jobs are isolated, too
            self.say(f"  {told(error)}; looking again")
        else:
            self.isolated.add(job)


def _trade_of(item: Mapping[str, Any]) -> str:
    """The TradeStatus of an answer of any shape."""
    trade = item.get("TradeInfo")
    return str(trade.get("TradeStatus") or NOT_TOLD) if isinstance(trade, Mapping) else NOT_TOLD


def told(error: Exception) -> str:
    """What went wrong; of an answer that could not be read only where that was: its values may be secret."""
    if isinstance(error, (Refusal, Different, Interrupted)):
        return str(error)
    *_, place = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {place.name}, {Path(place.filename).name}:{place.lineno}: {place.line}"


class Signals:
    """While it is entered, signals are only noted: the lifecycle asks for them where it can be left.

    An exception out of a signal's handler could come anywhere, and be lost in a destructor.
    """

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, *_: object) -> None:
        self._lifecycle.interrupted = True
        self._lifecycle.say("interrupted: what was bought is isolated first")


def guarded(lifecycle: Lifecycle) -> tuple[str, list[str]]:
    """Run a lifecycle and isolate what it bought, also after a failure or an interruption.

    :returns: what went wrong, or ""; and the jobs that may still cost.
    """
    trouble = ""
    with Signals(lifecycle):
        try:
            lifecycle.run()
        except Exception as error:  # noqa: BLE001 - an answer of another shape can raise anything; it is told
            trouble = told(error)
        finally:
            lifecycle.say("isolating what was bought")
            left = lifecycle.release()
            for job in left:
                lifecycle.say(f"NOT ISOLATED, AND MAY COST: {job}")
    return trouble, left
