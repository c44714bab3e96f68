"""What the page tells of jobs of API 2018-03-30, read from the emulator over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tencent_dts.kinds.migration_2018.states import MIGRATION_JOB_2018, MIGRATION_STATUS_2018
from tencent_dts.kinds.subscription_2018.states import SUBSCRIPTION
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import OPTION, Cloud2018, naming
from tests.unit.emulator.test_2018_migration_states import STATES

pytestmark = pytest.mark.usefixtures("airflow_connections")


@pytest.fixture
def old(cloud: Cloud) -> Cloud2018:
    return Cloud2018(cloud.emulator)


@pytest.fixture
def migration_page(page: Any) -> Any:
    return partial(page, kind=MIGRATION_JOB_2018)


@pytest.fixture
def subscription_page(page: Any) -> Any:
    return partial(page, kind=SUBSCRIPTION)


# --- Migration jobs ---


@for_every("state", STATES)
def test_every_state_of_a_migration_is_shown_by_its_name(old: Cloud2018, migration_page: Any, state: str) -> None:
    number, reach = STATES[state]
    job = reach(old)
    shown = migration_page(job)
    assert shown.pills[MIGRATION_STATUS_2018.names[str(number)]] != "unknown"
    assert f"{MIGRATION_JOB_2018.name} {job}" in shown.text


@for_every(
    "state, tone",
    [("creating", "idle"), ("check not passed", "bad"), ("running", "busy"), ("ready", "good"), ("failed", "bad")],
)
def test_a_state_is_coloured_by_what_it_means(old: Cloud2018, migration_page: Any, state: str, tone: str) -> None:
    number, reach = STATES[state]
    assert migration_page(reach(old)).pills[MIGRATION_STATUS_2018.names[str(number)]] == tone


def test_options_are_shown_by_their_names_and_steps_by_theirs(old: Cloud2018, migration_page: Any) -> None:
    job = old.in_time(MigrateOption=OPTION | {"ConsistencyType": 2})
    shown = migration_page(job)
    assert "mysql ap-guangzhou extranet → mysql ap-guangzhou cdb" in shown.text
    assert "Migrate type fullAndIncrement Objects instance Consistency full Run mode immediate" in shown.text
    assert "Export from Source Database success" in shown.text
    assert shown.pills["success"] == "good"
    assert "Comparison of the data" not in shown.text


def test_a_failed_check_of_a_migration_is_shown_with_its_message(old: Cloud2018, migration_page: Any) -> None:
    job = old.passed(**naming("rehearse_check_DstEmptyCheck"))
    message = old.call("DescribeMigrateCheckJob", JobId=job)["ErrorMessage"]
    shown = migration_page(job)
    assert shown.pills["checkNotPass"] == "bad"
    assert " ".join(message.split()) in shown.text


def test_a_check_of_a_migration_under_way_is_shown_with_its_progress(old: Cloud2018, migration_page: Any) -> None:
    job = old.then(old.made(), "CreateMigrateCheckJob", 10)
    assert "Check running, " in migration_page(job).text


def test_why_a_migration_failed_is_shown(old: Cloud2018, migration_page: Any) -> None:
    job = old.in_time(**naming("rehearse_failed"))
    shown = migration_page(job)
    assert " ".join(old.item(job)["ErrorInfo"][0]["ErrorLog"].split()) in shown.text


def test_a_migration_of_2018_costs_nothing(old: Cloud2018, migration_page: Any) -> None:
    shown = migration_page(old.in_time())
    assert f"Billed so far (estimate) none: a {MIGRATION_JOB_2018.name} is free" in shown.text
    assert "Billing status" not in shown.text


def test_a_deleted_migration_says_that_it_is_gone(old: Cloud2018, migration_page: Any) -> None:
    job = old.then(old.made(), "DeleteMigrateJob", 1)
    assert "DTS does not find this job" in migration_page(job).text


def test_jobs_of_both_versions_are_told_apart(cloud: Cloud, old: Cloud2018, migration_page: Any, page: Any) -> None:
    assert "readyComplete" in page(cloud.ready()).pills
    assert "DTS does not find this job" in page(old.made()).text
    assert "creating" in migration_page(old.made()).pills


def test_the_lag_of_a_migration_that_has_not_started_is_not_known(old: Cloud2018, migration_page: Any) -> None:
    job = old.made()
    assert old.item(job)["Detail"]["SecondsBehindMaster"] == 0
    assert "Lag not known now" in migration_page(job).text
    assert "Lag 0 MB, 0 s" in migration_page(old.in_time()).text


# --- Subscriptions ---


def test_a_subscription_is_shown_with_what_it_reads_and_where_it_is_consumed(
    old: Cloud2018, subscription_page: Any
) -> None:
    subscription = old.active()
    conf = old.conf(subscription)
    shown = subscription_page(subscription)
    assert shown.pills["configured"] == "good"
    assert shown.pills["normal"] == "idle"
    assert f"mysql ap-guangzhou {conf['InstanceId']}" in shown.text
    assert f"Consumed at {conf['Vip']} {conf['Vport']}" in shown.text
    assert "Subscribed instance" in shown.text
    link = f"https://console.cloud.tencent.com/dts/subscribe?region=ap-guangzhou&jobId={subscription}"
    assert link in shown.links
    for absent in ("Run", "Check", "Comparison of the data", "Lag"):
        assert f" {absent} " not in shown.text


@pytest.mark.parametrize(
    ("made", "status", "tone"),
    [
        (Cloud2018.subscribed, "unconfigure", "idle"),
        (lambda old: old.activating()[0], "configuring", "busy"),
        (Cloud2018.active, "configured", "good"),
    ],
)
def test_every_state_of_a_subscription_is_shown(
    old: Cloud2018, subscription_page: Any, made: Any, status: str, tone: str
) -> None:
    assert subscription_page(made(old)).pills[status] == tone


def test_a_failed_request_is_shown_with_its_reason(old: Cloud2018, subscription_page: Any) -> None:
    subscription = old.active(Name="rehearse_request_failed")
    (error,) = old.conf(subscription)["Errors"]
    assert error["Message"]
    assert " ".join(error["Message"].split()) in subscription_page(subscription).text


def test_a_subscription_is_billed_from_its_purchase_to_its_isolation(old: Cloud2018, subscription_page: Any) -> None:
    subscription = old.active()
    old.wait(2 * 3600)
    assert "h, and counting Frozen fee one hour's fee is held" in subscription_page(subscription).text
    other = old.active()
    old.call("IsolateSubscribe", SubscribeId=other)
    old.wait(60)
    shown = subscription_page(other)
    assert shown.pills["isolated"] == "good"
    assert "Frozen fee released" in shown.text
    assert ", and counting" not in shown.text


def test_a_prepaid_subscription_says_until_when(old: Cloud2018, subscription_page: Any) -> None:
    subscription = old.active(PayType=0, Duration=1)
    expires = old.conf(subscription)["ExpireTime"]
    assert f"Paid prepaid Created {old.conf(subscription)['CreateTime']} Expires {expires}" in (
        subscription_page(subscription).text
    )
    assert f"prepaid until {expires}" in subscription_page(subscription).text
