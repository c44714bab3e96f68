"""What the operators about compare tasks share, whichever kind of job is compared.

API document: CreateCompareTask, StartCompare, ModifyCompareTask, DescribeCompareTasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.comparing import Comparison, order_compare
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event
from tencent_dts.engine.wording import shown_state, when_gone
from tencent_dts.errors import Impossible
from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.kinds.planning import CompareConfiguration
from tencent_dts.sizes import Flag, is_true
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare import (
        DescribeCompareTasksRequest,
        DescribeSyncCompareTasksRequest,
        ModifyCompareTaskNameRequest,
        ModifyCompareTaskRequest,
        ModifySyncCompareTaskNameRequest,
    )


class CompareTaskTask(DtsTask):
    """A task about one compare task of a job.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param compare_task_id: CompareTaskId, as ``dts-8yv4w2i1-cmp-37skmii9``.
    """

    identified_by = ("job_id", "compare_task_id")
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, job_id: str | XComArg, compare_task_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.compare_task_id = rendered(compare_task_id)


class CreateCompareTask(DtsTask):
    """Creates a compare task, exactly once in a run, and starts it.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param configuration: ``ObjectMode`` (``sameAsMigrate`` or ``custom``), ``Objects`` and ``Options``
        (``Method``: ``dataCheck``, ``sampleDataCheck`` or ``rowsCount``; ``SampleRate`` in per cent;
        ``ThreadCount`` 1 to 8).
    :param start: order its start as well; a compare task that is only created does nothing.
    """

    on_clear = "looks for the comparison of this task first, and orders one only where there is none"
    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    family: ClassVar[CompareFamily]
    begins_again = True  # as of a purchase, its order is in the ledger before it is sent
    start = Flag()

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "family" in vars(cls):
            cls.resource = cls.family.task

    def __init__(
        self,
        *,
        job_id: str | XComArg,
        configuration: CompareConfiguration | XComArg | None = None,
        start: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.configuration = rendered(configuration)
        self.start = start

    def needs_none(self) -> bool:
        """Whether a job that is over was not to be compared."""
        return False

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> str:
        """Adopt the one that this task created before, or create it."""
        kind = self.family.task.job
        job = await read(client, kind, self.ids())
        over = job is not None and kind.axis.of(job) in self.family.over
        if (over or job is None) and (kept := memory.get("compare_task_id")):
            return str(kept)
        if over and self.needs_none():
            return ""
        if over or job is None:
            ended = "The job has ended; compare the databases by other means if they must be proven equal."
            raise Impossible(
                f"{self.family.create} is impossible: data can be compared in the incremental phase only",
                job_id=self.ids()["JobId"],
                state=await shown_state(client, kind, self.ids(), job),
                next_step=ended if over else when_gone(kind),
            )
        comparison = Comparison(self.family, self.ids()["JobId"], self.identity, self.configuration or {})
        compare_task_id, _ = await order_compare(
            client, comparison, 0, memory, self.log.info, start=is_true(self.start)
        )
        memory.set("compare_task_id", compare_task_id)
        return compare_task_id


class RenameCompareTask(DtsOperator):
    """Renames a compare task.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param compare_task_id: CompareTaskId, as ``dts-8yv4w2i1-cmp-37skmii9``.
    :param task_name: the new TaskName.
    """

    identified_by = ("job_id", "compare_task_id")
    adds_fields: ClassVar[tuple[str, ...]] = (*identified_by, "task_name")

    def __init__(
        self, *, job_id: str | XComArg, compare_task_id: str | XComArg, task_name: str | XComArg, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.compare_task_id = rendered(compare_task_id)
        self.task_name = rendered(task_name)

    def request(self) -> ModifyCompareTaskNameRequest | ModifySyncCompareTaskNameRequest:
        """The new name."""
        return {"JobId": self.job_id, "CompareTaskId": self.compare_task_id, "TaskName": self.task_name}


class ModifyCompareTask(DtsOperator):
    """Changes a compare task that has not been started.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param compare_task_id: CompareTaskId, as ``dts-8yv4w2i1-cmp-37skmii9``.
    :param configuration: ``ObjectMode`` (``sameAsMigrate`` or ``custom``), ``Objects`` and ``Options``
        (``Method``: ``dataCheck``, ``sampleDataCheck`` or ``rowsCount``; ``SampleRate`` in per cent;
        ``ThreadCount`` 1 to 8).
    """

    identified_by = ("job_id", "compare_task_id")
    adds_fields: ClassVar[tuple[str, ...]] = (*identified_by, "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(
        self,
        *,
        job_id: str | XComArg,
        compare_task_id: str | XComArg,
        configuration: CompareConfiguration | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.compare_task_id = rendered(compare_task_id)
        self.configuration = rendered(configuration)

    def request(self) -> ModifyCompareTaskRequest:
        """The configuration; ModifySyncCompareTask takes the same."""
        configuration: CompareConfiguration = self.configuration or {}
        return {"JobId": self.job_id, "CompareTaskId": self.compare_task_id, **configuration}


class ListCompareTasks(DescribeOperator):
    """Lists the compare tasks of a job.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param status: only these: ``created``, ``readyRun``, ``running``, ``success``, ``stopping``,
        ``failed``, ``canceled``.
    """

    items = "Items"
    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "status")

    def __init__(self, *, job_id: str | XComArg, status: Sequence[str] | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.status = rendered(status)

    def request(self) -> DescribeCompareTasksRequest | DescribeSyncCompareTasksRequest:
        """The job, and the statuses where only some are wanted."""
        request: DescribeCompareTasksRequest = {"JobId": self.job_id}
        if self.status:
            request["Status"] = list(self.status)
        return request


REPORT = {"Detail.Difference": "Difference", "Detail.Skipped": "Skipped"}
"""The lists within a report, which have pages of their own."""
