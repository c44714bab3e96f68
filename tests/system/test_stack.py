"""The topology of docker-compose.yml comes up, is healthy, and survives the loss of its parts."""

import httpx
import pytest

from tests.system.airflow_api import AirflowApi
from tests.system.processes import wait_until
from tests.system.stack import AIRFLOW_SERVICES, Stack


@pytest.mark.parametrize("service", AIRFLOW_SERVICES)
def test_every_process_passes_its_health_check(stack: Stack, service: str) -> None:
    for number in range(stack.services[service].replicas):
        result = stack.check(service, number)
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_deferred_task_runs_on_a_worker_a_triggerer_and_a_worker(api: AirflowApi) -> None:
    run = api.start_run("wait_a_little")
    api.wait_for_task("wait_a_little", run, "wait", "deferred")
    api.wait_for_run("wait_a_little", run)
    assert api.xcom("wait_a_little", run, "wait") == "waited"


def test_a_wait_goes_on_after_the_loss_of_its_triggerer(stack: Stack, api: AirflowApi) -> None:
    run = api.start_run("wait_a_little", {"seconds": 45})
    task = api.wait_for_task("wait_a_little", run, "wait", "deferred")
    holder = wait_until(lambda: api.triggerer_of("wait_a_little", run, "wait"), seconds=20, what="a triggerer")
    stack.processes[holder].kill()
    api.wait_for_run("wait_a_little", run)
    assert api.task("wait_a_little", run, "wait")["try_number"] == task["try_number"]
    stack.processes[holder].start()


def test_a_task_runs_again_on_another_worker_after_the_loss_of_its_own(stack: Stack, api: AirflowApi) -> None:
    run = api.start_run("work_a_little")
    lost = api.wait_for_task("work_a_little", run, "work", "running")["hostname"]
    stack.processes[lost].kill()
    api.wait_for_run("work_a_little", run)
    assert api.xcom("work_a_little", run, "work") == 2
    assert api.task("work_a_little", run, "work")["hostname"] != lost
    stack.processes[lost].start()


def test_a_viewer_may_read_but_not_start_a_run(stack: Stack, api: AirflowApi) -> None:
    viewer = stack.api_as("viewer")
    assert viewer.call("GET", "dags/wait_a_little")["dag_id"] == "wait_a_little"
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        viewer.start_run("wait_a_little")
