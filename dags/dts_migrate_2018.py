"""One migration of API 2018-03-30, from its creation to its deletion, started by hand from its form."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import migrate_2018_params
from tencent_dts.task_groups import migrate_2018

with DAG(
    "dts_migrate_2018",
    dag_display_name="DTS migration (API 2018)",
    description="Create, check, start, prove, cut over and delete one DTS migration job of API 2018-03-30.",
    schedule=None,
    catchup=False,
    params=migrate_2018_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    migrate_2018(None)
