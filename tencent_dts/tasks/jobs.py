"""What the tasks about jobs of every kind share.

API document: ModifyMigrateRateLimit, ModifySyncRateLimit.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings
from tencent_dts.errors import InvalidInput
from tencent_dts.sizes import Size
from tencent_dts.tasks.base import DtsOperator, DtsTask, airflow_connection
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.given import given_id
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context


class JobTask(DtsTask):
    """A task about one job.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("job_id",)

    def __init__(self, *, job_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)

    def ids(self) -> dict[str, str]:
        """The JobId."""
        return {"JobId": given_id(self, "job_id", f"give the JobId of a {self.resource.job.name}")}


class ConfigurationSender(DtsTask):
    """A task that may send what a check is about: a configuration, or a change of one."""

    configuration: Mapping[str, Any]

    @abstractmethod
    def modification(self) -> dict[str, Any]:
        """The whole request; where it holds passwords it is never kept."""


class TwoSidedTask(DtsTask):
    """A task that may send a whole configuration, passwords freshly read from the connections of both sides.

    :param configuration: the plan of the run, as its first task returns it.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(self, *, configuration: Mapping[str, Any] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = rendered(configuration)

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read both databases' connections."""
        super().prepare(context, account)
        sides = [self.configuration[side] for side in ("source", "target")] if self.configuration else []
        self._databases = [airflow_connection(side["connection"]) for side in sides]


class ListJobsOperator(DescribeOperator):
    """Lists every job of a kind, in an order and of a choice that the filters tell.

    :param filters: fields of the request, as ``{"TagFilters": [{"TagKey": "team", "TagValue": ["shop"]}]}``; those
        that page through the list are set here.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("filters",)
    json_fields: ClassVar[tuple[str, ...]] = ("filters",)

    def __init__(self, *, filters: Mapping[str, Any] | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = rendered(filters)

    def request(self) -> dict[str, Any]:
        """The filters."""
        return dict(self.filters or {})


class RateLimitGate(DtsOperator):
    """The limits of a job's speed, as both kinds of jobs have them.

    :param dump_thread: threads that read the source in the full phase, 1 to 16.
    :param dump_rps: rows a second that are read in the full phase, 1 to 50,000,000.
    :param load_thread: threads that write to the target in the full phase, 1 to 16.
    :param load_rps: rows a second that are written in the full phase, 1 to 50,000,000.
    :param sinker_thread: threads that write in the incremental phase, 1 to 128.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("dump_thread", "dump_rps", "load_thread", "load_rps", "sinker_thread")
    dump_thread = Size("threads", 1, 16, whole=True, optional=True)
    dump_rps = Size("rows a second", 1, 50_000_000, whole=True, optional=True)
    load_thread = Size("threads", 1, 16, whole=True, optional=True)
    load_rps = Size("rows a second", 1, 50_000_000, whole=True, optional=True)
    sinker_thread = Size("threads", 1, 128, whole=True, optional=True)

    def __init__(
        self,
        *,
        dump_thread: int | str | XComArg | None = None,
        dump_rps: int | str | XComArg | None = None,
        load_thread: int | str | XComArg | None = None,
        load_rps: int | str | XComArg | None = None,
        sinker_thread: int | str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dump_thread = rendered(dump_thread)
        self.dump_rps = rendered(dump_rps)
        self.load_thread = rendered(load_thread)
        self.load_rps = rendered(load_rps)
        self.sinker_thread = rendered(sinker_thread)

    def request(self) -> dict[str, Any]:
        """The limits that are given."""
        limits = {
            "DumpThread": RateLimitGate.dump_thread,
            "DumpRps": RateLimitGate.dump_rps,
            "LoadThread": RateLimitGate.load_thread,
            "LoadRps": RateLimitGate.load_rps,
            "SinkerThread": RateLimitGate.sinker_thread,
        }
        numbers = {field: limit.check(limit.name, getattr(self, limit.name)) for field, limit in limits.items()}
        given = {field: int(number) for field, number in numbers.items() if number is not None}
        if not given:
            raise InvalidInput(", ".join(limit.name for limit in limits.values()), "give at least one of them")
        return given


class ResizeGate(DtsOperator):
    """The new instance class of a job.

    :param new_instance_class: one that the kind of job has.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("new_instance_class",)
    instance_classes: ClassVar[tuple[str, ...]]

    def __init__(self, *, new_instance_class: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.new_instance_class = rendered(new_instance_class)
        if "{" not in str(new_instance_class):
            self.request()  # the DAG's author is told when it is parsed; what a template or an XCom says, at the run

    def request(self) -> dict[str, Any]:
        """The new class."""
        if self.new_instance_class not in self.instance_classes:
            allowed = ", ".join(self.instance_classes)
            raise InvalidInput("new_instance_class", f"allowed: {allowed}", self.new_instance_class)
        return {"NewInstanceClass": self.new_instance_class}
