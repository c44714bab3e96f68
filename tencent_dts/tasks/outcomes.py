"""What a task has come to, kept for after its job's end.

Some kinds of jobs are deleted by the last task of their run. Clearing an earlier one must then find that its work is
done, and not that the job is missing.

API document: none of its own; DeleteMigrateJob is what deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Watch
from tencent_dts.tasks.base import DtsTask


class OutcomeKeeper(DtsTask):
    """Remembers its result; cleared after the job was deleted, it returns it again and does nothing.

    Not so the task that deletes it: with the job gone, it still looks for what was bought besides.
    """

    async def take_turn(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> Any:
        """A result that was kept stands in for a job that is gone, and for nothing else."""
        kept = memory.get("outcome")
        if kept is not None and await self._is_gone(client):
            self.log.info("the job has been deleted since this task did its work; nothing was done")
            return kept
        result = await super().take_turn(client, memory, event)
        if not isinstance(result, Watch):
            memory.set("outcome", result)
        return result

    async def _is_gone(self, client: DtsClient) -> bool:
        return await read(client, self.resource.job, self.ids()) is None
