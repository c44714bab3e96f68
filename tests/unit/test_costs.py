"""What a job costs, and whether it goes on costing: as far as the API tells, and in the same words everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tencent_dts.kinds.costs import PRICES, cost_of
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.migration_2018.states import MIGRATION_JOB_2018
from tencent_dts.kinds.registry import KINDS
from tencent_dts.kinds.subscription_2018.states import SUBSCRIPTION
from tencent_dts.kinds.sync.states import SYNC_JOB
from tencent_dts.orphans.reaping import Policy, Sighting, find
from tencent_dts.plugins.facts import job_of
from tencent_dts.plugins.reading import Snapshot
from tencent_dts.plugins.run_jobs import RunJob
from tencent_dts.tasks.bills import shown_bill
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.subjects import Subject, observed

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)  # noon in Beijing


def detail(status: str = "readyComplete", trade: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    sinker = {"StepId": "sinker", "StartTime": "2026-11-23 10:00:00"} | changes.pop("sinker", {})
    return {
        "Status": status,
        "TradeInfo": {"TradeStatus": "normal", "InstanceClass": "medium"} | (trade or {}),
        "StepInfo": {"StepInfo": [{"StepId": "dumper", "StartTime": "2026-11-23 08:00:00"}, sinker]},
        **changes,
    }


ISOLATED = {"TradeStatus": "isolated", "IsolateTime": "2026-11-23 11:30:00"}


@for_every(
    "answer, hours",
    [
        (detail(), "about 2.00 h × medium, and counting"),  # noqa: RUF001 - as shown
        (detail("manualPaused"), "about 2.00 h × medium, and counting"),  # noqa: RUF001 - as shown
        (detail("success", EndTime="2026-11-23 11:00:00"), "about 1.00 h × medium"),  # noqa: RUF001 - as shown
        (detail(sinker={"FinishTime": "2026-11-23 10:30:00"}), "about 0.50 h × medium"),  # noqa: RUF001 - as shown
        (detail("canceled", UpdateTime="2026-11-23 10:15:00"), "about 0.25 h × medium"),  # noqa: RUF001 - as shown
        (detail(trade=ISOLATED), "about 1.50 h × medium"),  # noqa: RUF001 - as shown
        (detail("canceled"), "it has ended; for how long it ran is not reported"),
        (detail(UpdateTime="2026-11-23 13:00:00"), "about 3.00 h × medium, and counting"),  # noqa: RUF001 - as shown
        (detail(sinker={"StartTime": ""}), "not billed yet, as only the incremental step is billed"),
        (detail(StepInfo={}), "not billed yet, as only the incremental step is billed"),
        (detail(trade={"TradeStatus": "notBilled"}), "none: this job is free"),
        (detail(trade={"BillingType": "notBilling"}), "none: this job is free"),
    ],
)
def test_hours_are_billed_from_the_incremental_step_to_its_end(answer: dict[str, Any], hours: str) -> None:
    assert cost_of(MIGRATION_JOB, answer, NOW).hours == hours


@for_every(
    "trade, fee, held",
    [
        ("normal", "one hour's fee is held until the job is isolated", True),
        ("resizing", "one hour's fee is held until the job is isolated", True),
        ("isolating", "one hour's fee is being released", True),
        ("isolated", "released", False),
        ("offlined", "released", False),
        ("", "one hour's fee is held until the job is isolated", True),
    ],
)
def test_the_fee_is_held_until_the_job_is_isolated(trade: str, fee: str, held: bool) -> None:
    bill = cost_of(MIGRATION_JOB, detail(trade={"TradeStatus": trade}), NOW)
    assert (bill.fee, bill.held) == (fee, held)


HELD = "one hour's fee is held until the job is isolated"
BEGUN = {"StartTime": "2026-11-23 10:00:00", "InstanceClass": "medium"}


@for_every(
    "answer, hours, fee",
    [
        ({"TradeStatus": "Normal"}, "not billed yet, as it is billed from its start", HELD),
        (BEGUN | {"TradeStatus": "Normal"}, "about 2.00 h × medium, and counting", HELD),  # noqa: RUF001 - as shown
        (
            BEGUN | {"TradeStatus": "Isolated", "Status": "Stopped", "EndTime": "2026-11-23 11:00:00"},
            "about 1.00 h × medium",  # noqa: RUF001 - as shown
            "released",
        ),
        (BEGUN | {"TradeStatus": "Isolated"}, "it has ended; for how long it ran is not reported", "released"),
        (BEGUN | {"TradeStatus": "NotBilledByInternational"}, "none: this job is free", "none: this job is free"),
        (BEGUN | {"PayMode": "PrePay"}, "prepaid", "none: it is prepaid"),
        (
            BEGUN | {"PayMode": "PrePay", "ExpireTime": "2026-12-23 10:00:00"},
            "prepaid until 2026-12-23 10:00:00",
            "none: it is prepaid",
        ),
    ],
)
def test_a_sync_job_is_billed_from_its_start_unless_it_is_prepaid_or_free(
    answer: dict[str, Any], hours: str, fee: str
) -> None:
    bill = cost_of(SYNC_JOB, answer, NOW)
    assert (bill.hours, bill.fee) == (hours, fee)


SUBSCRIBED = {"SubsStatus": "configured", "Status": "normal", "PayType": 1, "CreateTime": "2026-11-23 10:00:00"}


@for_every(
    "answer, hours, goes_on",
    [
        (SUBSCRIBED, "about 2.00 h, and counting", True),
        (SUBSCRIBED | {"CreateTime": ""}, "not billed yet, as it is billed from its purchase", True),
        (SUBSCRIBED | {"Status": "isolated", "IsolateTime": "2026-11-23 11:00:00"}, "about 1.00 h", False),
        (SUBSCRIBED | {"PayType": 0}, "prepaid", False),
        (SUBSCRIBED | {"PayType": 0, "ExpireTime": "2026-12-23 10:00:00"}, "prepaid until 2026-12-23 10:00:00", False),
    ],
)
def test_a_subscription_is_billed_from_its_purchase(answer: dict[str, Any], hours: str, goes_on: bool) -> None:
    cost = cost_of(SUBSCRIPTION, answer, NOW)
    assert (cost.hours, cost.goes_on) == (hours, goes_on)


def test_a_migration_of_2018_is_free() -> None:
    cost = cost_of(MIGRATION_JOB_2018, {"Status": 7}, NOW)
    assert (str(cost), cost.goes_on) == ("none: a migration job of 2018 is free", False)


ENDED = "it has ended; for how long it ran is not reported"
PAUSED = "about 2.00 h \N{MULTIPLICATION SIGN} medium at most, standing still while the job is paused"


@for_every("status, hours, runs", [("Stopped", ENDED, False), ("Failed", ENDED, False), ("Paused", PAUSED, False)])
def test_a_link_that_ended_or_is_paused_counts_no_hours(status: str, hours: str, runs: bool) -> None:
    cost = cost_of(SYNC_JOB, BEGUN | {"Status": status, "TradeStatus": "Normal"}, NOW)
    assert (cost.hours, cost.runs, cost.held) == (hours, runs, True)


def everywhere(resource: Any, item: dict[str, Any], now: datetime) -> dict[str, str]:
    """What an error, the report of orphans and the DTS tab say of the same answer."""
    (kind,) = (kind for kind in KINDS if kind.resource is resource)
    job = RunJob(kind.view, "dts-a", "ap-guangzhou", -1, ("purchase",), "", "default", now)
    bill = job_of(job, Snapshot(now, item, None, {})).bill
    return {
        "error": shown_bill(resource, item, now).removeprefix(f"{resource.in_words(item)}; "),
        "report": find(Sighting(kind.name, "ap-guangzhou", item, (), now), Policy()).cost,
        "tab": str(bill),
    }


ANSWERS: list[tuple[Any, dict[str, Any]]] = [
    *(
        (SYNC_JOB, BEGUN | {"JobId": "sync-1", "Status": status, "TradeStatus": "Normal"})
        for status in SYNC_JOB.axis.known
    ),
    (SYNC_JOB, BEGUN | {"JobId": "sync-1", "Status": "Running", "TradeStatus": "NotBilledByInternational"}),
    (SYNC_JOB, BEGUN | {"JobId": "sync-1", "Status": "Running", "TradeStatus": "Normal", "PayMode": "PrePay"}),
    *((MIGRATION_JOB, {"JobId": "dts-1", **detail(status)}) for status in sorted(MIGRATION_JOB.axis.known)),
    *(
        (MIGRATION_JOB, {"JobId": "dts-1", **detail(status, UpdateTime="2026-11-23 13:00:00")})
        for status in ("canceled", "running")
    ),
    (MIGRATION_JOB, {"JobId": "dts-1", **detail("running", {"BillingType": "notBilling"})}),
    (MIGRATION_JOB_2018, {"JobId": "dts-1", "Status": 7}),
    *((SUBSCRIPTION, {"SubscribeId": "subs-1", **SUBSCRIBED, "PayType": pay}) for pay in (0, 1)),
]


@for_every("resource, item", ANSWERS)
def test_error_report_and_tab_say_the_same_of_an_answer(resource: Any, item: dict[str, Any]) -> None:
    assert set(everywhere(resource, item, NOW).values()) == {str(cost_of(resource, item, NOW))}


MADE: dict[str, tuple[Any, Any]] = {
    "migration, stopped": (MIGRATION_JOB, lambda cloud: cloud.after(cloud.ready, ("StopMigrateJob", 60))),
    "migration, at work": (MIGRATION_JOB, lambda cloud: cloud.ready()),
    "sync, stopped": (SYNC_JOB, lambda cloud: _stopped(SyncCloud(cloud.emulator))),
    "sync, at work": (SYNC_JOB, lambda cloud: SyncCloud(cloud.emulator).syncing()),
    "2018": (MIGRATION_JOB_2018, lambda cloud: Cloud2018(cloud.emulator).made()),
    "subscription": (SUBSCRIPTION, lambda cloud: Cloud2018(cloud.emulator).active()),
}


def _stopped(cloud: SyncCloud) -> str:
    job = str(cloud.syncing())
    cloud.call("StopSyncJob", JobId=job)
    cloud.wait(60)
    return job


@pytest.mark.usefixtures("airflow_connections")
@pytest.mark.parametrize("name", MADE)
def test_and_of_a_job_of_each_kind_and_what_is_at_work_goes_on_costing(name: str, cloud: Cloud) -> None:
    resource, made = MADE[name]
    item = observed(resource, Subject(made(cloud), key=resource.key))
    now = datetime(2030, 1, 1, tzinfo=UTC)  # later than all that the emulator tells
    cost = cost_of(resource, item, now)
    assert set(everywhere(resource, item, now).values()) == {str(cost)}
    assert cost.runs == (resource.name in PRICES and "stopped" not in name)
    assert cost.held == (resource.name in PRICES)
