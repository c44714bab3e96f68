"""What is looked at before a job is isolated: that it has ended, and whether it has surplus twins.

API document: IsolateMigrateJob.
"""

from __future__ import annotations

from typing import Any

from tencent_dts import settings
from tencent_dts.client import DtsClient
from tencent_dts.converge import Item, read, state_of
from tencent_dts.errors import Impossible
from tencent_dts.identity import TAG_DEPLOYMENT, TAG_OWNER, tags_of
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DtsTask
from tencent_dts.purchases import MIGRATION, find_owned, isolate_surplus
from tencent_dts.states import migration as table
from tencent_dts.waiting import Watch


class ReleaseGate(DtsTask):
    """Refuses to isolate a job at work, and looks once more for jobs bought twice."""

    def __init__(self, *, even_if_running: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.even_if_running = even_if_running

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Never lets an isolation end a migration that nobody asked to end."""
        item = await read(client, table.MIGRATION_JOB, self.ids())
        if item is None:
            return None
        status = table.MIGRATION_STATUS.of(item)
        at_rest = table.ENDED | table.BEFORE_START
        if status not in at_rest and not table.MIGRATION_JOB.is_released(item) and not self.even_if_running:
            raise Impossible(
                "The job is at work; isolating it now would interrupt the migration",
                job_id=self.ids()["JobId"],
                state=state_of(table.MIGRATION_JOB, item),
                next_step="Let it end, or order StopMigrateJob first; then clear this task. "
                "`even_if_running=True` isolates it all the same.",
            )
        await self._isolate_surplus(client, item)
        return None

    async def _isolate_surplus(self, client: DtsClient, item: Item) -> None:
        tags = tags_of(item)
        if tags.get(TAG_DEPLOYMENT) == settings.deployment() and tags.get(TAG_OWNER):
            found = await find_owned(client, MIGRATION, tags[TAG_OWNER])
            await isolate_surplus(client, MIGRATION, item, found, self.log.info)
