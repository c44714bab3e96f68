"""Freeze the source before the final comparison, so that no write can overtake the evidence."""

from __future__ import annotations

import httpx
from airflow.sdk import DAG, BaseHook, task

from tencent_dts.params import migration_params
from tencent_dts.task_groups import migrate


@task(retries=5)
def stop_writes() -> None:
    """Tell the shop to refuse orders; it answers when the last open one is written.

    Telling it twice does no harm, so this task may be retried and cleared like the others.
    """
    shop = BaseHook.get_connection("shop_admin")
    httpx.put(f"http://{shop.host}:{shop.port}/writes", json={"allowed": False}, timeout=60).raise_for_status()


with DAG("migrate_shop_frozen", schedule=None, catchup=False, params=migration_params()) as dag:
    migrate(None, before_cutover=stop_writes())
