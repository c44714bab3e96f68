"""Lifecycles for what may happen at any moment: twenty waits at once, a run's time limit, evidence that grows old."""

from datetime import timedelta

from airflow.sdk import DAG

from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.params import migration_params
from tencent_dts.sensors.migration import DtsMigrationJobIsolatedSensor
from tencent_dts.task_groups import migrate

AGAIN = {"retries": 2, "retry_delay": timedelta(seconds=5)}
LINK = {
    "src_database_type": "mysql",
    "dst_database_type": "mysql",
    "src_region": "ap-guangzhou",
    "dst_region": "ap-guangzhou",
    "instance_class": "small",
}

with DAG("twenty_jobs", schedule=None, default_args=AGAIN):
    bought = DtsCreateMigrationServiceOperator.partial(task_id="purchase", **LINK).expand(
        job_title=[f"orders-{number}" for number in range(20)]
    )
    DtsMigrationJobIsolatedSensor.partial(task_id="isolated", timeout=1800).expand(job_id=bought.output)

with DAG("migrate_within_a_minute", schedule=None, params=migration_params(), dagrun_timeout=timedelta(minutes=1)):
    migrate(None)

with DAG("migrate_on_fresh_evidence", schedule=None, params=migration_params()):
    migrate(None, max_report_age=5400)  # by the clock of DTS: a minute and a half at the speed of the test
