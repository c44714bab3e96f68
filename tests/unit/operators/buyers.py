"""Every kind of job that is bought or created, as data for the laws that all of them keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tencent_dts.engine.identity import tags_of
from tencent_dts.errors import Denied, Refused, WrongState
from tencent_dts.operators.migration_2018 import DtsCreateMigrateJob2018Operator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.operators.subscription import DtsCreateSubscribe2018Operator
from tencent_dts.operators.sync import DtsCreateSyncJobOperator
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages_2018 import PLAN_OF_A_PERSON, plan_2018
from tests.unit.subjects import calls

LINK = {
    "src_database_type": "mysql",
    "dst_database_type": "mysql",
    "src_region": "ap-guangzhou",
    "dst_region": "ap-guangzhou",
    "instance_class": "small",
}


@dataclass(frozen=True)
class Buyer:
    """How one kind of job is bought.

    :param operator: the class of the task.
    :param arguments: its arguments.
    :param person: somebody at the same API.
    :param action: what buys it.
    :param listing: what it is looked up with.
    :param letting_go: what ends a surplus.
    :param untold: an error code that does not tell whether the call was carried out.
    :param refusals: codes of calls that were not, with their errors.
    :param at_work: the Status in which a surplus is left to a person.
    :param elsewhere: buys one that is no task's.
    :param makes_way: each Status in which the next generation is bought.
    :param served: the Status of one that has served its run.
    :param recovery: what takes one out of isolation.
    :param destruction: what deletes an isolated one.
    :param costs: whether it does from its purchase on.
    :param adopting: arguments by which the one bought elsewhere is adopted.
    """

    operator: type[Any]
    arguments: Mapping[str, Any]
    person: type[Cloud]
    action: str
    listing: str
    letting_go: str
    untold: str
    refusals: Mapping[str, type[Exception]]
    at_work: str
    elsewhere: Callable[[Any], str]
    makes_way: tuple[str, ...] = ()
    served: str = ""
    recovery: str = ""
    destruction: str = ""
    costs: bool = True
    adopting: Mapping[str, Any] = field(default_factory=dict)

    def task(self, **changes: Any) -> Any:
        """The operator, with other arguments."""
        return self.operator(task_id="purchase", **{**self.arguments, **changes})

    def again(self, cloud: Cloud) -> str:
        """The id of a second job with the same name and tags, as a worker buys it that did not see the first."""
        before = {job["JobId"] for job in cloud.emulator.jobs()}
        cloud.call(self.action, **calls(cloud.emulator, self.action)[0]["parameters"])
        (twin,) = {job["JobId"] for job in cloud.emulator.jobs()} - before
        return str(twin)

    def left(self, cloud: Cloud) -> list[str]:
        """The jobs that still cost, or are there where none costs, once time has passed."""
        cloud.wait(60)
        return list(cloud.emulator.meter()["live"]) if self.costs else [job["JobId"] for job in cloud.emulator.jobs()]


def generation(cloud: Cloud, job_id: str) -> str:
    """The generation that a job was bought as."""
    (job,) = (job for job in cloud.emulator.jobs() if job["JobId"] == job_id)
    return tags_of(job)["airflow-generation"]


_MIGRATION = Buyer(
    operator=DtsCreateMigrationServiceOperator,
    arguments=LINK,
    person=Cloud,
    action="CreateMigrationService",
    listing="DescribeMigrationJobs",
    letting_go="IsolateMigrateJob",
    untold="InternalError.UnknownError",
    refusals={
        "OperationDenied.NotEnoughMoneyError": Refused,
        "LimitExceeded.MaxUnusedJobs": Refused,
        "ResourcesSoldOut.ResourcesSoldOutError": Refused,
        "UnauthorizedOperation": Denied,
    },
    at_work="running",
    elsewhere=Cloud.checked,
    makes_way=("canceled", "failed"),
    served="success",
    recovery="RecoverMigrateJob",
    destruction="DestroyMigrateJob",
)
_MIGRATION_2018 = Buyer(
    operator=DtsCreateMigrateJob2018Operator,
    arguments={"configuration": plan_2018(), "job_title": "orders", "region": "ap-guangzhou"},
    person=Cloud2018,
    action="CreateMigrateJob",
    listing="DescribeMigrateJobs",
    letting_go="DeleteMigrateJob",
    untold="InternalError.UnknownError",
    refusals={"LimitExceeded.MaxUnusedJobs": Refused, "UnauthorizedOperation.NotEnoughPrivileges": Denied},
    at_work="running",
    elsewhere=Cloud2018.made,
    makes_way=("failed",),
    served="success",
    costs=False,
    adopting={"configuration": PLAN_OF_A_PERSON},
)
_SYNC = Buyer(
    operator=DtsCreateSyncJobOperator,
    arguments=LINK,
    person=SyncCloud,
    action="CreateSyncJob",
    listing="DescribeSyncJobs",
    letting_go="IsolateSyncJob",
    untold="InternalError.UnknownError",
    refusals={"OperationDenied.NotEnoughMoneyError": Refused, "InternalError.NotEnoughMoneyError": Refused},
    at_work="Running",
    elsewhere=SyncCloud.check_passed,
    makes_way=("Failed",),
    served="Stopped",
    recovery="RecoverSyncJob",
    destruction="DestroySyncJob",
)
_SUBSCRIPTION = Buyer(
    operator=DtsCreateSubscribe2018Operator,
    arguments={"job_title": "orders"},
    person=Cloud2018,
    action="CreateSubscribe",
    listing="DescribeSubscribes",
    letting_go="IsolateSubscribe",
    untold="InternalServerError",
    refusals={"OperationDenied.OperationDenied": WrongState},
    at_work="configured",
    elsewhere=Cloud2018.active,
)
BY_THE_HOUR: dict[str, Buyer] = {
    "migration": _MIGRATION,
    "migration of 2018": _MIGRATION_2018,
    "sync": _SYNC,
    "subscription": _SUBSCRIPTION,
}
PREPAID_SYNC = {"pay_mode": "PrePay", "time_span": 3, "auto_renew": True}
PREPAID_SUBSCRIPTION = {"pay_type": "prepaid", "duration": 2, "auto_renew": True}
BUYERS: dict[str, Buyer] = {
    **BY_THE_HOUR,
    "prepaid sync": replace(_SYNC, arguments={**LINK, **PREPAID_SYNC}),
    "prepaid subscription": replace(_SUBSCRIPTION, arguments={"job_title": "orders", **PREPAID_SUBSCRIPTION}),
}
