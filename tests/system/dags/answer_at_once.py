"""Approvals that a test answers at the moment they are asked for, on either executor."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from tencent_dts.operators.approve import DtsApproveCutoverOperator

with DAG("answer_at_once", schedule=None, params={"job_id": Param("", type="string")}):
    for task_id, executor, retries in (
        ("on_celery", "CeleryExecutor", 0),
        ("on_the_scheduler", "LocalExecutor", 2),  # without retries some would be red, see docs/runbook.md
    ):
        DtsApproveCutoverOperator.partial(
            task_id=task_id,
            executor=executor,
            retries=retries,
            retry_delay=timedelta(seconds=1),
            job_id="{{ params.job_id }}",
            evidence={"conclusion": "same"},
        ).expand(subject=[f"Cut over, question {number}?" for number in range(5)])
