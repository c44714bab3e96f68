"""One sync link, from purchase to the proof that it has caught up, started by hand from its form; it goes on then."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import sync_params
from tencent_dts.task_groups import sync

with DAG(
    "dts_sync",
    dag_display_name="DTS sync",
    description="Buy, configure, check and start one DTS sync job, and prove that it has caught up.",
    schedule=None,
    catchup=False,
    params=sync_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    sync(None)
