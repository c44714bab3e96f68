"""An isolated job that is not found: was it deleted, or does the connection lead elsewhere?"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tencent_dts import settings
from tencent_dts.engine.records import KEY, SEEN, Ending, LastSeen, Place
from tencent_dts.errors import DtsProblem, JobNotFound
from tencent_dts.operators.compare import DtsDeleteCompareTaskOperator
from tencent_dts.operators.migration import DtsDestroyMigrateJobOperator
from tencent_dts.operators.subscription import DtsOfflineIsolatedSubscribe2018Operator
from tencent_dts.operators.sync import DtsDestroySyncJobOperator
from tencent_dts.operators.sync_compare import DtsDeleteSyncCompareTaskOperator
from tests.dags.migrations import change
from tests.drive import AIRFLOW, Task
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import STAGES
from tests.unit.subjects import ELSEWHERE, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

_SOON = 10.0
COMPARED: dict[str, tuple[str, type[Any]]] = {
    "migration": ("compare success", DtsDeleteCompareTaskOperator),
    "sync": ("sync compare success", DtsDeleteSyncCompareTaskOperator),
}
DELETERS: list[tuple[str, str, type[Any]]] = [
    ("isolated", "job_id", DtsDestroyMigrateJobOperator),
    ("sync isolated", "job_id", DtsDestroySyncJobOperator),
    ("subscription isolated", "subscribe_id", DtsOfflineIsolatedSubscribe2018Operator),
]


@pytest.mark.parametrize(("stage", "named", "deleter"), DELETERS, ids=[row[0] for row in DELETERS])
class TestAnIsolatedJobIsNotFound:
    """DTS shows an isolated job for days: that its isolation is known does not tell that it was deleted."""

    @pytest.fixture
    def task(self, stage: str, named: str, deleter: type[Any], cloud: Cloud) -> Task:
        job = STAGES[stage](cloud).job
        operator = deleter(task_id="destroy", wait="no", **{named: job})
        self.know(Ending("seen as isolated", time.time() - _SOON), job, cloud)
        return Task(operator)

    @staticmethod
    def know(ending: Ending, job: str, cloud: Cloud) -> None:
        place = Place("ap-guangzhou", cloud.emulator.endpoint)
        AIRFLOW.variables[KEY + job + SEEN] = LastSeen(place, ending=ending).dumps()

    @staticmethod
    def leave(connections: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        right = dict(connections["tencentcloud_default"])
        change(monkeypatch, connections, "tencentcloud_default", **ELSEWHERE)
        return right

    def test_in_another_account_it_does_not_count_as_deleted(
        self, task: Task, cloud: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        right = self.leave(airflow_connections, monkeypatch)
        with pytest.raises(JobNotFound, match=r"(?s)whether it was deleted is not known.* for 7 days"):
            task.run()
        change(monkeypatch, airflow_connections, "tencentcloud_default", **right)
        assert task.clear().run()
        assert len(calls(cloud.emulator, task.operator.operation.action)) == 1
        self.leave(airflow_connections, monkeypatch)
        task.clear().run()  # our own order was accepted: wherever one asks, it was deleted

    def test_after_seven_days_it_was_deleted_by_itself(
        self, task: Task, cloud: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = task.operator.ids()[task.operator.resource.key]
        long_ago = Ending("seen as isolated", time.time() - 7 * 86400 - _SOON)
        self.know(long_ago, job, cloud)
        self.leave(airflow_connections, monkeypatch)
        task.run()


@pytest.mark.parametrize(("stage", "named", "deleter"), DELETERS, ids=[row[0] for row in DELETERS])
class TestADeletionWhoseAnswerWasLost:
    """The job is not there any more, and the order was sent by whoever looks for it now."""

    @pytest.fixture
    def task(self, stage: str, named: str, deleter: type[Any], cloud: Cloud) -> Task:
        return Task(deleter(task_id="destroy", wait="no", **{named: STAGES[stage](cloud).job}))

    def test_it_was_carried_out(self, task: Task, cloud: Cloud, meanwhile: Meanwhile) -> None:
        action = task.operator.operation.action
        cloud.emulator.add_fault({"action": action, "drop": "after", "times": 1})
        meanwhile.after_trouble(action, lambda: cloud.wait(3600))
        task.run()
        task.clear().run()
        assert len(cloud.emulator.journal(action)) == 1

    def test_it_is_no_proof_for_another_user(
        self, task: Task, cloud: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may not have arrived, and the job be in the account of the user before."""
        monkeypatch.setattr(settings, "call_timeout", lambda: 0.0)
        cloud.emulator.add_fault({"action": task.operator.operation.action, "drop": "before", "times": 1})
        with pytest.raises(DtsProblem):
            task.run()
        change(monkeypatch, airflow_connections, "tencentcloud_default", **ELSEWHERE)
        with pytest.raises(JobNotFound):
            task.clear().run()


def test_what_was_seen_a_moment_ago_is_told_of_a_job_that_is_not_found(cloud: Cloud, meanwhile: Meanwhile) -> None:
    """Another hand destroys it while our order is throttled; nobody tells whether that was so."""
    person = SyncCloud(cloud.emulator)
    job = STAGES["sync isolated"](cloud).job

    def destroyed() -> None:
        person.call("DestroySyncJob", JobId=job)
        person.wait(86400)

    cloud.emulator.add_fault({"action": "DestroySyncJob", "code": "RequestLimitExceeded", "times": 1})
    meanwhile.after_trouble("DestroySyncJob", destroyed)
    with pytest.raises(JobNotFound, match="whether it was deleted is not known") as lost:
        Task(DtsDestroySyncJobOperator(task_id="destroy", job_id=job)).run()
    assert "bill: ended: seen as TradeStatus Isolated" in str(lost.value)
    assert "as Status Stopped, TradeStatus Isolated" in str(lost.value.state)


@pytest.mark.parametrize("kind", ["migration", "sync"])
def test_a_comparison_that_is_not_found_was_deleted_only_where_its_job_is_there(
    kind: str, cloud: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another account neither is found, and the comparison goes on in its own."""
    stage, deleter = COMPARED[kind]
    subject = STAGES[stage](cloud)
    task = Task(deleter(task_id="delete", **subject.arguments()))
    right = dict(airflow_connections["tencentcloud_default"])
    change(monkeypatch, airflow_connections, "tencentcloud_default", **ELSEWHERE)
    with pytest.raises(JobNotFound):
        task.run()
    change(monkeypatch, airflow_connections, "tencentcloud_default", **right)
    for _ in range(2):
        task.clear().run()
    assert len(cloud.emulator.journal(deleter.operation.action)) == 1
