"""What lives in an account, and what is red in a run, as lines of text.

API document: DescribeMigrationJobs, DescribeSyncJobs; DescribeMigrateJobs, DescribeSubscribes (version 2018-03-30).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

from airflow.models.connection import Connection

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.commands.airflow_rest import AirflowApi, Answer, TaskAddress
from tencent_dts.engine.identity import TAG_DAG, TAG_DEPLOYMENT, TAG_RUN, TAG_TASK, tag_filter, tags_of
from tencent_dts.engine.paging import read_jobs
from tencent_dts.engine.wording import state_of
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.costs import cost_of
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.answers import Item
from tencent_dts.tasks.links import NEXT_STEP_KEY


def living(conn_id: str, region: str | None) -> Iterator[str]:
    """A line for each job of this deployment that costs or will.

    :param conn_id: the cloud connection.
    :param region: to look in; ``None``: the connection's.
    """
    settings.check_all()
    connection = Connection.get_connection_from_secrets(conn_id)
    account = DtsHook(conn_id, region).settings_from(connection)
    found = [(kind, item) for kind in KINDS for item in asyncio.run(_of_kind(account, kind))]
    yield f"{len(found)} living jobs of deployment {settings.deployment()} in {account.region}:"
    yield from (f"  {_job(kind, item)}" for kind, item in found)


async def _of_kind(account: ClientSettings, kind: Kind) -> list[Item]:
    async with DtsClient(account, kind.resource.version) as client:
        found = await read_jobs(client, kind.purchase, tag_filter(TAG_DEPLOYMENT, settings.deployment()))
    ours = [item for item in found if tags_of(item).get(TAG_DEPLOYMENT) == settings.deployment()]
    return [item for item in ours if not kind.resource.is_released(item) and not kind.purchase.is_lost(item)]


def _job(kind: Kind, item: Item) -> str:
    tags = tags_of(item)
    bought = ", ".join(tags[name] for name in (TAG_DAG, TAG_RUN, TAG_TASK) if tags.get(name))
    cost = cost_of(kind.resource, item, datetime.now(UTC))
    return f"{kind.purchase.id_of(item)} ({kind.name}): {state_of(kind.resource, item)}; {cost}; bought by {bought}"


def red_tasks(api: AirflowApi, dag_id: str, run_id: str) -> Iterator[str]:
    """A line for each red task of a run, with what its error says to do next.

    :raises AirflowApiError: Airflow does not answer, or there is no such run.
    """
    run = TaskAddress(dag_id, run_id, "")
    red = list(api.pages(run.instances, "task_instances", state="failed"))
    yield f"{run_id} of {dag_id}: {len(red)} red tasks"
    for instance in red:
        yield f"  {_name(instance)}: {_next_step(api, dag_id, run_id, instance) or 'read the end of its log'}"


def _name(instance: Answer) -> str:
    index, name = instance["map_index"], instance.get("rendered_map_index")
    return str(instance["task_id"]) + (f"[{name or index}]" if index >= 0 else "")


def _next_step(api: AirflowApi, dag_id: str, run_id: str, instance: Answer) -> str:
    task = TaskAddress(dag_id, run_id, str(instance["task_id"]))
    entries = f"{task.instance}/xcomEntries"
    index = {"map_index_filter": instance["map_index"]} if instance["map_index"] >= 0 else {}
    kept = [one for one in api.pages(entries, "xcom_entries", **index) if one["key"] == NEXT_STEP_KEY]
    if not kept:
        return ""
    told = api.call("GET", f"{entries}/{NEXT_STEP_KEY}", params={"map_index": instance["map_index"]})
    return str(told["value"] or "")
