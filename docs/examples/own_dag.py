"""A migration as one step of a DAG of your own."""

from __future__ import annotations

import logging

from airflow.sdk import DAG, task

from tencent_dts.engine.comparing import Evidence
from tencent_dts.task_groups import migrate


@task
def point_the_shop_at_its_new_database(evidence: Evidence) -> None:
    """Your own step: here the target holds the same rows as the source, and the job is isolated."""
    logging.getLogger(__name__).info("%(checked_tables)s tables were compared: %(conclusion)s", evidence)


with DAG("shop_to_the_cloud", schedule=None, catchup=False) as dag:
    moved = migrate(
        "move_shop",
        request={
            "source_connection": "source_mysql",
            "target_connection": "target_mysql",
            "objects": {"ObjectMode": "partial", "Databases": [{"DbName": "shop", "DBMode": "all"}]},
            "instance_class": "small",
            "hold_seconds": 5,
            "approval": False,  # no one is asked: the compare report alone decides
        },
    )
    moved >> point_the_shop_at_its_new_database(moved.report)
