"""The end of one sync link: a last comparison, then as much of its end as is wanted; started by hand from its form."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import retire_sync_params
from tencent_dts.task_groups import retire_sync

with DAG(
    "dts_sync_retire",
    dag_display_name="DTS sync: retire",
    description="Prove one DTS sync job's target equal once more, then stop, isolate and destroy the job.",
    schedule=None,
    catchup=False,
    params=retire_sync_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    retire_sync(None)
