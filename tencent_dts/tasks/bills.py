"""Whether a job goes on costing, for the error of a task that fails: a red run leaves no hidden bill.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeSubscribeConf: what they show of trade and times.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError

from tencent_dts.api.client import ClientSettings
from tencent_dts.engine.book import book_for, open_client
from tencent_dts.engine.converge import read
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import DtsProblem
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.costs import cost_of
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource
from tencent_dts.tasks.links import NEXT_STEP_KEY

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

Known = tuple[Resource, str]  # a job: its kind and its id


def not_known(why: str, job_id: str) -> str:
    """The bill of a job that cannot be read now."""
    return f"not known ({why}); look at {job_id} in the console: a job costs, or holds a fee, until it is isolated"


def shown_bill(job: Resource, item: Item | None, now: datetime) -> str:
    """The bill of a job as it was read; ``None`` is one whose end was seen, and that is not there any more."""
    if item is None or job.is_released(item):
        return f"ended ({state_of(job, item)})"
    return f"{state_of(job, item)}; {cost_of(job, item, now)}"


def read_bill(context: Context, task: Any, known: Known) -> str:
    """Look at the bill of a job once, in the place where it was bought.

    :param task: its connection and region are called; the connection may be what is wrong.
    """
    job, job_id = known
    if job.bill is None:
        return f"none; a {job.name} costs nothing, and stays until it is deleted"
    if not task.tencentcloud_conn_id:
        return not_known("which connection reads it is lost, too", job_id)
    try:
        account = DtsHook(task.tencentcloud_conn_id, getattr(task, "region", None)).resolve()
        return asyncio.run(_look(context, account, known))
    except DtsProblem as problem:
        return problem.bill or not_known(problem.what, job_id)
    except (AirflowException, AirflowRuntimeError) as error:  # Airflow cannot be asked for the connection
        return not_known(type(error).__name__, job_id)


async def _look(context: Context, account: ClientSettings, known: Known) -> str:
    job, job_id = known
    book = book_for(context, account, log.warning)
    record = await book.record(job_id)
    if record is not None and record.place.region != account.region:
        account = replace(account, region=record.place.region)
        book = book_for(context, account, log.warning)
    async with open_client(account, job.version, book, job_id) as client:
        item = await read(client, job, {job.key: job_id}, until=time.monotonic())
        return shown_bill(job, item, datetime.fromtimestamp(client.now(), UTC))


@contextmanager
def telling_bill(context: Context, task: Any, known: Callable[[Context, DtsProblem], Known | None]) -> Iterator[None]:
    """Add to every problem that leaves the block what the job of the run costs, where it does not say so itself.

    What to do next is left for the DTS tab, too: a page cannot read a task's log.

    :param known: the job, where there is one and its bill is to be stated.
    """
    try:
        yield
    except DtsProblem as problem:
        if (job := known(context, problem)) is not None:
            problem.job_id = problem.job_id or job[1]
            if problem.bill is None:
                problem.bill = read_bill(context, task, job)
        with suppress(AirflowRuntimeError):  # the problem itself matters more
            context["ti"].xcom_push(key=NEXT_STEP_KEY, value=problem.next_step)
        raise


def job_of_run(task: Any, ti: Any) -> Known | None:
    """The job that later tasks of this run have worked on, as far as their XComs show: a clear keeps them."""
    later = task.get_flat_relatives(upstream=False) if task.has_dag() else ()
    for other in sorted(later, key=lambda it: str(it.task_id)):
        resource = getattr(getattr(other, "operator_class", type(other)), "resource", None)
        if isinstance(resource, Resource):
            job_id = ti.xcom_pull(task_ids=other.task_id, map_indexes=ti.map_index, key="job_id")
            if isinstance(job_id, str) and job_id:
                return resource.job, job_id
    return None
