"""One migration, from purchase to isolation, started by hand from its form."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import migration_params
from tencent_dts.task_groups import migrate

with DAG(
    "dts_migrate",
    dag_display_name="DTS migration",
    description="Buy, configure, check, start, prove, cut over and isolate one DTS migration job.",
    schedule=None,
    catchup=False,
    params=migration_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    migrate(None)
