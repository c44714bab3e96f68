"""A change of the objects or options of one running sync link, started by hand from its form."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import modify_sync_params
from tencent_dts.task_groups import modify_sync

with DAG(
    "dts_sync_modify",
    dag_display_name="DTS sync: modify",
    description="Change, check and start what one running DTS sync job syncs, and prove that it does so.",
    schedule=None,
    catchup=False,
    params=modify_sync_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    modify_sync(None)
