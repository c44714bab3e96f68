"""What a task has come to, kept for after its job's end.

Some kinds of jobs are deleted by the last task of their run. Clearing an earlier one must then find that its work is
done, and not that the job is missing.

API document: none of its own; DeleteMigrateJob is what deletes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event, Watch

if TYPE_CHECKING:
    from tencent_dts.tasks.base import DtsTask


async def act_once(task: DtsTask, client: DtsClient, memory: Memory, event: Event) -> object:
    """A leg of a task that remembers its result: cleared after the job was deleted, it returns that again.

    A result that was kept stands in for a job that is gone, and for nothing else. The task that deletes the job keeps
    none: with the job gone, it still looks for what else was bought.
    """
    kept = memory.get("outcome")
    if kept is not None and await read(client, task.resource.job, task.ids()) is None:
        task.log.info("the job has been deleted since this task did its work; nothing was done")
        return kept
    result = await task.act(client, memory, event)
    if not isinstance(result, Watch):
        memory.set("outcome", result)
    return result
