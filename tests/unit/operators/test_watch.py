"""The watch on the emulator: each rule speaks at its limit and not before, once, and once more when it is over."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import BaseNotifier
from airflow.sdk.exceptions import AirflowFailException

from scripts.local import ROOT
from tencent_dts.emulator.areas.migration import views
from tencent_dts.engine.identity import Identity
from tencent_dts.engine.records import KEY, SEEN
from tencent_dts.errors import DtsProblem, HolderUnknown, InvalidInput, JobFailed
from tencent_dts.kinds.registry import KINDS
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator
from tencent_dts.operators.watch import DtsWatchJobsOperator
from tencent_dts.watching.telling import ALIAS
from tests.chaos.virtual import VirtualClock
from tests.drive import AIRFLOW, Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.subjects import retag

pytestmark = pytest.mark.usefixtures("airflow_connections")

RUN = ("dts_sync", "manual__2026-11-23T00:00:00+00:00")
MINUTE, HOUR, DAY = 60, 3600, 86400


def tags(deployment: str = "tests", run: tuple[str, str] = RUN) -> dict[str, Any]:
    return {"Tags": Identity(deployment, *run, "purchase").tags(0)}


class Watch:
    """A scheduled watch: each look is a run of its own, and tells the same listener."""

    def __init__(self, clock: VirtualClock, cloud: Cloud, **given: Any) -> None:
        self.clock, self.cloud, self.looks = clock, cloud, 0
        self.messages: list[dict[str, Any]] = []
        self.given = {"notifiers": [self.hear], **given}
        self.task: Any = None

    def hear(self, context: Any) -> None:
        self.messages.append(context["dts_watch"])

    def look(self, **ti: Any) -> Any:
        """One run; returns the report."""
        self.looks += 1
        ids = {"dag_id": "dts_watch", "run_id": f"scheduled__{self.looks}"}
        self.task = Task(DtsWatchJobsOperator(task_id="watch", **self.given), **(ids | ti))
        report = self.task.run()
        AIRFLOW.runs[ids["dag_id"], ids["run_id"]] = ("success", None)
        return report

    def after(self, seconds: float, **ti: Any) -> Any:
        """One run after so many seconds."""
        self.clock.sleep(seconds)
        return self.look(**ti)

    def told(self) -> list[str]:
        """The rules of the findings that were told since this was last asked."""
        found = [row["rule"] for message in self.messages for row in message["told"]]
        self.messages.clear()
        return found

    def ended(self) -> list[str]:
        """The rules of what was told to be over since this was last asked."""
        found = [row["rule"] for message in self.messages for row in message["over"]]
        self.messages.clear()
        return found


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


@pytest.fixture
def watch(passing_time: VirtualClock, cloud: Cloud) -> Callable[..., Watch]:
    return lambda **given: Watch(passing_time, cloud, **given)


def force(cloud: Cloud, job_id: str, status: str) -> None:
    cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": status})


def test_a_link_that_is_well_is_looked_at_and_nobody_is_told(watch: Any, person: SyncCloud) -> None:
    person.syncing(tags())
    watch = watch()
    report = watch.look()
    assert report["looked_at"]["sync job"] == 1
    assert (report["findings"], report["failed"], watch.messages) == ([], [], [])


def test_it_only_reads(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    before = len(person.emulator.journal())
    watch(compare_days=1).look()
    actions = {call["action"] for call in person.emulator.journal()[before:]}
    assert actions
    assert all(action.startswith("Describe") for action in actions)


def test_one_list_for_each_kind_and_region_whatever_the_number_of_jobs(watch: Any, person: SyncCloud) -> None:
    for _ in range(3):
        person.syncing(tags())
    before = len(person.emulator.journal())
    watch(kinds="sync").look()
    assert [call["action"] for call in person.emulator.journal()[before:]] == ["DescribeSyncJobs"]


# --- Each rule, at its limit and not before; once; and its end ---


def test_an_error_is_told_once_and_so_is_its_end(watch: Any, person: SyncCloud) -> None:
    job_id = person.erring(tags())
    watch = watch()
    watch.look()
    (row,) = watch.messages[0]["told"]
    assert (row["job_id"], row["rule"], row["kind"], row["region"]) == (job_id, "in error", "sync", "ap-guangzhou")
    assert "ResumeSyncJob" in row["next_step"]
    assert row["state"].startswith("Status ResumableErr")
    assert row["owner"] == {"dag_id": RUN[0], "run_id": RUN[1], "task": "purchase"}
    assert job_id in row["console"]
    assert row["cost"]
    assert all(text in watch.messages[0]["text"] for text in (job_id, row["next_step"], row["console"], row["cost"]))
    assert watch.told() == ["in error"]
    assert len(watch.after(5 * MINUTE)["findings"]) == 1
    assert watch.messages == []
    person.call("ResumeSyncJob", JobId=job_id)
    watch.after(5 * MINUTE)
    assert watch.ended() == ["in error"]
    watch.after(5 * MINUTE)
    assert watch.messages == []


def test_an_error_may_last_for_a_while_before_it_is_told(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(error_minutes=10)
    watch.look()
    watch.after(10 * MINUTE - 1)
    assert watch.messages == []
    watch.after(1)
    assert watch.told() == ["in error"]


def test_what_is_over_before_its_limit_is_never_told(watch: Any, person: SyncCloud) -> None:
    job_id = person.erring(tags())
    watch = watch(error_minutes=10)
    watch.look()
    person.call("ResumeSyncJob", JobId=job_id)
    watch.after(5 * MINUTE)
    force(person, job_id, "ResumableErr")
    watch.after(6 * MINUTE)
    assert watch.messages == []


def test_what_comes_back_has_its_whole_limit_again(watch: Any, person: SyncCloud) -> None:
    job_id = person.erring(tags())
    watch = watch(error_minutes=10)
    watch.look()
    watch.after(10 * MINUTE)
    assert watch.told() == ["in error"]
    person.call("ResumeSyncJob", JobId=job_id)
    watch.after(5 * MINUTE)
    assert watch.ended() == ["in error"]
    force(person, job_id, "ResumableErr")
    assert watch.after(5 * MINUTE)["findings"] == []
    watch.after(10 * MINUTE - 1)
    assert watch.messages == []
    watch.after(1)
    assert watch.told() == ["in error"]


def test_what_a_raised_limit_allows_is_no_finding_any_more(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch()
    assert len(watch.look()["findings"]) == 1
    watch.given["error_minutes"] = 60
    assert watch.after(5 * MINUTE)["findings"] == []


def test_a_lag_is_told_when_it_has_lasted(watch: Any, person: SyncCloud) -> None:
    person.emulator.seed({"match": {"any": True}, "lag": {"seconds": 900, "megabytes": 50, "drain": 30 * DAY}})
    person.syncing(tags())
    watch = watch(lag_seconds=300, lag_minutes=15)
    watch.look()
    watch.after(15 * MINUTE - 1)
    assert watch.messages == []
    watch.after(1)
    (row,) = watch.messages[0]["told"]
    assert row["rule"] == "lag"
    assert "more than 300 s" in row["wrong"]
    assert "MB" in row["lag"]


def test_a_lag_within_its_limit_is_fine(watch: Any, person: SyncCloud) -> None:
    person.emulator.seed({"match": {"any": True}, "lag": {"seconds": 900, "megabytes": 50, "drain": 30 * DAY}})
    person.syncing(tags())
    watch = watch(lag_seconds=901, lag_minutes=0)
    assert watch.look()["findings"] == []


def test_a_lag_that_is_not_known_is_not_fine(watch: Any, person: SyncCloud) -> None:
    person.full_phase(tags())
    watch = watch(lag_unknown_hours=0.01, lag_minutes=0, lag_seconds=0)
    watch.look()
    assert watch.messages == []
    watch.after(36)
    assert watch.told() == ["lag not known"]


def test_a_pause_counts_from_the_last_look_that_saw_the_link_at_work(watch: Any, person: SyncCloud) -> None:
    job_id = person.syncing(tags())
    watch = watch(paused_hours=24)
    watch.look()
    person.call("PauseSyncJob", JobId=job_id)
    watch.after(DAY - 1)
    assert watch.messages == []
    watch.after(1)
    (row,) = watch.messages[0]["told"]
    assert row["rule"] == "paused"
    assert "ContinueSyncJob" in row["next_step"]
    assert watch.told() == ["paused"]
    person.call("ContinueSyncJob", JobId=job_id)
    watch.after(5 * MINUTE)
    assert watch.ended() == ["paused"]


def test_a_link_found_paused_may_have_been_so_since_its_start(watch: Any, person: SyncCloud) -> None:
    """Nobody knows for how long: after 7 days it fails for good, so the doubt is told."""
    person.paused_sync(tags())
    person.wait(2 * DAY)
    watch = watch()
    watch.look()
    (row,) = watch.messages[0]["told"]
    assert f"since: {row['since']} at the earliest" in watch.messages[0]["text"]
    assert watch.told() == ["paused"]


def test_a_failed_link_is_told_at_once(watch: Any, person: SyncCloud) -> None:
    person.erring(tags(), "rehearse_failed")
    watch = watch()
    watch.look()
    assert watch.told() == ["failed"]


def test_a_link_that_was_stopped_was_stopped_on_purpose(watch: Any, person: SyncCloud) -> None:
    person.stopped_sync(tags())
    assert watch().look()["findings"] == []


def test_prepaid_time_that_ends_is_told_in_time(watch: Any, person: SyncCloud) -> None:
    person.syncing(tags() | {"PayMode": "PrePay", "TimeSpan": 1})
    watch = watch(expire_days=7, lag_minutes=60 * 24 * 7)
    assert watch.after(22 * DAY)["findings"] == []
    watch.after(2 * DAY)
    assert watch.told() == ["expires soon"]


def test_one_that_renews_itself_is_not(watch: Any, person: SyncCloud) -> None:
    person.syncing(tags() | {"PayMode": "PrePay", "TimeSpan": 1, "AutoRenew": 1})
    assert watch(expire_days=60).look()["findings"] == []


def test_a_prepaid_subscription_that_ends_soon(watch: Any, cloud: Cloud) -> None:
    Cloud2018(cloud.emulator).subscribed(PayType=0, Duration=1, **tags())
    watch = watch(expire_days=40)
    watch.look()
    assert watch.told() == ["expires soon"]


def test_arrears_are_told_and_their_end(watch: Any, person: SyncCloud) -> None:
    job_id = person.syncing(tags())
    watch = watch()
    watch.look()
    person.emulator.seed({"match": {"JobId": job_id}, "trade_status": "arrears"})
    watch.after(5 * MINUTE)
    (row,) = watch.messages[0]["told"]
    assert row["rule"] == "out of service"
    assert "arrears" in row["wrong"]
    assert watch.told() == ["out of service"]
    person.emulator.seed({"match": {"JobId": job_id}, "trade_status": "normal"})
    watch.after(5 * MINUTE)
    assert watch.ended() == ["out of service"]


def test_a_subscription_in_arrears(watch: Any, cloud: Cloud) -> None:
    job_id = Cloud2018(cloud.emulator).active(**tags())
    cloud.emulator.seed({"match": {"JobId": job_id}, "trade_status": "arrears"})
    watch = watch()
    watch.look()
    assert watch.told() == ["out of service"]


def test_what_this_airflow_has_isolated_is_nobody_s_trouble(watch: Any, person: SyncCloud) -> None:
    job_id = person.stopped_sync(tags())
    isolate = Task(DtsIsolateSyncJobOperator(task_id="isolate", job_id=job_id))
    isolate.run()
    person.wait(MINUTE)
    isolate.clear().run()  # it is seen as isolated: that an order of ours did it is not forgotten for that
    assert json.loads(AIRFLOW.variables[KEY + job_id + SEEN])["ending"]["ordered"] is False
    watch = watch()
    assert watch.look()["findings"] == []
    watch.after(8 * DAY)
    assert watch.messages == []


def test_a_comparison_is_overdue_if_one_is_asked_for(watch: Any, person: SyncCloud) -> None:
    job_id = person.syncing(tags())
    watch = watch(compare_days=1)
    watch.look()
    assert person.emulator.journal("DescribeSyncCompareTasks") == []  # it is not overdue yet: nothing is read
    watch.after(DAY)
    assert watch.told() == ["comparison overdue"]
    task = str(person.call("CreateSyncCompareTask", JobId=job_id)["CompareTaskId"])
    person.call("StartSyncCompare", JobId=job_id, CompareTaskId=task)
    watch.after(10 * MINUTE)
    assert watch.ended() == ["comparison overdue"]
    asked = len(person.emulator.journal("DescribeSyncCompareTasks"))
    watch.after(HOUR)
    assert len(person.emulator.journal("DescribeSyncCompareTasks")) == asked
    watch.after(DAY)
    assert watch.told() == ["comparison overdue"]


@pytest.mark.parametrize("conclusion", ["different", "skipAll"])
def test_one_that_proved_nothing_does_not_count(conclusion: str, watch: Any, person: SyncCloud) -> None:
    person.emulator.seed({"match": {"any": True}, "compare": {"conclusion": conclusion}})
    job_id = person.syncing(tags())
    person.wait(2 * DAY)
    task = str(person.call("CreateSyncCompareTask", JobId=job_id)["CompareTaskId"])
    person.call("StartSyncCompare", JobId=job_id, CompareTaskId=task)
    person.wait(600)
    (compared,) = person.call("DescribeSyncCompareTasks", JobId=job_id)["Items"]
    assert (compared["Status"], compared["Conclusion"]) == ("success", conclusion)
    watch = watch(compare_days=1)
    watch.look()
    assert watch.told() == ["comparison overdue"]


def test_a_state_that_is_not_known_is_told_after_a_while(watch: Any, person: SyncCloud) -> None:
    job_id = person.syncing(tags())
    force(person, job_id, "upgrading")
    watch = watch(unread_minutes=30)
    watch.look()
    watch.after(30 * MINUTE - 1)
    assert watch.messages == []
    watch.after(1)
    (row,) = watch.messages[0]["told"]
    assert (row["rule"], "upgrading" in row["wrong"]) == ("unknown state", True)


def test_a_job_that_is_in_no_list_any_more_is_told(watch: Any, person: SyncCloud) -> None:
    job_id = person.syncing(tags())
    watch = watch(unread_minutes=30)
    watch.look()
    retag(person, job_id, [])
    watch.after(5 * MINUTE)
    assert watch.messages == []
    watch.after(30 * MINUTE)
    assert watch.told() == ["gone"]
    watch.after(2 * DAY)
    assert watch.messages == []


def test_a_job_that_goes_while_airflow_cannot_say_how_it_ended_is_told_later(watch: Any, person: SyncCloud) -> None:
    job_id = person.syncing(tags())
    watch = watch(unread_minutes=30)
    watch.look()
    retag(person, job_id, [])
    kept = AIRFLOW.variables.get(KEY + job_id + SEEN)
    AIRFLOW.variables[KEY + job_id + SEEN] = "not what this package keeps"
    with pytest.raises(DtsProblem, match=job_id):
        watch.after(5 * MINUTE)
    AIRFLOW.variables.pop(KEY + job_id + SEEN)
    if kept is not None:
        AIRFLOW.variables[KEY + job_id + SEEN] = kept
    watch.after(5 * MINUTE)
    watch.after(30 * MINUTE)
    assert watch.told() == ["gone"]


# --- Migrations ---


def test_a_migration_is_watched_once_no_run_waits_for_it(watch: Any, cloud: Cloud) -> None:
    job_id = cloud.ready(purchase=tags())
    force(cloud, job_id, "error")
    AIRFLOW.runs[RUN] = ("running", None)
    watch = watch()
    assert watch.look()["findings"] == []
    AIRFLOW.runs[RUN] = ("failed", None)
    watch.after(5 * MINUTE)
    assert watch.told() == ["in error"]


@pytest.fixture
def behind(cloud: Cloud) -> str:
    """A migration that no run waits for, whose target is a quarter of an hour behind."""
    cloud.emulator.seed({"match": {"any": True}, "lag": {"seconds": 900, "megabytes": 50, "drain": 30 * DAY}})
    job_id = cloud.incremental(purchase=tags())
    force(cloud, job_id, "readyComplete")
    AIRFLOW.runs[RUN] = ("failed", None)
    return job_id


def test_the_lag_of_a_migration_is_that_of_the_list(watch: Any, cloud: Cloud, behind: str) -> None:
    watch = watch(lag_minutes=0)
    watch.look()
    assert watch.told() == ["lag"]
    assert cloud.emulator.journal("DescribeMigrationDetail") == []


def test_it_is_read_where_the_list_leaves_it_out(
    watch: Any, cloud: Cloud, behind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = views.list_item
    monkeypatch.setattr(views, "list_item", lambda *of: {**whole(*of), "StepInfo": None})
    watch = watch(lag_minutes=0)
    watch.look()
    (row,) = watch.messages[0]["told"]
    assert (row["rule"], "900" in row["wrong"]) == ("lag", True)
    assert len(cloud.emulator.journal("DescribeMigrationDetail")) == 1
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "code": "AuthFailure.UnauthorizedOperation"})
    with pytest.raises(DtsProblem, match="UnauthorizedOperation"):
        watch.after(5 * MINUTE)
    cloud.emulator.clear_faults()
    assert [row["rule"] for row in watch.after(5 * MINUTE)["findings"]] == ["lag"]  # it was not taken for over
    assert [message["over"] for message in watch.messages[1:]] == []


def test_a_migration_that_a_run_waits_for_is_not_read(
    watch: Any, cloud: Cloud, behind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of them, one call each, would take the quota from the very runs that wait."""
    whole = views.list_item
    monkeypatch.setattr(views, "list_item", lambda *of: {**whole(*of), "StepInfo": None})
    AIRFLOW.runs[RUN] = ("running", None)
    watch = watch(lag_minutes=0)
    assert watch.look()["findings"] == []
    assert cloud.emulator.journal("DescribeMigrationDetail") == []
    AIRFLOW.runs[RUN] = ("failed", None)
    watch.after(5 * MINUTE)
    assert watch.told() == ["lag"]
    AIRFLOW.runs[RUN] = ("running", None)  # it was cleared: what was found is that run's own business again
    assert watch.after(5 * MINUTE)["findings"] == []


