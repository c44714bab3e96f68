"""The end of one subscription and of its bill, started by hand from its form."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import unsubscribe_params
from tencent_dts.task_groups import unsubscribe

with DAG(
    "dts_unsubscribe",
    dag_display_name="DTS subscription: end",
    description="Isolate one DTS subscription and, where asked for, take it offline.",
    schedule=None,
    catchup=False,
    params=unsubscribe_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    unsubscribe(None)
