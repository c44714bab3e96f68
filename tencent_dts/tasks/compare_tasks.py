"""What the operators about compare tasks share, whichever kind of job is compared.

API document: CreateCompareTask, StartCompare, ModifyCompareTask, DescribeCompareTasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.comparing import Comparison, order_compare
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import told_state, when_gone
from tencent_dts.errors import Impossible
from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.sizes import Flag, is_true
from tencent_dts.tasks.base import DtsOperator, DtsTask, identity_of
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.given import given_id
from tencent_dts.tasks.jobs import JobTask
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context


class CompareTaskTask(JobTask):
    """A task about one compare task of a job.

    :param compare_task_id: CompareTaskId, as ``dts-8yv4w2i1-cmp-37skmii9``.
    """

    family: ClassVar[CompareFamily]
    adds_fields: ClassVar[tuple[str, ...]] = ("compare_task_id",)

    def __init__(self, *, compare_task_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.compare_task_id = rendered(compare_task_id)

    def ids(self) -> dict[str, str]:
        """JobId and CompareTaskId."""
        example = "give a CompareTaskId, as dts-8yv4w2i1-cmp-37skmii9"
        return {**super().ids(), "CompareTaskId": given_id(self, "compare_task_id", example)}


class CompareTaskOperator(CompareTaskTask, DtsOperator):
    """Base of the operators that change one compare task."""


class CompareConfiguration(DtsTask):
    """What is compared, and how.

    :param configuration: ``ObjectMode`` (``sameAsMigrate`` or ``custom``), ``Objects`` and ``Options``
        (``Method``: ``dataCheck``, ``sampleDataCheck`` or ``rowsCount``; ``SampleRate`` in per cent;
        ``ThreadCount`` 1 to 8).
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(self, *, configuration: Mapping[str, Any] | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = rendered(configuration)


class CreateCompareTask(CompareConfiguration, JobTask):
    """Creates a compare task, exactly once in a run, and starts it.

    :param start: order its start as well; a compare task that is only created does nothing.
    """

    on_clear = "looks for the comparison of this task first, and orders one only where there is none"
    family: ClassVar[CompareFamily]
    begins_again = True  # as of a purchase, its order is in the ledger before it is sent
    start = Flag()

    def __init__(self, *, start: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = start

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Know whose run this is."""
        self._identity = identity_of(context)

    def needs_none(self) -> bool:
        """Whether a job that is over was not to be compared."""
        return False

    async def act(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> str:
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
                state=await told_state(client, kind, self.ids(), job),
                next_step=ended if over else when_gone(kind),
            )
        comparison = Comparison(self.family, self.ids()["JobId"], self._identity, self.configuration or {})
        compare_task_id, _ = await order_compare(
            client, comparison, 0, memory, self.log.info, start=is_true(self.start)
        )
        memory.set("compare_task_id", compare_task_id)
        return compare_task_id


class RenameCompareTask(CompareTaskOperator):
    """Renames a compare task.

    :param task_name: the new TaskName.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("task_name",)

    def __init__(self, *, task_name: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task_name = rendered(task_name)

    def request(self) -> dict[str, Any]:
        """The new name."""
        return {"TaskName": self.task_name}


class ModifyCompareTask(CompareConfiguration, CompareTaskOperator):
    """Changes a compare task that has not been started."""

    def request(self) -> dict[str, Any]:
        """The configuration."""
        return dict(self.configuration or {})


class ListCompareTasks(JobTask, DescribeOperator):
    """Lists the compare tasks of a job.

    :param status: only these: ``created``, ``readyRun``, ``running``, ``success``, ``stopping``,
        ``failed``, ``canceled``.
    """

    items = "Items"
    adds_fields: ClassVar[tuple[str, ...]] = ("status",)

    def __init__(self, *, status: Sequence[str] | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status = rendered(status)

    def request(self) -> dict[str, Any]:
        """The job, and the statuses where only some are wanted."""
        return {**self.ids(), "Status": list(self.status) if self.status else None}


class ReadCompareReport(CompareTaskTask, DescribeOperator):
    """Reads a report with all differences and skipped tables, page by page."""

    nested: ClassVar[dict[str, str]] = {"Detail.Difference": "Difference", "Detail.Skipped": "Skipped"}
