"""What single operators promise beyond the common rules."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG

from tencent_dts.errors import Impossible, InvalidInput
from tencent_dts.operators import compare, migration
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import PURCHASE, Cloud, endpoint
from tests.unit.operators.test_purchase import purchase
from tests.unit.stages import SPEED, STAGES, calls, drive, plan, seeded
from tests.unit.subjects import retag

CONFIGURE = "ModifyMigrationJob"


@pytest.fixture(autouse=True)
def connections(airflow_connections: dict[str, Any]) -> dict[str, Any]:
    return airflow_connections


class TestConfigure:
    """The configuration is sent when it is not the one that was sent."""

    def task(self, job: str, **changes: Any) -> Task:
        return Task(
            migration.DtsModifyMigrationJobOperator(task_id="configure", job_id=job, configuration=plan(**changes))
        )

    def test_the_same_configuration_is_not_sent_twice(self, cloud: Cloud) -> None:
        job = STAGES["created without configuration"](cloud).job
        task = self.task(job)
        task.run()
        task.clear().run()
        assert len(calls(cloud.emulator, CONFIGURE)) == 1

    def test_it_is_not_sent_again_after_a_check_has_passed_on_it(self, cloud: Cloud) -> None:
        job = STAGES["created without configuration"](cloud).job
        task = self.task(job)
        task.run()
        cloud.check(job)
        task.clear().run()
        assert cloud.status(job) == "checkPass"

    def test_another_plan_is_sent(self, cloud: Cloud) -> None:
        job = STAGES["created without configuration"](cloud).job
        task = self.task(job)
        task.run()
        task.operator.configuration = plan("app", "other")
        task.clear().run()
        assert len(calls(cloud.emulator, CONFIGURE)) == 2

    def test_another_password_is_sent_although_it_is_kept_nowhere(
        self, cloud: Cloud, connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import json

        job = STAGES["created without configuration"](cloud).job
        task = self.task(job)
        task.run()
        changed = {**connections["source_mysql"], "password": "another-password"}
        monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(changed))
        task.clear().run()
        assert len(calls(cloud.emulator, CONFIGURE)) == 2
        assert "password" not in str(task.store.values)

    def test_another_job_of_the_same_task_is_configured_anew(self, cloud: Cloud) -> None:
        first, second = (STAGES["created without configuration"](cloud).job for _ in range(2))
        task = self.task(first)
        task.run()
        task.operator.job_id = second
        task.clear().run()
        assert [call["job_id"] for call in calls(cloud.emulator, CONFIGURE)] == [first, second]

    def test_tags_are_never_sent(self, cloud: Cloud) -> None:
        cloud.emulator.set_speed(SPEED)
        job = Task(purchase()).run()
        before = cloud.detail(job)["Tags"]
        self.task(job).run()
        assert cloud.detail(job)["Tags"] == before
        assert "Tags" not in calls(cloud.emulator, CONFIGURE)[0]["parameters"]

    def test_tags_that_another_hand_adds_while_the_call_is_throttled_stay(
        self, cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        """The tags that are sent replace what is there."""
        job = STAGES["created without configuration"](cloud).job
        team, cost = {"TagKey": "team", "TagValue": "shop"}, {"TagKey": "cost", "TagValue": "42"}
        retag(cloud, job, [team])
        cloud.emulator.add_fault({"action": CONFIGURE, "code": "RequestLimitExceeded", "times": 1})
        meanwhile.after_trouble(CONFIGURE, lambda: retag(cloud, job, [team, cost]))
        self.task(job).run()
        tags = {tag["TagKey"]: tag["TagValue"] for tag in cloud.detail(job)["Tags"]}
        assert (tags["team"], tags["cost"], tags["airflow-deployment"]) == ("shop", "42", "tests")

    def test_tags_that_need_nothing_any_more_are_not_sent(self, cloud: Cloud, meanwhile: Meanwhile) -> None:
        """Another worker of the same task has tagged the job, and a person has added a tag since."""
        job = STAGES["created without configuration"](cloud).job
        self.task(job).run()
        tagged = [*cloud.detail(job)["Tags"], {"TagKey": "cost", "TagValue": "42"}]
        other = STAGES["created without configuration"](cloud).job
        cloud.emulator.add_fault({"action": CONFIGURE, "code": "RequestLimitExceeded", "times": 1})
        meanwhile.after_trouble(CONFIGURE, lambda: retag(cloud, other, tagged))
        self.task(other).run()
        assert {tag["TagKey"] for tag in cloud.detail(other)["Tags"]} == {tag["TagKey"] for tag in tagged}


class TestSkip:
    """Check items are skipped by name, each with a reason, and once."""

    def test_items_skipped_already_are_not_sent_again(self, cloud: Cloud) -> None:
        job = STAGES["check item skipped"](cloud).job
        skips = [{"step_id": "OptimizeCheck", "reason": "known"}]
        before = len(calls(cloud.emulator, "SkipCheckItem"))
        Task(migration.DtsSkipCheckItemOperator(task_id="skip", job_id=job, skips=skips)).run()
        assert len(calls(cloud.emulator, "SkipCheckItem")) == before

    @pytest.mark.parametrize(
        ("before", "asked", "sent"),
        [
            (("OptimizeCheck", "ConstraintCheck"), ("OptimizeCheck",), False),
            (("OptimizeCheck",), ("OptimizeCheck", "ConstraintCheck"), True),
            (("ConstraintCheck",), ("OptimizeCheck",), True),
            ((), ("OptimizeCheck",), True),
        ],
        ids=["more are", "one is not", "another is", "none is"],
    )
    def test_nothing_is_sent_only_where_all_of_them_are_skipped(
        self, before: tuple[str, ...], asked: tuple[str, ...], sent: bool, cloud: Cloud
    ) -> None:
        job = cloud.configured()
        seeded(cloud, job, {"checks": dict.fromkeys(("OptimizeCheck", "ConstraintCheck"), "failed")})
        cloud.check(job)
        if before:
            cloud.call("SkipCheckItem", JobId=job, StepIds=list(before), ForeignKeyFlag="shield")
            cloud.check(job)
        skipped = len(calls(cloud.emulator, "SkipCheckItem"))
        skips = [{"step_id": item, "reason": "known"} for item in asked]
        Task(migration.DtsSkipCheckItemOperator(task_id="skip", job_id=job, skips=skips)).run()
        assert (len(calls(cloud.emulator, "SkipCheckItem")) > skipped) is sent

    def test_the_foreign_key_flag_goes_with_it(self, cloud: Cloud) -> None:
        job = cloud.configured()
        seeded(cloud, job, {"checks": {"ConstraintCheck": "failed"}})
        cloud.check(job)
        skips = [{"step_id": "ConstraintCheck", "reason": "the application keeps them"}]
        operator = migration.DtsSkipCheckItemOperator(
            task_id="skip", job_id=job, skips=skips, foreign_key_flag="shield"
        )
        Task(operator).run()
        (call,) = calls(cloud.emulator, "SkipCheckItem")
        assert call["parameters"]["ForeignKeyFlag"] == "shield"

    @pytest.mark.parametrize(
        "skip", [{"step_id": "OptimizeCheck"}, {"reason": "no item"}, {"step_id": "", "reason": "x"}]
    )
    def test_an_item_without_name_or_reason_is_refused(self, skip: dict[str, str], cloud: Cloud) -> None:
        job = STAGES["checkNotPass"](cloud).job
        with pytest.raises(InvalidInput, match="step_id and a reason"):
            Task(migration.DtsSkipCheckItemOperator(task_id="skip", job_id=job, skips=[skip])).run()
        assert cloud.emulator.journal("SkipCheckItem") == []

    def test_an_item_that_cannot_be_skipped_is_refused_with_the_services_reason(self, cloud: Cloud) -> None:
        job = cloud.configured()
        seeded(cloud, job, {"checks": {"VersionCheck": "failed"}})
        cloud.check(job)
        skips = [{"step_id": "VersionCheck", "reason": "let us try"}]
        with pytest.raises(Exception, match="cannot be skipped"):
            Task(migration.DtsSkipCheckItemOperator(task_id="skip", job_id=job, skips=skips)).run()


class TestIsolate:
    """The run's last word: nothing at work is interrupted, nothing is left running up a bill."""

    def isolate(self, job: str, **changes: Any) -> migration.DtsIsolateMigrateJobOperator:
        return migration.DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job, **changes)

    def test_a_job_at_work_is_isolated_on_purpose_only(self, cloud: Cloud) -> None:
        job = cloud.ready()
        with pytest.raises(Impossible, match="StopMigrateJob"):
            Task(self.isolate(job)).run()
        assert drive(cloud.emulator, self.isolate(job, even_if_running=True))["TradeStatus"] == "isolated"

    @pytest.mark.parametrize("state", ["canceled", "failed", "checkPass", "created", "success"])
    def test_a_job_at_rest_is_isolated(self, state: str, cloud: Cloud) -> None:
        job = STAGES[state](cloud).job
        assert drive(cloud.emulator, self.isolate(job))["TradeStatus"] == "isolated"

    def test_a_free_job_is_deleted(self, cloud: Cloud) -> None:
        job = STAGES["free"](cloud).job
        assert drive(cloud.emulator, self.isolate(job))["TradeStatus"] in ("notBilled", "gone")
        cloud.wait(10)
        assert cloud.listed(JobId=job) == []

    def test_surplus_jobs_of_the_same_purchase_go_with_it(self, cloud: Cloud) -> None:
        cloud.emulator.set_speed(SPEED)
        job = Task(purchase()).run()
        (bought,) = calls(cloud.emulator, "CreateMigrationService")
        twin = cloud.call("CreateMigrationService", **bought["parameters"])["JobIds"][0]
        cloud.wait(10)
        drive(cloud.emulator, self.isolate(job))
        cloud.wait(10)
        assert cloud.emulator.meter()["live"] == []
        assert cloud.trade(twin) == "isolated"

    def test_surplus_is_found_although_the_job_itself_is_isolated_already(self, cloud: Cloud) -> None:
        cloud.emulator.set_speed(SPEED)
        job = Task(purchase()).run()
        (bought,) = calls(cloud.emulator, "CreateMigrationService")
        cloud.wait(10)
        drive(cloud.emulator, self.isolate(job))
        cloud.call("CreateMigrationService", **bought["parameters"])
        cloud.wait(10)
        drive(cloud.emulator, self.isolate(job))
        cloud.wait(10)
        assert cloud.emulator.meter()["live"] == []

    def test_a_stranger_s_job_of_another_purchase_is_left_alone(self, cloud: Cloud) -> None:
        other = cloud.checked()
        cloud.emulator.set_speed(SPEED)
        job = Task(purchase()).run()
        cloud.wait(10)
        drive(cloud.emulator, self.isolate(job))
        assert cloud.trade(other) == "normal"


