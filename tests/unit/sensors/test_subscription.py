"""The wait for a subscription to be configured: it follows the request, and orders another when it is cleared."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import Impossible, JobFailed
from tencent_dts.sensors.subscription import DtsAsyncRequest2018Sensor, DtsSubscribeConfigured2018Sensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import ACTIVATION, Cloud2018
from tests.unit.stages_subscription import CHANGED, PLAN, STAGES, TABLES
from tests.unit.subjects import SPEED, Subject, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

ACTIVATE = "ActivateSubscribe"
FAILS = {"match": {"any": True}, "fail_at": "request", "status": "failed"}


@pytest.fixture
def person(cloud: Cloud) -> Cloud2018:
    """Somebody at the console."""
    return Cloud2018(cloud.emulator)


def sensor(subject: Subject, **more: Any) -> Task:
    arguments = {"configuration": PLAN, **subject.arguments(), **more}
    return Task(DtsSubscribeConfigured2018Sensor(task_id="configured", **arguments))


def watched(task: Task) -> dict[str, Any]:
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    watch: dict[str, Any] = deferred.value.trigger.watch
    return watch


def test_a_known_request_is_followed_an_unknown_one_by_what_the_subscription_shows(cloud: Cloud) -> None:
    known, unknown = STAGES["request running"](cloud), STAGES["configuring"](cloud)
    assert watched(sensor(known))["ids"] == {"SubscribeId": known.job, "AsyncRequestId": known.task}
    assert watched(sensor(unknown))["ids"] == {"SubscribeId": unknown.job}


def test_a_request_that_failed_is_red_with_its_info_although_the_subscription_shows_nothing(
    cloud: Cloud, person: Cloud2018
) -> None:
    subject = STAGES["request failed"](cloud)
    person.emulator.seed({"match": {"JobId": subject.job}, "force_status": "configuring"})
    with pytest.raises(JobFailed, match="rehearsed failure"):
        sensor(subject).run()


def test_one_that_does_not_show_its_running_request_yet_is_waited_for(cloud: Cloud, person: Cloud2018) -> None:
    subject = STAGES["request running"](cloud)
    person.emulator.seed({"match": {"JobId": subject.job}, "force_status": "unconfigure"})
    assert watched(sensor(subject))["ids"]["AsyncRequestId"] == subject.task


@pytest.mark.parametrize("state", ["request failed", "activation failed", "unconfigured"])
def test_one_clear_orders_the_activation_again_and_ends_green(state: str, cloud: Cloud, person: Cloud2018) -> None:
    task = sensor(STAGES[state](cloud))
    with pytest.raises(JobFailed, match="not configured"):
        task.run()
    before = len(calls(person.emulator, ACTIVATE))
    person.emulator.set_speed(SPEED)
    result = task.clear().run()
    assert (result["SubsStatus"], result["InstanceId"]) == ("configured", PLAN["instance_id"])
    assert len(calls(person.emulator, ACTIVATE)) == before + 1
    assert task.clear().run() == result
    assert len(calls(person.emulator, ACTIVATE)) == before + 1


def test_an_answer_lost_when_it_is_ordered_again_does_no_harm(cloud: Cloud, person: Cloud2018) -> None:
    task = sensor(STAGES["request failed"](cloud))
    with pytest.raises(JobFailed):
        task.run()
    person.emulator.add_fault({"action": ACTIVATE, "drop": "after", "times": 1})
    person.emulator.set_speed(SPEED)
    assert task.clear().run()["SubsStatus"] == "configured"
    assert len(person.emulator.journal(ACTIVATE)) == 2


def test_it_is_red_after_each_clear_while_the_cause_lasts(cloud: Cloud, person: Cloud2018) -> None:
    subject = STAGES["unconfigured"](cloud)
    person.emulator.seed({**FAILS, "always": True})
    person.emulator.set_speed(SPEED)
    task = sensor(subject)
    for _ in range(3):
        with pytest.raises(JobFailed):
            task.run()
        task.clear()
    assert len(calls(person.emulator, ACTIVATE)) == 2


def test_an_activation_ordered_by_another_task_is_followed_after_a_clear(cloud: Cloud, person: Cloud2018) -> None:
    task = sensor(STAGES["request failed"](cloud))
    with pytest.raises(JobFailed):
        task.run()
    answer = person.call(ACTIVATE, SubscribeId=task.operator.subscribe_id, **ACTIVATION)
    task.operator.async_request_id = answer["AsyncRequestId"]
    assert watched(task.clear())["ids"]["AsyncRequestId"] == answer["AsyncRequestId"]
    assert len(calls(person.emulator, ACTIVATE)) == 2


def test_one_that_is_bound_to_another_instance_is_red_until_it_is_reset(cloud: Cloud, person: Cloud2018) -> None:
    subject = STAGES["configured for another instance"](cloud)
    task = sensor(subject)
    for _ in range(2):
        with pytest.raises(JobFailed, match="another instance: cdb-another0") as raised:
            task.run()
        assert "ResetSubscribe" in (raised.value.next_step or "")
        task.clear()
    person.call("ResetSubscribe", SubscribeId=subject.job)
    person.emulator.set_speed(SPEED)
    assert task.run()["InstanceId"] == PLAN["instance_id"]


def test_an_instance_that_is_not_told_is_not_the_one_asked_for(cloud: Cloud, person: Cloud2018) -> None:
    subject = STAGES["unconfigured"](cloud)
    person.emulator.seed({"match": {"JobId": subject.job}, "force_status": "configured"})
    with pytest.raises(JobFailed, match="not reported"):
        sensor(subject).run()


@pytest.mark.parametrize("state", ["subscription isolated", "isolated unconfigured", "subscription offline"])
def test_one_that_has_ended_is_red_and_nothing_is_ordered_by_a_clear(
    state: str, cloud: Cloud, person: Cloud2018
) -> None:
    task = sensor(STAGES[state](cloud))
    before = len(person.emulator.journal(ACTIVATE))
    with pytest.raises(JobFailed, match="has ended") as raised:
        task.run()
    assert "trigger a new run" in (raised.value.next_step or "")
    with pytest.raises(Impossible, match=r"isolated|destroyed"):
        task.clear().run()
    assert len(person.emulator.journal(ACTIVATE)) == before


def test_isolated_while_it_is_waited_for_ends_the_wait(cloud: Cloud, person: Cloud2018) -> None:
    subject = STAGES["configuring"](cloud)
    task = sensor(subject)
    watched(task)
    person.call("IsolateSubscribe", SubscribeId=subject.job)
    with pytest.raises(JobFailed, match="has ended"):
        task.run()


def test_a_request_of_changed_objects_is_waited_for(cloud: Cloud, person: Cloud2018) -> None:
    subject = STAGES["configured"](cloud)
    wire = {"SubscribeObjectType": 1, "Objects": [{"ObjectsType": 1, **TABLES}]}
    request = person.call("ModifySubscribeObjects", SubscribeId=subject.job, **wire)["AsyncRequestId"]
    person.emulator.set_speed(SPEED)
    arguments = {"subscribe_id": subject.job, "async_request_id": request}
    result = Task(DtsAsyncRequest2018Sensor(task_id="changed", **arguments)).run()
    assert result == {"SubscribeId": subject.job, "AsyncRequestId": request, "Status": "success"}
    assert CHANGED["objects"] == [TABLES]


def test_a_failed_request_says_why_and_that_another_task_orders_the_next(cloud: Cloud) -> None:
    subject = STAGES["request failed"](cloud)
    with pytest.raises(JobFailed, match="rehearsed failure") as raised:
        Task(DtsAsyncRequest2018Sensor(task_id="changed", **subject.arguments())).run()
    assert "clear the task that ordered the request" in (raised.value.next_step or "")
    assert "until the job is isolated" in str(raised.value.bill)
