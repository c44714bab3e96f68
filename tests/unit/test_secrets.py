"""A password of a database and the key of the cloud are nowhere but in the request itself."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tencent_dts.api.redaction import SDK_LOGGER
from tencent_dts.errors import CheckNotPassed
from tencent_dts.operators.migration import (
    DtsCreateMigrateCheckJobOperator,
    DtsDescribeMigrationDetailOperator,
    DtsModifyMigrationJobOperator,
)
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.params import MIGRATION
from tencent_dts.sensors.migration import DtsMigrationCheckPassedSensor
from tencent_dts.spec.secrecy import redacted
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.test_purchase import purchase
from tests.unit.stages import SPEED, plan, seeded

PASSWORD = "Corr3ct-Horse-Battery"
TOKEN = "token-of-temporary-keys"
KEY = "emulator-secret"


@pytest.fixture
def source(airflow_connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"account_mode": "self", "tmp_secret_key": "tmp-" + PASSWORD, "tmp_token": "tok-" + PASSWORD}
    conn = airflow_connections["source_mysql"]
    conn = {**conn, "password": PASSWORD, "extra": {**conn["extra"], **secrets}}
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(conn))


@pytest.mark.usefixtures("source")
def test_secrets_show_in_no_store_xcom_trigger_log_or_journal(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger=SDK_LOGGER)
    cloud.emulator.set_speed(SPEED)
    tasks = [Task(DtsPlanMigrationOperator(task_id="plan", request=MIGRATION.defaults())), Task(purchase())]
    results = [task.run() for task in tasks]
    job = results[1]
    seeded(cloud, job, {"checks": {"DstSpaceCheck": "failed"}})
    cloud.emulator.set_speed(SPEED / 10)  # slow enough that the check is waited for
    check_passed = Task(DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan()))
    errors = []
    for operator in (
        DtsModifyMigrationJobOperator(task_id="configure", job_id=job, configuration=plan()),
        DtsCreateMigrateCheckJobOperator(task_id="check", job_id=job),
    ):
        tasks.append(Task(operator))
        results.append(tasks[-1].run())
    with pytest.raises(CheckNotPassed) as raised:
        check_passed.run()
    errors.append(str(raised.value))
    results.append(check_passed.clear().run())
    detail = Task(DtsDescribeMigrationDetailOperator(task_id="detail", job_id=job))
    results.append(detail.run())
    tasks += [check_passed, detail]
    assert any(task.triggers for task in tasks)
    places = {
        "results": results,
        "errors": errors,
        "stores": [task.store.values for task in tasks],
        "xcoms": [task.ti.pushed for task in tasks],
        "triggers": [trigger.serialize() for task in tasks for trigger in task.triggers],
        "templates": [[getattr(t.operator, f) for f in t.operator.template_fields] for t in tasks],
        "journal": cloud.emulator.journal(),
        "admin state": cloud.emulator.jobs(),
        "logs": [(record.getMessage(), record.exc_text) for record in caplog.records],
    }
    for place, content in places.items():
        text = repr(content)
        assert PASSWORD not in text, place
        assert KEY not in text, place
    assert any(record.name == SDK_LOGGER for record in caplog.records), "the SDK's log was not looked at"
    assert any(call["action"] == "ModifyMigrationJob" for call in places["journal"])


@pytest.mark.usefixtures("source")
def test_the_sdk_s_debug_log_says_what_was_called_without_bodies_or_headers(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=SDK_LOGGER)
    job = cloud.buy()
    cloud.wait(5)
    caplog.clear()
    Task(DtsModifyMigrationJobOperator(task_id="configure", job_id=job, configuration=plan())).run()
    messages = [record.getMessage() for record in caplog.records if record.name == SDK_LOGGER]
    assert any("ModifyMigrationJob" in message for message in messages)
    for message in messages:
        assert "withheld" in message
        assert not {"Authorization", "SrcInfo", "Signature"} & set(message.replace("=", " ").split())


@pytest.mark.usefixtures("source")
def test_a_refused_configuration_does_not_print_itself(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    job = cloud.buy()
    cloud.wait(5)
    cloud.emulator.add_fault({"action": "ModifyMigrationJob", "code": "InvalidParameterValue", "message": "bad value"})
    with pytest.raises(Exception, match="InvalidParameterValue") as raised:
        Task(DtsModifyMigrationJobOperator(task_id="configure", job_id=job, configuration=plan())).run()
    assert PASSWORD not in repr(raised.getrepr(showlocals=False))
    assert PASSWORD not in caplog.text


def test_redaction_is_by_field_at_any_depth_and_changes_nothing_else() -> None:
    request = {
        "JobId": "dts-1",
        "SrcInfo": {"Info": [{"User": "u", "Password": PASSWORD, "TmpSecretKey": "k", "TmpToken": TOKEN, "Port": 1}]},
        "Empty": {"Password": ""},
    }
    hidden = redacted(request)
    assert PASSWORD not in str(hidden)
    assert TOKEN not in str(hidden)
    assert hidden["SrcInfo"]["Info"][0] == {
        "User": "u",
        "Password": "***",
        "TmpSecretKey": "***",
        "TmpToken": "***",
        "Port": 1,
    }
    assert hidden["Empty"] == {"Password": ""}
    assert request["SrcInfo"]["Info"][0]["Password"] == PASSWORD  # type: ignore[index]  # the request is untouched