class TestRename:
    """A name may change; what a purchase is found by may not."""

    def test_the_hash_in_front_stays(self, cloud: Cloud) -> None:
        cloud.emulator.set_speed(SPEED)
        buyer = Task(purchase())
        job = buyer.run()
        owner = {tag["TagKey"]: tag["TagValue"] for tag in cloud.detail(job)["Tags"]}["airflow-owner"]
        cloud.wait(10)
        Task(migration.DtsModifyMigrateNameOperator(task_id="rename", job_id=job, job_name="orders")).run()
        assert cloud.detail(job)["JobName"] == f"{owner}-orders"
        assert buyer.clear().run() == job

    def test_the_hash_that_it_is_given_back_while_the_call_is_throttled_stays(
        self, cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        cloud.emulator.set_speed(SPEED)
        job = Task(purchase()).run()
        owner = {tag["TagKey"]: tag["TagValue"] for tag in cloud.detail(job)["Tags"]}["airflow-owner"]
        cloud.call("ModifyMigrateName", JobId=job, JobName="renamed by hand")
        cloud.emulator.add_fault({"action": "ModifyMigrateName", "code": "RequestLimitExceeded", "times": 1})
        back = {"JobId": job, "JobName": f"{owner}-again"}
        meanwhile.after_trouble("ModifyMigrateName", lambda: cloud.call("ModifyMigrateName", **back))
        Task(migration.DtsModifyMigrateNameOperator(task_id="rename", job_id=job, job_name="orders")).run()
        assert cloud.detail(job)["JobName"] == f"{owner}-orders"

    def test_a_job_bought_elsewhere_is_named_as_asked(self, cloud: Cloud) -> None:
        job = cloud.checked()
        Task(migration.DtsModifyMigrateNameOperator(task_id="rename", job_id=job, job_name="orders")).run()
        assert cloud.detail(job)["JobName"] == "orders"


class TestWaiting:
    """How a task waits, and that it can be told not to."""

    def test_without_waiting_it_returns_once_the_call_is_accepted(self, cloud: Cloud) -> None:
        job = cloud.checked()
        task = Task(migration.DtsStartMigrateJobOperator(task_id="start", job_id=job, wait="no"))
        assert task.run()["Status"] == "readyRun"
        assert task.deferrals == 0

    @pytest.mark.parametrize("option", [{"wait": "later"}, {"when_killed": "destroy"}])
    def test_an_option_that_does_not_exist_is_refused_when_the_dag_is_parsed(self, option: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput, match=next(iter(option))):
            migration.DtsStartMigrateJobOperator(task_id="start", job_id="dts-1", **option)

    @pytest.mark.parametrize(
        ("given", "waits"),
        [
            ({}, "defer"),
            ({"deferrable": True}, "defer"),
            ({"deferrable": False}, "sync"),
            ({"deferrable": False, "wait": "sync"}, "sync"),
            ({"deferrable": True, "wait": "no"}, "no"),
        ],
        ids=str,
    )
    def test_airflows_usual_name_chooses_too_and_a_worker_is_never_held_by_default(
        self, given: dict[str, Any], waits: str
    ) -> None:
        assert migration.DtsStartMigrateJobOperator(task_id="start", job_id="dts-1", **given).wait == waits
        with DAG("dag", schedule=None, default_args=given):
            assert migration.DtsStartMigrateJobOperator(task_id="start", job_id="dts-1").wait == waits

    @pytest.mark.parametrize(
        "given", [{"deferrable": True, "wait": "sync"}, {"deferrable": False, "wait": "defer"}, {"deferrable": "yes"}]
    )
    def test_two_ways_at_once_or_none_are_refused_when_the_dag_is_parsed(self, given: dict[str, Any]) -> None:
        with pytest.raises(InvalidInput, match="deferrable"):
            migration.DtsStartMigrateJobOperator(task_id="start", job_id="dts-1", **given)

    def test_a_killed_leg_leaves_the_job_as_it_is(self, cloud: Cloud) -> None:
        job = cloud.ready()
        task = migration.DtsCompleteMigrateJobOperator(task_id="x", job_id=job, unproven=True, when_killed="stop")
        task.on_kill()
        assert cloud.status(job) == "readyComplete"

    def test_wrong_class_names_of_a_resize_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="new_instance_class"):
            migration.DtsModifyMigrateJobSpecOperator(task_id="x", job_id="dts-1", new_instance_class="huge")

    def test_a_class_from_a_template_is_refused_at_the_run(self, cloud: Cloud) -> None:
        size = "{{ 'hu' ~ 'ge' }}"
        task = migration.DtsModifyMigrateJobSpecOperator(task_id="x", job_id=cloud.ready(), new_instance_class=size)
        task.render_template_fields({})
        with pytest.raises(InvalidInput, match="huge"):
            Task(task).run()
        assert not cloud.emulator.journal("ModifyMigrateJobSpec")

    def test_a_class_may_come_from_another_task(self) -> None:
        with DAG("resize"):
            size: Any = migration.DtsDescribeMigrationDetailOperator(task_id="size", job_id="dts-1").output
            task = migration.DtsModifyMigrateJobSpecOperator(task_id="x", job_id="dts-1", new_instance_class=size)
        assert task.upstream_task_ids == {"size"}


