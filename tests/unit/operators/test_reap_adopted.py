"""Orphans that no tag leads to: a job that was adopted by its id, and one whose run a tag cannot spell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from tencent_dts.engine.identity import Identity, tags_of
from tencent_dts.engine.records import KEY
from tencent_dts.errors import DtsProblem
from tencent_dts.operators.migration import DtsPauseMigrateJobOperator
from tencent_dts.operators.reap import DtsReapOrphansOperator
from tests.drive import AIRFLOW, Task, TaskInstance
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.subjects import SPEED, retag

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow")

RUN = ("dts_adopts", "manual__adopts")
YESTERDAY = datetime.now(UTC) - timedelta(hours=30)


@pytest.fixture
def airflow() -> Iterator[None]:
    """The run that adopts ended red yesterday, once it is over."""
    AIRFLOW.reset()
    yield
    AIRFLOW.reset()


@pytest.fixture(params=BY_THE_HOUR)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def buyer(name: str) -> Buyer:
    return BY_THE_HOUR[name]


@pytest.fixture
def person(buyer: Buyer, cloud: Cloud) -> Cloud:
    return buyer.person(cloud.emulator)


@pytest.fixture
def adopted(buyer: Buyer, person: Cloud) -> str:
    """A job that somebody bought in the console, and that a run has adopted; that run is over."""
    job_id = buyer.elsewhere(person)
    task = Task(buyer.task(existing_job_id=job_id, **buyer.adopting), dag_id=RUN[0], run_id=RUN[1])
    assert task.run() == job_id
    assert tags_of(next(job for job in person.emulator.jobs() if job["JobId"] == job_id)) == {}
    AIRFLOW.runs[RUN] = ("failed", YESTERDAY)
    return job_id


def reaped(person: Cloud, **changes: Any) -> dict[str, Any]:
    """The report of one look; time goes on meanwhile."""
    given = {"end_orphans": True, "stop_running": True, "wait": "sync", "timeout": 20, **changes}
    person.emulator.set_speed(SPEED)
    report: dict[str, Any] = Task(DtsReapOrphansOperator(task_id="reap", **given)).run()
    person.emulator.set_speed(0)
    return report


def test_an_adopted_job_whose_run_is_over_is_an_orphan(adopted: str, buyer: Buyer, person: Cloud) -> None:
    report = reaped(person, end_orphans=False)
    (row,) = report["orphans"]
    assert row["job_id"] == adopted
    assert row["owner"] == {"dag_id": RUN[0], "run_id": RUN[1], "task": "purchase"}
    assert "ended red" in row["why"]
    report = reaped(person)
    assert report["counts"]["ended"] == 1
    assert buyer.left(person) == []


@pytest.mark.parametrize("state", ["running", "queued"])
def test_while_its_run_is_alive_it_is_counted_as_that(state: str, adopted: str, buyer: Buyer, person: Cloud) -> None:
    AIRFLOW.runs[RUN] = (state, None)
    report = reaped(person)
    assert (report["counts"]["alive"], report["orphans"]) == (1, [])
    assert buyer.left(person) == [adopted]


def test_the_run_in_its_tags_counts_beside_the_one_that_adopted_it(adopted: str, buyer: Buyer, person: Cloud) -> None:
    retag(person, adopted, Identity("tests", "bought", "earlier", "purchase").tags(0))
    AIRFLOW.runs["bought", "earlier"] = ("running", None)
    report = reaped(person)
    assert (report["counts"]["alive"], report["orphans"]) == (1, [])
    AIRFLOW.runs["bought", "earlier"] = ("failed", YESTERDAY)
    assert reaped(person)["counts"]["ended"] == 1
    assert buyer.left(person) == []


def test_a_buyer_that_no_tag_can_name_may_be_alive_though_the_adopter_is_over(adopted: str, person: Cloud) -> None:
    retag(person, adopted, Identity("tests", RUN[0], "manual~1", "purchase").tags(0))
    report = reaped(person, gone_runs=True, grace_hours=0)
    assert (report["counts"]["not known"], report["orphans"]) == (1, [])


def test_a_buyer_that_no_tag_can_name_is_known_by_the_record(buyer: Buyer, person: Cloud) -> None:
    Task(buyer.task(), dag_id=RUN[0], run_id="manual~1").run()
    AIRFLOW.runs[RUN[0], "manual~1"] = ("failed", YESTERDAY)
    (row,) = reaped(person, end_orphans=False)["orphans"]
    assert row["owner"] == {"dag_id": RUN[0], "run_id": "manual~1", "task": "purchase"}


def test_a_run_that_acts_on_it_spares_it_while_it_is_alive_and_no_longer(
    adopted: str, buyer: Buyer, person: Cloud
) -> None:
    kept = json.loads(AIRFLOW.variables[KEY + adopted])
    AIRFLOW.variables[KEY + adopted] = json.dumps(
        kept | {"holder": {"dag_id": "acts", "run_id": "later", "task": "pause"}}
    )
    AIRFLOW.runs["acts", "later"] = ("running", None)
    report = reaped(person)
    assert (report["counts"]["alive"], report["orphans"]) == (1, [])
    AIRFLOW.runs["acts", "later"] = ("success", datetime.now(UTC))
    report = reaped(person)  # it neither keeps the job on purpose nor begins its grace period again
    assert (report["kept"], report["counts"]["ended"]) == ([], 1)
    assert buyer.left(person) == []


def test_the_reaper_that_holds_it_since_its_last_look_does_not_spare_it_for_itself(
    adopted: str, buyer: Buyer, person: Cloud
) -> None:
    own = {"dag_id": TaskInstance.dag_id, "run_id": TaskInstance.run_id, "task": "reap"}
    AIRFLOW.variables[KEY + adopted] = json.dumps(json.loads(AIRFLOW.variables[KEY + adopted]) | {"holder": own})
    AIRFLOW.runs[TaskInstance.dag_id, TaskInstance.run_id] = ("running", None)
    assert reaped(person)["counts"]["ended"] == 1
    assert buyer.left(person) == []


def test_a_job_that_a_run_merely_works_on_is_not_its(cloud: Cloud) -> None:
    job_id = cloud.ready()
    cloud.emulator.set_speed(SPEED)
    Task(DtsPauseMigrateJobOperator(task_id="pause", job_id=job_id), dag_id=RUN[0], run_id=RUN[1]).run()
    assert KEY + job_id in AIRFLOW.variables
    AIRFLOW.runs[RUN] = ("failed", YESTERDAY)
    report = reaped(cloud)
    assert set(report["counts"].values()) == {0}
    assert cloud.trade(job_id) == "normal"


def test_one_that_another_deployment_has_tagged_meanwhile_is_left_to_it(adopted: str, person: Cloud) -> None:
    retag(person, adopted, Identity("staging", "dag", "run", "purchase").tags(0))
    assert set(reaped(person)["counts"].values()) == {0}


def test_where_airflow_does_not_tell_its_variables_the_report_says_so(
    adopted: str, person: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(**_: Any) -> Any:
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 503}))

    monkeypatch.setattr(AIRFLOW, "_GetVariableKeys", silent)
    with pytest.raises(DtsProblem, match="jobs that were adopted"):
        reaped(person)


class TestWhatATagCannotSpell:
    """A tag cannot hold every character of a run's id; the record can."""

    SPELT = ("dts_own", "manual~1")

    @pytest.fixture
    def bought(self, buyer: Buyer, person: Cloud) -> str:
        job_id = str(Task(buyer.task(), dag_id=self.SPELT[0], run_id=self.SPELT[1]).run())
        person.wait(60)
        AIRFLOW.runs[self.SPELT] = ("failed", YESTERDAY)
        return job_id

    def test_the_record_tells_whose_it_is(self, bought: str, buyer: Buyer, person: Cloud) -> None:
        report = reaped(person)
        (row,) = report["orphans"]
        assert (row["job_id"], row["owner"]["run_id"]) == (bought, self.SPELT[1])
        assert buyer.left(person) == []

    def test_without_it_nobody_can_tell(self, bought: str, person: Cloud) -> None:
        AIRFLOW.variables.clear()
        report = reaped(person)
        assert (report["counts"]["not known"], report["counts"]["orphan"]) == (1, 0)

    def test_nor_can_a_record_that_names_others_alone(self, bought: str, buyer: Buyer, person: Cloud) -> None:
        AIRFLOW.variables.clear()
        Task(buyer.task(existing_job_id=bought), dag_id=RUN[0], run_id=RUN[1]).run()
        AIRFLOW.runs[RUN] = ("failed", YESTERDAY)
        report = reaped(person)
        assert (report["counts"]["not known"], report["counts"]["orphan"]) == (1, 0)


def test_one_whose_record_is_of_another_place_is_not_looked_at_here(adopted: str, person: Cloud) -> None:
    key = KEY + adopted
    AIRFLOW.variables[key] = AIRFLOW.variables[key].replace('"region": "ap-guangzhou"', '"region": "ap-shanghai"')
    assert set(reaped(person)["counts"].values()) == {0}
