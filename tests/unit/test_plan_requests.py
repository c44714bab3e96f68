"""What plans make requests of, the service takes: each is sent to the emulator through the plain SDK."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.migration import plan as migration
from tencent_dts.kinds.migration_2018 import plan as migration_2018
from tencent_dts.kinds.subscription_2018 import plan as subscription
from tencent_dts.kinds.sync import plan as sync
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.plan_migration_2018 import DtsPlanMigration2018Operator
from tencent_dts.operators.plan_subscription import DtsPlanSubscriptionOperator
from tencent_dts.operators.plan_sync import DtsPlanSyncChangeOperator, DtsPlanSyncOperator
from tencent_dts.spec import VERSION_2018
from tencent_dts.tasks.plan import PlanOperator
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud

pytestmark = pytest.mark.usefixtures("airflow_connections")
ROUTE = {"vpc_id": "vpc-92jblxto", "subnet_id": "subnet-3paxmkdz"}
REGION = {"region": "ap-guangzhou"}


def told(task: Task) -> Any:
    """The single values that the plan has told."""
    return task.ti.pushed


def planned(kind: type[PlanOperator], **request: Any) -> Any:
    return Task(kind(task_id="plan", request=request)).run()


def connect(monkeypatch: pytest.MonkeyPatch, side: str, conn_type: str = "mysql", **facts: Any) -> None:
    value = {"conn_type": conn_type, "host": "10.8.0.5", "port": 3306, "login": "dts", "password": "a-password"}
    monkeypatch.setenv(f"AIRFLOW_CONN_{side.upper()}_MYSQL", json.dumps({**value, "extra": {**REGION, **facts}}))


def test_a_migration(cloud: Cloud) -> None:
    plan = planned(DtsPlanMigrationOperator)
    job = cloud.buy()
    cloud.wait(2)
    cloud.call("ModifyMigrationJob", **migration.modify_request(job, plan, *databases_of(plan)))


@for_every(
    "source, facts",
    [
        ("mysql", {"access_type": "extranet"}),
        ("mysql", {"access_type": "cdb", "instance_id": "cdb-1"}),
        ("mysql", {"access_type": "cvm", "cvm_instance_id": "ins-olgl39y8"}),
        ("mysql", {"access_type": "vpc", **ROUTE}),
        ("mysql", {"access_type": "dcg", "uniq_dcg_id": "dcg-1", **ROUTE}),
        ("mysql", {"access_type": "vpncloud", "uniq_vpn_gw_id": "vpngw-1", **ROUTE}),
        ("mysql", {"access_type": "ccn", "ccn_gw_id": "ccn-1", "database_net_env": "UserIDC"}),
        ("mysql", {"access_type": "intranet"}),
        ("mongo", {"access_type": "vpc", **ROUTE}),
        ("mysql", {"database_type": "tdsqlmysql", "role": "proxy", "connect_type": "proxy"}),
        ("mysql", {"database_type": "tdstore"}),
    ],
)
def test_a_sync_link_of_every_access_type(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch, source: str, facts: dict[str, Any]
) -> None:
    connect(monkeypatch, "source", source, **facts)
    if source == "mongo":
        connect(monkeypatch, "target", "mongo")
    link = {"options": {"InitType": "Data"}} if source == "mongo" else {}
    task = Task(DtsPlanSyncOperator(task_id="plan", request=link))
    plan = task.run()
    cloud = SyncCloud(dts_emulator)
    (job,) = cloud.call("CreateSyncJob", **sync.order_request(told(task)))["JobIds"]
    cloud.call("ConfigureSyncJob", **sync.configure_request(job, plan, *databases_of(plan)))
    assert cloud.sync_status(job) == "Initialized"


def test_a_sync_link_to_kafka(dts_emulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "target", "kafka", instance_id="ckafka-8j4raxv8")
    rules = [{"TopicName": "shop", "DbMatchMode": "Default", "TableMatchMode": "Default"}]
    topics = {"DataType": "Json", "TopicType": "Single", "TopicRules": rules}
    request = {"options": {"KafkaOption": topics}, "compare_wanted": False, "pay_mode": "PrePay", "time_span": 2}
    task = Task(DtsPlanSyncOperator(task_id="plan", request=request))
    plan = task.run()
    cloud = SyncCloud(dts_emulator)
    (job,) = cloud.call("CreateSyncJob", **sync.order_request(told(task)))["JobIds"]
    cloud.call("ConfigureSyncJob", **sync.configure_request(job, plan, *databases_of(plan)))
    assert cloud.info(job)["DstAccessType"] == "ckafka"


def test_a_change_of_a_sync_link(cloud: Cloud, dts_emulator: Any) -> None:
    person = SyncCloud(dts_emulator)
    job = person.syncing()
    objects = {"Mode": "Partial", "Databases": [{"DbName": "more", "DbMode": "All", "TableMode": "All"}]}
    options = {"OpTypes": ["Insert", "Update", "Delete", "DDL"], "DdlOptions": []}
    plan = planned(DtsPlanSyncChangeOperator, job_id=job, objects=objects, options=options)
    person.call("ModifySyncJobConfig", **sync.modify_request(job, plan))


@for_every(
    "facts",
    [
        {"access_type": "extranet"},
        {"access_type": "cdb", "instance_id": "cdb-1"},
        {"access_type": "cvm", "cvm_instance_id": "ins-olgl39y8"},
        {"access_type": "dcg", "uniq_dcg_id": "dcg-1", **ROUTE},
        {"access_type": "vpncloud", "uniq_vpn_gw_id": "vpngw-1", **ROUTE},
        {"access_type": "ccn", "ccn_gw_id": "ccn-1", **ROUTE},
        {"access_type": "extranet", "node_type": "cluster", "nodes": [{"host": "10.8.0.5"}, {"host": "10.8.0.6"}]},
        {"access_type": "extranet", "supplier": "aliyun", "rds_instance_id": "rm-1"},
    ],
    ids=str,
)
def test_a_2018_migration_of_every_access_type(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    connect(monkeypatch, "source", **facts)
    plan = planned(
        DtsPlanMigration2018Operator,
        migrate_object="tables",
        databases=[{"Database": "shop", "Table": ["orders"]}],
        consistency="spotCheck",
        sampled_rows=10,
        sampled_tables=20,
        counted_tables=30,
    )
    connections = databases_of(plan)
    cloud = Cloud2018(dts_emulator, version=VERSION_2018)
    job = cloud.call("CreateMigrateJob", JobName="a", **migration_2018.create_request(plan, *connections))["JobId"]
    cloud.call("ModifyMigrateJob", **migration_2018.modify_request(job, plan, *connections))


def test_a_subscription(cloud: Cloud, dts_emulator: Any) -> None:
    person = Cloud2018(dts_emulator, version=VERSION_2018)
    past = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    plan = planned(
        DtsPlanSubscriptionOperator,
        instance_id="cdb-9dijwkkw",
        subscribe_object_type="data",
        objects=[{"DatabaseName": "shop", "TableNames": ["orders"]}, {"DatabaseName": "2024"}],
        pay_type="prepaid",
        duration=2,
        consume_start_time=past,
    )
    (bought,) = person.call("CreateSubscribe", Name=plan["title"], **subscription.order_request(plan))["SubscribeIds"]
    person.wait(2)
    person.call("ActivateSubscribe", **subscription.activate_request(bought, plan))
    person.wait(60)
    person.call("ModifySubscribeObjects", **subscription.objects_request(bought, plan))
    person.wait(60)
    person.call("ModifySubscribeConsumeTime", **subscription.consume_time_request(bought, plan))
    assert len(person.conf(bought)["SubscribeObjects"]) == 2
