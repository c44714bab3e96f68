"""A lost or edited XCom is told as one: which task's output it was, and that clearing that task brings it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator

from tencent_dts.errors import InvalidInput
from tencent_dts.operators.compare import DtsStopCompareOperator
from tencent_dts.operators.migration import DtsModifyMigrationJobOperator, DtsStartMigrateJobOperator
from tencent_dts.operators.subscription import DtsIsolateSubscribe2018Operator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages import plan

pytestmark = pytest.mark.usefixtures("airflow_connections")

WRONG = [None, "", 7, ["dts-1"], {"JobId": "dts-1"}, True]
CASES: list[tuple[type[Any], str, dict[str, Any]]] = [
    (DtsStartMigrateJobOperator, "job_id", {"configuration": plan()}),
    (DtsIsolateSubscribe2018Operator, "subscribe_id", {}),
    (DtsStopCompareOperator, "compare_task_id", {"job_id": "dts-22222222"}),
]


@pytest.fixture
def purchase() -> Iterator[Any]:
    with DAG("given", schedule=None):
        yield BaseOperator(task_id="purchase")


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("case", CASES, ids=lambda row: row[1])
def test_an_id_that_is_none_names_the_task_whose_output_it_was(
    case: tuple[type[Any], str, dict[str, Any]], value: Any, purchase: Any, cloud: Cloud
) -> None:
    kind, field, more = case
    operator = kind(task_id="next", **{field: purchase.output}, **more)
    setattr(operator, field, value)  # as Airflow renders it
    with pytest.raises(InvalidInput) as caught:
        Task(operator).run()
    told = str(caught.value)
    assert f"{field} is {value!r}: the output of `purchase` is" in told
    assert "Clear `purchase` alone" in told
    assert "\n  bill: not known: what the run has bought costs" in told
    assert cloud.emulator.journal() == []


@pytest.mark.parametrize("value", ["a text", 7, ["x"], True], ids=repr)
def test_a_plan_that_is_none_is_told_before_it_is_used(value: Any, purchase: Any, cloud: Cloud) -> None:
    operator: Any = DtsModifyMigrationJobOperator(task_id="next", job_id="dts-22222222", configuration=purchase.output)
    operator.configuration = value
    with pytest.raises(InvalidInput, match=r"configuration is .*: the output of `purchase` is not what it returned"):
        Task(operator).run()
    assert cloud.emulator.journal() == []


def test_what_a_dag_says_itself_is_corrected_there(cloud: Cloud) -> None:
    start = DtsStartMigrateJobOperator(
        task_id="next",
        job_id=7,  # type: ignore[arg-type]  # that is told
        configuration=plan(),
    )
    with pytest.raises(InvalidInput, match="job_id is 7: give the JobId of a migration job") as caught:
        Task(start).run()
    assert "Correct it in the DAG" in str(caught.value)


def test_a_part_of_a_job_that_is_missing_hides_not_what_the_job_costs(cloud: Cloud) -> None:
    job = cloud.ready()
    with pytest.raises(InvalidInput, match="compare_task_id is '': give a CompareTaskId") as caught:
        Task(DtsStopCompareOperator(task_id="next", job_id=job, compare_task_id="")).run()
    assert caught.value.job_id == job
    assert "TradeStatus normal" in str(caught.value.bill)