class TestDescribe:
    """Operators that return what they read."""

    def test_every_page_of_a_list(self, cloud: Cloud) -> None:
        for _ in range(8):
            cloud.call("CreateMigrationService", **PURCHASE, Count=15)
        jobs = Task(migration.DtsDescribeMigrationJobsOperator(task_id="list")).run()
        assert len({job["JobId"] for job in jobs}) == 120
        assert len(cloud.emulator.journal("DescribeMigrationJobs")) == 2
        assert len(Task(migration.DtsDescribeMigrationJobsOperator(task_id="list", limit=3)).run()) == 3
        none = migration.DtsDescribeMigrationJobsOperator(task_id="list", filters={"Status": ["running"]})
        assert Task(none).run() == []

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_that_returns_nothing_is_refused(self, limit: int) -> None:
        with pytest.raises(InvalidInput, match="limit"):
            migration.DtsDescribeMigrationJobsOperator(task_id="list", limit=limit)

    def test_details_of_a_job_hold_no_secret(self, cloud: Cloud) -> None:
        job = cloud.checked(SrcInfo=endpoint(Password="a-secret-of-ours"))
        detail = Task(migration.DtsDescribeMigrationDetailOperator(task_id="detail", job_id=job)).run()
        check = Task(migration.DtsDescribeMigrationCheckJobOperator(task_id="check", job_id=job)).run()
        assert detail["Status"] == "checkPass"
        assert check["CheckFlag"] == "checkPass"
        assert "RequestId" not in detail
        assert "a-secret-of-ours" not in str((detail, check))

    def test_instances(self, cloud: Cloud) -> None:
        task = Task(migration.DtsDescribeMigrateDBInstancesOperator(task_id="instances", database_type="mysql"))
        found = task.run()
        assert found
        wanted = found[0]["InstanceId"]
        narrow = migration.DtsDescribeMigrateDBInstancesOperator(
            task_id="instances", database_type="mysql", instance_id=wanted, migrate_role="src"
        )
        assert [item["InstanceId"] for item in Task(narrow).run()] == [wanted]

    def test_compare_tasks_and_report(self, cloud: Cloud) -> None:
        subject = STAGES["compare success"](cloud)
        tasks = compare.DtsDescribeCompareTasksOperator(task_id="tasks", job_id=subject.job, status=["success"])
        assert [item["CompareTaskId"] for item in Task(tasks).run()] == [subject.task]
        report = compare.DtsDescribeCompareReportOperator(task_id="report", **subject.arguments())
        assert Task(report).run()["Abstract"]["Conclusion"] == "same"

    @pytest.mark.parametrize(("limit", "wanted", "pages"), [(None, 230, 3), (150, 150, 2)])
    def test_a_long_report_is_read_to_its_end(self, cloud: Cloud, limit: int | None, wanted: int, pages: int) -> None:
        job = cloud.ready()
        rows = [{"Db": "app", "Table": "orders", "Chunk": number} for number in range(230)]
        cloud.emulator.seed({"match": {"JobId": job}, "compare": {"conclusion": "different", "rows": rows}})
        compare_task_id = cloud.compare(job)
        operator = compare.DtsDescribeCompareReportOperator(
            task_id="report", job_id=job, compare_task_id=compare_task_id, limit=limit
        )
        before = len(calls(cloud.emulator, "DescribeCompareReport"))
        difference = Task(operator).run()["Detail"]["Difference"]
        assert [item["Chunk"] for item in difference["Items"]] == list(range(wanted))
        assert difference["TotalCount"] == 230
        assert len(calls(cloud.emulator, "DescribeCompareReport")) - before == pages

    def test_a_job_that_is_not_there_is_an_error(self, cloud: Cloud) -> None:
        task = Task(migration.DtsDescribeMigrationDetailOperator(task_id="detail", job_id="dts-nosuchjb"))
        with pytest.raises(Exception, match="ResourceNotFound"):
            task.run()
