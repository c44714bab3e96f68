"""One subscription, from its purchase until it is configured, started by hand from its form."""

from __future__ import annotations

from airflow.sdk import DAG

from tencent_dts.params import subscribe_params
from tencent_dts.task_groups import subscribe

with DAG(
    "dts_subscribe",
    dag_display_name="DTS subscription",
    description="Buy one DTS subscription, bind it to its instance and let it be consumed; it costs until it is ended.",
    schedule=None,
    catchup=False,
    params=subscribe_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    subscribe(None)
