"""Rehearsals: seeds of the admin API, and the names that a person gives to databases, jobs and tags.

The convention is the emulator's own; docs/emulator.md describes it.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world.rehearsals import CONVENTION
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, configuration, databases


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def conclusions(cloud: Cloud, job: str, times: int = 2) -> list[str]:
    """What so many compares, one after the other, come to: the conclusion, or the status of a failed one."""
    items = [cloud.task(job, cloud.compare(job)) for _ in range(times)]
    return [item["Conclusion"] or item["Status"] for item in items]


@pytest.mark.parametrize(
    ("name", "first"), [("different", "different"), ("skip_all", "skipAll"), ("compare_failed", "failed")]
)
def test_a_database_name_spoils_the_first_compare_only(cloud: Cloud, name: str, first: str) -> None:
    job = cloud.ready(MigrateOption=databases("app", f"rehearse_{name}"))
    assert conclusions(cloud, job) == [first, "same"]
    always = cloud.ready(MigrateOption=databases(f"rehearse_{name}_always"))
    assert conclusions(cloud, always) == [first, first]


def test_a_database_name_skips_a_table(cloud: Cloud) -> None:
    job = cloud.ready(MigrateOption=databases("rehearse_skipped"))
    skipped = [cloud.report(job, cloud.compare(job))["Abstract"]["SkippedTables"] for _ in range(2)]
    assert skipped == [1, 0]


def test_a_skipped_table_shows_even_where_one_table_is_selected(cloud: Cloud) -> None:
    only = {"DbName": "rehearse_skipped", "DBMode": "partial", "TableMode": "partial", "Tables": [{"TableName": "t"}]}
    job = cloud.ready(MigrateOption={"DatabaseTable": {"ObjectMode": "partial", "Databases": [only]}})
    abstract = cloud.report(job, cloud.compare(job))["Abstract"]
    assert (abstract["Conclusion"], abstract["SkippedTables"], abstract["CheckedTables"]) == ("same", 1, 1)


@pytest.mark.parametrize("word", ["rehearse_check_DstEmptyCheck", "rehearse_check_dstemptycheck"])
def test_a_database_name_fails_a_check_step_once(cloud: Cloud, word: str) -> None:
    job = cloud.configured(MigrateOption=databases(word))
    assert cloud.check(job)["CheckFlag"] == "checkNotPass"
    assert cloud.check(job)["CheckFlag"] == "checkPass"
    job = cloud.configured(MigrateOption=databases(f"{word}_always"))
    assert [cloud.check(job)["CheckFlag"] for _ in range(3)] == ["checkNotPass"] * 3


def test_a_database_name_brings_an_error_that_a_retry_mends(cloud: Cloud) -> None:
    job = cloud.incremental(MigrateOption=databases("rehearse_error"))
    cloud.wait(10)
    assert cloud.status(job) == "error"
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
    cloud.wait(3600)
    assert cloud.status(job) == "readyComplete"


def test_an_error_that_stays_makes_a_retry_fail(cloud: Cloud) -> None:
    job = cloud.incremental(MigrateOption=databases("rehearse_error_always"))
    cloud.wait(10)
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
    cloud.wait(5)
    assert cloud.status(job) == "failed"


def test_a_database_name_fails_the_job(cloud: Cloud) -> None:
    job = cloud.incremental(MigrateOption=databases("rehearse_failed"))
    cloud.wait(3600)
    assert cloud.status(job) == "failed"


def test_a_database_name_keeps_a_ready_job_lagging_for_ten_minutes(cloud: Cloud) -> None:
    job = cloud.incremental(MigrateOption=databases("rehearse_lag"))
    cloud.wait(500)
    detail = cloud.detail(job)
    assert detail["Status"] == "readyComplete"
    assert detail["StepInfo"]["SecondsBehindMaster"] > 0
    assert detail["StepInfo"]["MasterSlaveDistance"] > 0
    cloud.wait(100)
    assert cloud.detail(job)["StepInfo"]["SecondsBehindMaster"] == 0


def test_a_database_name_shows_an_unknown_status_for_a_minute(cloud: Cloud) -> None:
    job = cloud.incremental(MigrateOption=databases("rehearse_unknown_status"))
    assert cloud.status(job) == "upgrading"
    cloud.wait(59)
    assert cloud.listed(Status=["readyComplete"]) == []
    cloud.wait(1)
    assert cloud.status(job) == "readyComplete"


def test_the_word_may_be_part_of_the_job_name_or_the_value_of_a_tag(cloud: Cloud) -> None:
    named = cloud.ready(purchase={"JobName": "nightly rehearse_different please"})
    tagged = cloud.ready(purchase={"Tags": [{"TagKey": "rehearse", "TagValue": "skipped,different"}]})
    plain = cloud.ready(purchase={"JobName": "different", "Tags": [{"TagKey": "team", "TagValue": "different"}]})
    assert conclusions(cloud, named) == ["different", "same"]
    assert conclusions(cloud, tagged, 3) == ["same", "different", "same"]
    assert conclusions(cloud, plain) == ["same", "same"]


def test_each_job_has_its_own_rehearsal(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"any": True}, "compare": {"conclusion": "different"}})
    assert [conclusions(cloud, cloud.ready()) for _ in range(2)] == [["different", "same"]] * 2


def test_the_automatic_compare_tells_the_truth_and_leaves_the_rehearsal(cloud: Cloud) -> None:
    job = cloud.incremental(MigrateOption=databases("rehearse_different") | {"Consistency": {"Mode": "full"}})
    cloud.wait(47)
    (automatic,) = cloud.call("DescribeCompareTasks", JobId=job)["Items"]
    assert automatic["Conclusion"] == "different"
    assert conclusions(cloud, job) == ["different", "same"]


MATCHES: dict[str, Any] = {
    "JobName": "wanted",
    "Tag": {"team": "one"},
    "Link": "mysql2percona",
    "region": "ap-guangzhou",
}


@pytest.mark.parametrize("key", MATCHES)
def test_a_seed_strikes_the_jobs_it_matches(cloud: Cloud, key: str) -> None:
    match = {key: MATCHES[key]} if key != "region" else {"region": "ap-guangzhou", "JobName": "wanted"}
    cloud.emulator.seed({"match": match, "force_status": "upgrading"})
    cloud.buy(JobName="other", Tags=[{"TagKey": "team", "TagValue": "two"}])
    wanted = cloud.buy(JobName="wanted", Tags=[{"TagKey": "team", "TagValue": "one"}], DstDatabaseType="percona")
    upgrading = [
        item["JobId"] for item in cloud.call("DescribeMigrationJobs")["JobList"] if item["Status"] == "upgrading"
    ]
    assert upgrading == [wanted]


def test_seeds_for_one_job_follow_one_another(cloud: Cloud) -> None:
    job = cloud.ready()
    for conclusion in ("different", "skipAll"):
        cloud.emulator.seed({"match": {"JobId": job}, "compare": {"conclusion": conclusion}})
    assert conclusions(cloud, job, 3) == ["different", "skipAll", "same"]


@for_every("phase, wait", [("dumper", 10), ("loader", 44 + 10), ("incremental", 44 + 43 + 10)])
@for_every("status", ["error", "resumableErr", "failed"], anew="cloud")
def test_a_job_can_be_made_to_fail_in_each_phase(cloud: Cloud, phase: str, wait: float, status: str) -> None:
    cloud.emulator.seed({"match": {"any": True}, "fail_at": phase, "status": status})
    job = cloud.dumping()
    cloud.wait(wait)
    detail = cloud.detail(job)
    assert (detail["Status"], detail["StepInfo"]["StepInfo"][detail["StepInfo"]["StepNow"] - 1]["Status"]) == (
        status,
        "failed",
    )
    assert detail["ErrorInfo"]
    if status != "failed":
        cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
        cloud.wait(3600)
        assert cloud.status(job) == "readyComplete"


def test_a_status_can_be_forced_and_taken_away(cloud: Cloud) -> None:
    job = cloud.ready()
    for status in ("upgrading", "manualPaused", "canceled", "error", "readyComplete", "unknown"):
        seeded = cloud.emulator.seed({"match": {"JobId": job}, "force_status": status})
        assert seeded["jobs"] == [job]
        assert cloud.status(job) == status
    cloud.emulator.seed({"match": {"JobId": job}, "force_status": "upgrading"})
    cloud.emulator.seed({"match": {"JobId": job}, "force_status": ""})
    assert cloud.status(job) == "unknown"
    cloud.call("StopMigrateJob", JobId=job)


@pytest.mark.parametrize("state", ["normal", "notBilled", "isolated", "offlined"])
def test_a_billing_status_can_be_seeded(cloud: Cloud, state: str) -> None:
    job = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job}, "trade_status": state})
    assert cloud.trade(job) == state
    assert cloud.listed() == ([] if state == "offlined" else [job])


def test_a_wait_can_be_given_any_lag(cloud: Cloud) -> None:
    lag = {"seconds": 100, "megabytes": 50, "drain": 1000}
    cloud.emulator.seed({"match": {"any": True}, "lag": lag})
    step = cloud.detail(cloud.incremental())["StepInfo"]
    assert (step["SecondsBehindMaster"], step["MasterSlaveDistance"]) == (100, 50)


@for_every(
    "seed",
    [
        {},
        {"compare": {"conclusion": "different"}},
        {"match": {}},
        {"match": {"Job": "x"}},
        {"match": "dts-1"},
        {"match": {"any": True}, "chekcs": {}},
        {"match": {"any": True}, "checks": {"NoSuchCheck": "failed"}},
        {"match": {"any": True}, "checks": {"DstEmptyCheck": "broken"}},
        {"match": {"any": True}, "compare": {"conclusion": "equal"}},
        {"match": {"any": True}, "compare": {"rows": [{"Db": "app"}]}},
        {"match": {"any": True}, "compare": {"rows": [{"Db": "app", "Table": "t", "Line": 3}]}},
        {"match": {"any": True}, "fail_at": "incremental"},
        {"match": {"any": True}, "fail_at": "soon", "status": "error"},
        {"match": {"any": True}, "lag": {"hours": 1}},
        {"match": {"any": True}, "trade_status": "free"},
        {"match": {"any": True}, "always": "yes"},
    ],
    anew="cloud",
)
def test_a_seed_that_would_do_nothing_is_refused_with_a_reason(cloud: Cloud, seed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w+ .*\w+"):
        cloud.emulator.seed(seed)


def test_seeds_come_over_http_too(cloud: Cloud) -> None:
    def post(seed: dict[str, Any]) -> dict[str, Any]:
        url = f"http://{cloud.emulator.endpoint}/_emulator/seed"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(seed).encode()), timeout=10) as answer:
            return dict(json.load(answer))

    job = cloud.ready()
    assert post({"match": {"JobId": job}, "compare": {"conclusion": "different"}})["jobs"] == [job]
    assert conclusions(cloud, job) == ["different", "same"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post({"match": {}})
    assert refused.value.code == 400
    assert b"match" in refused.value.read()


def test_a_reset_forgets_the_seeds(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"any": True}, "compare": {"conclusion": "different"}})
    cloud.emulator.reset()
    assert conclusions(cloud, cloud.ready(), 1) == ["same"]


def test_seeds_and_jobs_survive_a_restart(tmp_path: Any) -> None:
    state = tmp_path / "state.sqlite"
    with Emulator(speed=0, rate_limit=False, state=state) as emulator:
        cloud = Cloud(emulator)
        job = cloud.ready(MigrateOption=databases("rehearse_different"))
        task = cloud.comparing(job)
        cloud.emulator.seed({"match": {"JobId": job}, "compare": {"conclusion": "skipAll"}})
    with Emulator(speed=0, rate_limit=False, state=state) as emulator:
        cloud = Cloud(emulator)
        cloud.wait(47)
        assert cloud.task(job, task)["Conclusion"] == "skipAll"
        assert conclusions(cloud, job) == ["different", "same"]


def test_every_word_of_the_convention_is_held_here_or_with_the_subscriptions() -> None:
    assert CONVENTION.keys() - {"request_failed"} == {
        *("different", "skip_all", "skipped", "compare_failed", "error", "failed", "lag", "unknown_status"),
    }


def test_words_that_mean_nothing_do_nothing(cloud: Cloud) -> None:
    job = cloud.configured(MigrateOption=databases("rehearse_nothing", "rehearse_check_NoSuchCheck", "rehearse_"))
    assert cloud.check(job)["CheckFlag"] == "checkPass"


def test_a_rehearsal_by_name_ends_with_the_name(cloud: Cloud) -> None:
    job = cloud.checked(MigrateOption=databases("rehearse_check_DstEmptyCheck_always"))
    assert cloud.status(job) == "checkNotPass"
    cloud.call("ModifyMigrationJob", JobId=job, **configuration())
    assert cloud.check(job)["CheckFlag"] == "checkPass"
