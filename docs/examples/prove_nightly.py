"""Prove every night that a job which replicates for weeks still has the same rows on both sides."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param

from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor

JOB = "{{ params.job_id }}"
SAMPLE = {"ObjectMode": "sameAsMigrate", "Options": {"Method": "sampleDataCheck", "SampleRate": 10, "ThreadCount": 1}}

with DAG(
    "prove_shop_nightly",
    schedule="0 3 * * *",
    catchup=False,
    params={"job_id": Param("dts-amm1jw5q", type="string", pattern="^dts-[a-z0-9]+$")},
) as dag:
    compare = DtsCreateCompareTaskOperator(task_id="compare", job_id=JOB, configuration=SAMPLE, retries=3)
    compare_task_id: Any = compare.output
    DtsCompareReportSensor(task_id="report", job_id=JOB, compare_task_id=compare_task_id, retries=3)