def test_a_failed_migration_of_2018(watch: Any, cloud: Cloud) -> None:
    Cloud2018(cloud.emulator).then(Cloud2018(cloud.emulator).in_time(**tags()), "StopMigrateJob", 60)
    AIRFLOW.runs[RUN] = ("failed", None)
    watch = watch()
    watch.look()
    assert watch.told() == ["failed"]


# --- Whose jobs ---


def test_another_deployment_s_jobs_are_left_alone(watch: Any, person: SyncCloud) -> None:
    person.erring(tags("production"))
    person.erring()
    report = watch().look()
    assert (report["findings"], report["looked_at"]["sync job"]) == ([], 0)


# --- Lists that cannot be read ---


@pytest.mark.parametrize(
    "code", ["RequestLimitExceeded", "InternalError.UnknownError", "AuthFailure.UnauthorizedOperation"]
)
def test_a_list_that_fails_is_red_and_a_finding_after_a_while_and_nothing_is_over(
    code: str, watch: Any, person: SyncCloud
) -> None:
    person.erring(tags())
    watch = watch(kinds="sync", unread_minutes=30)
    watch.look()
    assert watch.told() == ["in error"]
    person.emulator.add_fault({"action": "DescribeSyncJobs", "code": code})
    with pytest.raises(DtsProblem, match="Not everything was looked at"):
        watch.after(5 * MINUTE)
    assert watch.messages == []
    with pytest.raises(DtsProblem):
        watch.after(30 * MINUTE)
    assert watch.told() == ["cannot be read"]
    report = watch.task.ti.pushed["report"]
    assert {row["rule"] for row in report["findings"]} == {"in error", "cannot be read"}
    assert "not read by this look" in {row["state"] for row in report["findings"]}
    person.emulator.clear_faults()
    watch.after(5 * MINUTE)
    assert watch.ended() == ["cannot be read"]
    assert [row["rule"] for row in watch.look()["findings"]] == ["in error"]


