"""What the tasks about jobs of every kind share: the parameters that say which job, and what it is to do.

API document: ModifyMigrateRateLimit, ModifySyncRateLimit, ModifyMigrateJobSpec, ResizeSyncJob.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from airflow.sdk import XComArg

from tencent_dts.api.answers import Request
from tencent_dts.api.client import ClientSettings
from tencent_dts.errors import InvalidInput
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.kinds.sides import SIDES
from tencent_dts.sizes import Size, check_choice
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.spec.shapes.migration import ModifyMigrateJobSpecRequest, ModifyMigrateRateLimitRequest
    from tencent_dts.spec.shapes.sync import ModifySyncRateLimitRequest, ResizeSyncJobRequest


class JobTask(DtsTask):
    """A task about one job.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    """

    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, job_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)


class ConfiguredJobTask(DtsTask):
    """A task that may send a job's configuration, passwords freshly read from the connections of its sides.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param configuration: the plan of the run, as its first task returns it.
    """

    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    sides: ClassVar[tuple[str, ...]] = SIDES  # of the plan, each with a connection

    def __init__(self, *, job_id: str | XComArg, configuration: AnyPlan | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.configuration = rendered(configuration)

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read the databases' connections."""
        super().prepare(context, account)
        self.databases = databases_of(self.configuration, self.sides)


class PlannedJobTask(DtsTask):
    """A task about one job that is given the plan of its run, if there is one.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param configuration: the plan of the run, as its first task returns it; default: nothing is compared.
    """

    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(self, *, job_id: str | XComArg, configuration: AnyPlan | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.configuration = rendered({} if configuration is None else configuration)

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read both databases' connections."""
        super().prepare(context, account)
        self.databases = databases_of(self.configuration)


class ListJobsOperator(DescribeOperator):
    """Lists every job of a kind, in the order and the choice that the filters name.

    :param filters: fields of the request, as ``{"TagFilters": [{"TagKey": "team", "TagValue": ["shop"]}]}``; those
        that page through the list are set here.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("filters",)
    json_fields: ClassVar[tuple[str, ...]] = ("filters",)

    def __init__(self, *, filters: Request | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = rendered(filters)

    def request(self) -> Request:
        """The filters."""
        return dict(self.filters or {})


_Limit = Literal["DumpThread", "DumpRps", "LoadThread", "LoadRps", "SinkerThread"]


class RateLimitOperator(DtsOperator):
    """Sets the limits of a job's speed, as both kinds of jobs have them.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param dump_thread: threads that read the source in the full phase, 1 to 16.
    :param dump_rps: rows a second that are read in the full phase, 1 to 50,000,000.
    :param load_thread: threads that write to the target in the full phase, 1 to 16.
    :param load_rps: rows a second that are written in the full phase, 1 to 50,000,000.
    :param sinker_thread: threads that write in the incremental phase, 1 to 128.
    """

    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = (
        *("job_id", "dump_thread", "dump_rps", "load_thread", "load_rps", "sinker_thread"),
    )
    dump_thread = Size("threads", 1, 16, whole=True, optional=True)
    dump_rps = Size("rows a second", 1, 50_000_000, whole=True, optional=True)
    load_thread = Size("threads", 1, 16, whole=True, optional=True)
    load_rps = Size("rows a second", 1, 50_000_000, whole=True, optional=True)
    sinker_thread = Size("threads", 1, 128, whole=True, optional=True)

    def __init__(
        self,
        *,
        job_id: str | XComArg,
        dump_thread: int | str | XComArg | None = None,
        dump_rps: int | str | XComArg | None = None,
        load_thread: int | str | XComArg | None = None,
        load_rps: int | str | XComArg | None = None,
        sinker_thread: int | str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.dump_thread = rendered(dump_thread)
        self.dump_rps = rendered(dump_rps)
        self.load_thread = rendered(load_thread)
        self.load_rps = rendered(load_rps)
        self.sinker_thread = rendered(sinker_thread)

    def request(self) -> ModifyMigrateRateLimitRequest | ModifySyncRateLimitRequest:
        """The limits that are given."""
        limits: dict[_Limit, Size] = {
            "DumpThread": RateLimitOperator.dump_thread,
            "DumpRps": RateLimitOperator.dump_rps,
            "LoadThread": RateLimitOperator.load_thread,
            "LoadRps": RateLimitOperator.load_rps,
            "SinkerThread": RateLimitOperator.sinker_thread,
        }
        request: ModifyMigrateRateLimitRequest | ModifySyncRateLimitRequest = {"JobId": self.job_id}
        for field, limit in limits.items():
            if (number := limit.check(limit.name, getattr(self, limit.name))) is not None:
                request[field] = int(number)
        if len(request) == 1:
            raise InvalidInput(", ".join(limit.name for limit in limits.values()), "give at least one of them")
        return request


class ResizeOperator(DtsOperator):
    """Changes the instance class of a job.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param new_instance_class: one that the kind of job has.
    """

    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "new_instance_class")
    instance_classes: ClassVar[tuple[str, ...]]

    def __init__(self, *, job_id: str | XComArg, new_instance_class: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.new_instance_class = rendered(new_instance_class)
        if "{" not in str(new_instance_class):
            self.request()  # a wrong one is refused at parse; what a template or an XCom says, at the run

    def request(self) -> ModifyMigrateJobSpecRequest | ResizeSyncJobRequest:
        """The new class."""
        check_choice("new_instance_class", self.new_instance_class, self.instance_classes)
        return {"JobId": self.job_id, "NewInstanceClass": self.new_instance_class}
