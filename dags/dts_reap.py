"""Jobs whose run is over or gone, and which cost all the same: reported and, only if that is asked for, ended.

Started by hand from its form. To look for orphans every morning, give this DAG a schedule, as `schedule="0 7 * * *"`:
it only reports then, as its form does by default. A schedule that ends orphans needs other defaults of the form, as
`reap_params({"end_orphans": True})`; read the guide's section on orphans first.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from tencent_dts.operators.reap import DtsReapOrphansOperator
from tencent_dts.params import reap_params

with DAG(
    "dts_reap",
    dag_display_name="DTS orphans",
    description="Report the DTS jobs whose run is over or gone, and end them where that is asked for.",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=reap_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    DtsReapOrphansOperator(
        task_id="reap",
        tencentcloud_conn_id="{{ params.cloud_connection }}",
        regions="{{ (params.regions or []) | join(',') }}",
        kinds="{{ params.kinds | join(',') }}",
        end_orphans="{{ params.end_orphans }}",
        grace_hours="{{ params.grace_hours }}",
        stop_running="{{ params.stop_running }}",
        gone_runs="{{ params.gone_runs }}",
        at_most="{{ params.at_most }}",
        keep_job_ids="{{ (params.keep_job_ids or []) | join(',') }}",
        sparing_dags="{{ (params.sparing_dags or []) | join(',') }}",
        timeout="{{ params.rest_deadline * 3600 }}",
        retries=2,
        retry_delay=timedelta(seconds=30),
    )