def test_one_throttled_call_is_nothing(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    person.emulator.add_fault({"action": "DescribeSyncJobs", "times": 2, "code": "RequestLimitExceeded"})
    watch = watch()
    watch.look()
    assert watch.told() == ["in error"]


def test_the_other_kinds_are_looked_at_although_one_cannot_be(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    person.emulator.add_fault({"action": "DescribeMigrationJobs", "code": "AuthFailure.UnauthorizedOperation"})
    watch = watch()
    with pytest.raises(AirflowFailException, match="migration in ap-guangzhou"):
        watch.look()
    assert watch.told() == ["in error"]


def test_a_job_that_cannot_be_read_is_a_finding_after_a_while(watch: Any, person: SyncCloud) -> None:
    person.syncing(tags())
    watch = watch(kinds="sync", compare_days=1, unread_minutes=30)
    watch.look()
    person.emulator.add_fault({"action": "DescribeSyncCompareTasks", "code": "AuthFailure.UnauthorizedOperation"})
    with pytest.raises(DtsProblem, match="UnauthorizedOperation"):
        watch.after(2 * DAY)
    assert watch.messages == []
    with pytest.raises(DtsProblem, match="UnauthorizedOperation"):
        watch.after(30 * MINUTE)
    assert watch.told() == ["cannot be read"]
    person.emulator.clear_faults()
    watch.after(5 * MINUTE)
    assert set(watch.told()) == {"comparison overdue"}


# --- Telling ---


def test_what_lasts_is_told_again_after_a_time(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(tell_again_hours=6)
    watch.look()
    assert watch.told() == ["in error"]
    watch.after(6 * HOUR - 1)
    assert watch.told() == []
    watch.after(1)
    assert watch.told() == ["in error"]


def test_or_never_if_that_is_wished(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(tell_again_hours=0)
    watch.look()
    assert watch.told() == ["in error"]
    watch.after(13 * DAY)
    assert "in error" not in watch.told()


class Broken(BaseNotifier):
    """A notifier of Airflow, whose own call logs what goes wrong and returns."""

    template_fields = ("text",)
    heard: list[str] = []  # noqa: RUF012 - of the class: each telling is by a fresh copy
    works = False

    def __init__(self, text: str = "{{ dts_watch.subject }}") -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        if not Broken.works:
            raise ConnectionError("https://hooks.example.com/?token=hush")
        Broken.heard.append(self.text)


def test_a_notifier_that_fails_loses_nothing_and_the_others_are_told_once(watch: Any, person: SyncCloud) -> None:
    Broken.works, Broken.heard = False, []
    person.erring(tags())
    watch = watch()
    watch.given["notifiers"] = [Broken(), watch.hear]
    with pytest.raises(DtsProblem, match="could not be told") as caught:
        watch.look()
    assert "hush" not in str(caught.value)
    assert watch.told() == ["in error"]
    Broken.works = True
    watch.after(5 * MINUTE)
    assert watch.told() == []
    assert Broken.heard == ["DTS jobs of tests: 1 finding"]


def test_a_notifier_renders_each_message_anew(watch: Any, person: SyncCloud) -> None:
    Broken.works, Broken.heard = True, []
    job_id = person.erring(tags())
    watch = watch()
    watch.given["notifiers"] = [Broken()]
    watch.look()
    person.call("ResumeSyncJob", JobId=job_id)
    watch.after(5 * MINUTE)
    assert Broken.heard == ["DTS jobs of tests: 1 finding", "DTS jobs of tests: 1 over"]


class Asynchronous(BaseNotifier):
    heard: list[str] = []  # noqa: RUF012 - as above

    async def async_notify(self, context: Any) -> None:
        Asynchronous.heard.append(context["dts_watch"]["subject"])


def test_a_notifier_that_is_asynchronous_alone_is_told(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch()
    watch.given["notifiers"] = [Asynchronous()]
    watch.look()
    assert Asynchronous.heard == ["DTS jobs of tests: 1 finding"]


def events(watch: Watch) -> list[dict[str, Any]]:
    return [event.extra for event in watch.task.outlet_events[ALIAS].asset_alias_events]


def test_a_finding_is_an_event_of_an_asset_and_nothing_is_none(watch: Any, person: SyncCloud) -> None:
    watch = watch()
    watch.look()
    assert events(watch) == []
    job_id = person.erring(tags())
    watch.after(5 * MINUTE)
    (extra,) = events(watch)
    assert [row["job_id"] for row in extra["told"]] == [job_id]
    watch.after(5 * MINUTE)
    assert events(watch) == []


def test_an_event_of_a_run_that_was_red_in_the_end_is_made_again(watch: Any, person: SyncCloud) -> None:
    """Airflow keeps the events of a task only if it succeeds."""
    person.erring(tags())
    watch = watch()
    watch.look()
    AIRFLOW.runs["dts_watch", "scheduled__1"] = ("failed", None)
    watch.after(5 * MINUTE)
    assert len(events(watch)) == 1
    watch.after(5 * MINUTE)
    assert events(watch) == []


def test_a_run_of_a_dag_is_started_for_what_is_new(watch: Any, person: SyncCloud) -> None:
    AIRFLOW.dags.add("page_someone")
    job_id = person.erring(tags())
    watch = watch(trigger_dag_id="page_someone", asset_event=False)
    watch.look()
    watch.after(5 * MINUTE)
    ((dag_id, _),) = AIRFLOW.started
    (conf,) = AIRFLOW.started.values()
    assert (dag_id, conf["told"][0]["job_id"]) == ("page_someone", job_id)
    person.call("ResumeSyncJob", JobId=job_id)
    watch.after(5 * MINUTE)
    assert len(AIRFLOW.started) == 2


def test_a_dag_that_there_is_not_is_red_and_told_later(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(trigger_dag_id="page_someone")
    with pytest.raises(DtsProblem, match="run of page_someone"):
        watch.look()
    AIRFLOW.dags.add("page_someone")
    watch.after(5 * MINUTE)
    assert len(AIRFLOW.started) == 1


def test_red_while_there_are_findings_if_that_is_asked_for(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(fail_on_findings=True)
    with pytest.raises(JobFailed, match="it is in error"):
        watch.look()
    assert watch.told() == ["in error"]
    assert events(watch) == []


# --- What is remembered ---


def test_what_is_remembered_is_no_secret_and_of_one_task(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(kinds="sync")
    watch.look()
    ((key, text),) = ((key, text) for key, text in AIRFLOW.variables.items() if key.startswith("tencent_dts.watch."))
    assert key.endswith(".ap-guangzhou.sync")
    assert "correct horse" not in text
    watch.given["notifiers"] = [watch.hear]
    watch.look(task_id="another")
    assert watch.told() == ["in error"] * 2


def test_what_is_remembered_and_was_edited_is_refused(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    watch = watch(kinds="sync")
    watch.look()
    (key,) = (key for key in AIRFLOW.variables if key.startswith("tencent_dts.watch."))
    AIRFLOW.variables[key] = "{}"
    with pytest.raises(HolderUnknown, match=key):
        watch.after(5 * MINUTE)


def test_an_airflow_that_does_not_answer_is_red(watch: Any, person: SyncCloud) -> None:
    person.erring(tags())
    AIRFLOW.silent = True
    with pytest.raises(HolderUnknown):
        watch().look()


@for_every(
    "given",
    [{"kinds": "sink"}, {"regions": "Guangzhou"}, {"paused_hours": "-1"}, {"tell_again_hours": "soon"}],
    ids=lambda given: next(iter(given)),
)
def test_what_is_wrong_is_refused_before_anything_is_looked_at(given: dict[str, Any], watch: Any) -> None:
    with pytest.raises(InvalidInput, match=next(iter(given))):
        watch(**given).look()


@pytest.mark.parametrize("path", ["dags/dts_watch.py", "docs/examples/watch_with_mail.py"])
def test_a_notifier_that_hangs_ends_with_its_look_and_no_two_looks_write_at_once(path: str) -> None:
    dag = runpy.run_path(str(ROOT / path))["dag"]
    assert dag.max_active_runs == 1
    assert all(task.execution_timeout for task in dag.tasks)


# --- The rules themselves ---


def test_rules_of_a_kind_have_names_of_their_own_and_say_what_to_do() -> None:
    for kind in KINDS:
        names = [rule.name for rule in kind.watch]
        assert names
        assert len(set(names)) == len(names), kind.name
        assert all(rule.next_step for rule in kind.watch)
        assert all("|" not in name for name in names)
