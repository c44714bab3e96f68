"""Watch what lives every ten minutes, and write a mail about what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG

from tencent_dts.operators.watch import DtsWatchJobsOperator

MAIL = SmtpNotifier(
    to="oncall@example.com",
    from_email="airflow@example.com",
    subject="{{ dts_watch.subject }}",
    html_content="<pre>{{ dts_watch.text | e }}</pre>",
)

with DAG(
    "watch_links",
    schedule="*/10 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two looks at once would write over what each remembers
) as dag:
    DtsWatchJobsOperator(
        task_id="watch",
        kinds=["sync"],
        paused_hours=12,
        compare_days=7,
        notifiers=[MAIL],
        retries=2,
        retry_delay=timedelta(seconds=30),
        execution_timeout=timedelta(minutes=15),  # a mail server that hangs would hold up every later look
    )
