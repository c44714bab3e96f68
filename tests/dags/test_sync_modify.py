"""Whole runs that change a running sync link: the link goes on, whatever is red, and one Clear ends green."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dag_runs import LocalRun
from tests.dags.migrations import done, orders, states
from tests.dags.syncs import LIVING, assert_green, assert_red, link, modification, shown, sync_dag
from tests.meanwhile import Meanwhile
from tests.unit.emulator.sync_cloud import SyncCloud

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def changed(conf: dict[str, Any]) -> LocalRun:
    return LocalRun(sync_dag("dts_sync_modify"), conf)


def assert_changed(run: LocalRun, emulator: Any, job: str, *names: str) -> None:
    assert_green(run)
    assert run.xcom("applied") == {"JobId": job, "OptObjStatus": "Success"}
    assert shown(emulator, job) == list(names)
    assert states(emulator) == LIVING


def test_a_check_that_does_not_pass_needs_one_clear_and_changes_nothing_before(dts_emulator: Any) -> None:
    job = link(dts_emulator, JobName="rehearse_check_ModifyConfigCheck")
    run = changed(modification(job, "app", "more"))
    assert_red(run, dts_emulator, "check_passed", "ModifyConfigCheck", "solution", "clear this task")
    assert shown(dts_emulator, job) == ["app"]
    before = orders(dts_emulator)
    for task_id in ("plan", "modify"):
        run.clear(task_id, downstream=False)
        assert orders(dts_emulator) == before, task_id
    assert_changed(run.clear("check_passed"), dts_emulator, job, "app", "more")
    assert done(dts_emulator, "StartModifySyncJob") == 1


def test_a_check_that_becomes_void_while_it_is_waited_for_needs_no_clear(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = link(dts_emulator)

    def another_hand() -> None:
        """The check passes; before anybody has looked, somebody saves the same change in the console."""
        dts_emulator.advance(60)
        SyncCloud(dts_emulator).modify(job)
        dts_emulator.set_speed(600)

    meanwhile = Meanwhile(monkeypatch)
    meanwhile.before("CreateModifyCheckSyncJob", 1, lambda: dts_emulator.set_speed(0))
    meanwhile.before("DescribeModifyCheckSyncJobResult", 1, another_hand)  # the first look of the trigger
    assert_changed(changed(modification(job, "app", "more")), dts_emulator, job, "app", "more")
    assert done(dts_emulator, "CreateModifyCheckSyncJob") == 2
    assert done(dts_emulator, "StartModifySyncJob") == 1


def test_a_change_that_another_one_followed_is_told_apart_and_a_paused_link_is_left_alone(dts_emulator: Any) -> None:
    job = link(dts_emulator)
    person = SyncCloud(dts_emulator)
    first = changed(modification(job, "app", "more"))
    assert_changed(first, dts_emulator, job, "app", "more")
    second = changed(modification(job, "app", "third"))
    assert_changed(second, dts_emulator, job, "app", "third")
    first.clear("applied")
    assert_red(first, dts_emulator, "applied", "lacks more", "has third, which was not asked for")
    person.call("PauseSyncJob", JobId=job)
    dts_emulator.advance(10)
    third = changed(modification(job, "app"))
    assert_red(third, dts_emulator, "modify", "ContinueSyncJob")
    person.call("ContinueSyncJob", JobId=job)
    dts_emulator.advance(10)
    assert_changed(third.clear("modify"), dts_emulator, job, "app")
