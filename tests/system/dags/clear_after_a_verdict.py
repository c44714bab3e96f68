"""Verdicts that are cleared after the author of the DAG has changed the retries of their tasks."""

from typing import Any

from airflow.sdk import DAG, Param

from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.params import migration_params
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tencent_dts.task_groups import migrate

GIVEN_WITH = {
    "lowered": 2,
    "zeroed": 1,
    "raised": 1,
    "zero": 0,
    "dropped": 3,
    "red": 2,
    "mapped": 2,
    "approve": 2,
    "check": 2,
}
CLEARED_WITH = {
    "lowered": 1,
    "zeroed": 0,
    "raised": 3,
    "zero": 0,
    "dropped": 0,
    "red": 1,
    "mapped": 1,
    "approve": 1,
    "check": 1,
}
RETRIES = GIVEN_WITH


def compared(name: str) -> dict[str, Any]:
    """The job of this name in the run's conf, and its comparison."""
    return {key: f"{{{{ params.compared['{name}'].{key} }}}}" for key in ("job_id", "compare_task_id")}


with DAG("clear_after_a_verdict", schedule=None, params={"compared": Param({}, type="object")}):
    for case in ("lowered", "zeroed", "raised", "zero", "dropped", "red"):
        DtsCompareReportSensor(task_id=f"report_{case}", retries=RETRIES[case], **compared(case))
    DtsCompareReportSensor.partial(task_id="report_mapped", retries=RETRIES["mapped"]).expand_kwargs(
        [compared("mapped"), compared("neighbour")]
    )
    DtsApproveCutoverOperator(
        task_id="approve",
        job_id=compared("mapped")["job_id"],
        evidence={"conclusion": "same"},
        retries=RETRIES["approve"],
    )

with DAG("clear_after_a_check", schedule=None, params=migration_params()):
    migrate(None, retries=RETRIES["check"])
