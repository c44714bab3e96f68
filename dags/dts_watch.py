"""What lives is watched: sync links, subscriptions, and migrations that no run waits for. It changes nothing.

Unpause it, and it looks every five minutes: a lag that lasts, errors, long pauses (a sync link that is paused for 7
days fails for good), prepaid time that ends, arrears. Findings are told once, again after a day, and when they are
over: in the log, as events of the asset `tencent_dts_findings`, and through the notifiers that you add below; the guide
shows how. Other limits are defaults of the form: `watch_params({"paused_hours": 12})`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from tencent_dts.operators.watch import DtsWatchJobsOperator
from tencent_dts.params import watch_params

with DAG(
    "dts_watch",
    dag_display_name="DTS watch",
    description="Look at the living DTS jobs of this deployment, and tell what is wrong with them.",
    schedule="*/5 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params=watch_params(),
    tags=["tencent-dts"],
    doc_md=__doc__,
) as dag:
    DtsWatchJobsOperator(
        task_id="watch",
        tencentcloud_conn_id="{{ params.cloud_connection }}",
        regions="{{ (params.regions or []) | join(',') }}",
        kinds="{{ params.kinds | join(',') }}",
        lag_seconds="{{ params.lag_seconds }}",
        lag_minutes="{{ params.lag_minutes }}",
        lag_unknown_hours="{{ params.lag_unknown_hours }}",
        error_minutes="{{ params.error_minutes }}",
        paused_hours="{{ params.paused_hours }}",
        expire_days="{{ params.expire_days }}",
        compare_days="{{ params.compare_days }}",
        unread_minutes="{{ params.unread_minutes }}",
        tell_again_hours="{{ params.tell_again_hours }}",
        asset_event="{{ params.asset_event }}",
        trigger_dag_id="{{ params.trigger_dag_id or '' }}",
        fail_on_findings="{{ params.fail_on_findings }}",
        retries=2,
        retry_delay=timedelta(seconds=30),
        execution_timeout=timedelta(minutes=15),  # a notifier that hangs would hold up every later look
    )
