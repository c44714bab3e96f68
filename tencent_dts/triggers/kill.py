"""What happens to a job when its waiting task is killed.

Airflow calls ``on_kill`` on a clear, on a shutdown and even on a triggerer that merely stalled; so it
is believed only where the task instance's real state says that a person ended it.

API document: StopMigrateJob, PauseMigrateJob, StopSyncJob, PauseSyncJob.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tencent_dts.api.client import DtsClient
from tencent_dts.engine import runs
from tencent_dts.engine.book import book_for, open_client
from tencent_dts.engine.converge import Guard, converge
from tencent_dts.engine.records import AirflowShelf
from tencent_dts.engine.runs import TaskInstance
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.rows import KILLS
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

log = logging.getLogger(__name__)

Killed = Literal["leave", "pause", "stop"]

_ENDED_BY_SOMEBODY = ("failed", "skipped")
_SECONDS_TO_ASK = 15


def choices(job: Resource) -> tuple[Killed, ...]:
    """What can be asked for, for a kind of job."""
    return ("leave", *KILLS.get(job.name, {}))


@dataclass(frozen=True)
class _StillEnded(Guard):
    """Asks before each sending whether the task is still ended: it may have been cleared meanwhile."""

    ti: TaskInstance

    async def gather(self, _client: DtsClient, _item: Item) -> str | None:
        """Ask Airflow; what it returns is why nothing is sent."""
        return None if await really_ended(self.ti) else "the task is not ended any more"


async def order(
    client: DtsClient, job: Resource, job_id: str, when_killed: Literal["pause", "stop"], ti: TaskInstance
) -> None:
    """Pause or stop the job, as long as its task stays ended.

    :param ti: the task instance that waited for the job.
    """
    operation = KILLS[job.name][when_killed]
    ids = {job.key: job_id}
    outcome = await converge(client, operation, ids, ids, guard=_StillEnded(ti))
    if outcome.first is not None:
        log.warning("%s was not ordered for %s: %s", operation.action, job_id, outcome.first)
        return
    log.warning("%s was ordered for %s, because a person ended its task", operation.action, job_id)


async def really_ended(ti: TaskInstance) -> bool:
    """Whether the task instance's state says that a person ended it, asked of Airflow.

    :param ti: a task instance with dag_id, task_id, run_id and map_index.
    """
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import GetTaskStates

    question = GetTaskStates(dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id], map_index=ti.map_index)
    answer: Any = await asyncio.wait_for(task_runner.SUPERVISOR_COMMS.asend(question), _SECONDS_TO_ASK)
    key = ti.task_id if runs.index_of(ti) < 0 else f"{ti.task_id}_{ti.map_index}"
    return answer.task_states.get(ti.run_id, {}).get(key) in _ENDED_BY_SOMEBODY


async def act_on_trigger_kill(
    ti: TaskInstance | None, hook: DtsHook, job: Resource, job_id: str, when_killed: Killed
) -> None:
    """Called by the trigger: pause or stop the job, if its task was really ended."""
    if when_killed == "leave" or ti is None or not await really_ended(ti):
        log.info("the wait for %s was ended; the job is left as it is", job_id)
        return
    account = await hook.aresolve()
    book = book_for({"ti": ti}, account, log.warning, AirflowShelf(ask_as_trigger))
    async with open_client(account, job.version, book, job_id) as client:
        await order(client, job, job_id, when_killed, ti)


async def ask_as_trigger(question: runs.Question) -> object:
    """Ask Airflow from a triggerer."""
    from airflow.sdk.execution_time import task_runner

    return await asyncio.wait_for(task_runner.SUPERVISOR_COMMS.asend(question), _SECONDS_TO_ASK)


def act_on_kill(task: BaseOperator, when_killed: Killed) -> None:
    """Called by an operator whose process is being ended.

    A leg lasts seconds, and a process that is being ended cannot distinguish a clear from a kill, so the job
    is left as it is; the wait that follows is where ``when_killed`` applies.
    """
    log.info("the process of %s is being ended; the job is left as it is (when_killed=%s)", task.task_id, when_killed)
