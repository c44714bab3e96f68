"""What is looked at before a job is isolated: that it has ended, and whether it has surplus twins.

API document: IsolateMigrateJob, IsolateSyncJob, IsolateSubscribe, DeleteMigrateJob.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tencent_dts import settings
from tencent_dts.client import DtsClient
from tencent_dts.converge import Item, read, state_of
from tencent_dts.errors import Impossible
from tencent_dts.identity import TAG_DEPLOYMENT, TAG_OWNER, tags_of
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DtsOperator
from tencent_dts.purchases import Purchasable, find_owned, isolate_surplus
from tencent_dts.waiting import Watch


class RestGate(DtsOperator):
    """Refuses to end a job at work, and looks once more for jobs bought twice."""

    kind: ClassVar[Purchasable]
    even_if_running = False
    waiver: ClassVar[str] = ""

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """A job at work is refused at once, though its own row would wait; then look for its twins."""
        job = self.kind.resource
        item = await read(client, job, self.ids())
        unknown = item is not None and self.kind.isolate.axis is job.axis and job.axis.of(item) not in job.axis.known
        if item is not None and not unknown:  # its own row waits until the status is one we know
            if not job.is_released(item):
                self._refuse_at_work(item)
            await self._isolate_surplus(client, item)
        return await super().gate(client, memory)

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """Never lets an isolation end a migration that nobody asked to end."""
        self._refuse_at_work(item)
        return super().admit(memory, item)

    def _refuse_at_work(self, item: Item) -> None:
        job = self.kind.resource
        if not self.even_if_running and job.axis.of(item) not in self.kind.at_rest:
            raise Impossible(
                f"The job is at work; {self.kind.isolate.action} now would interrupt it",
                job_id=self.ids()[job.key],
                state=state_of(job, item),
                next_step=f"Let it end, or order {self.kind.stop} first; then clear this task.{self.waiver}",
            )

    async def _isolate_surplus(self, client: DtsClient, item: Item) -> None:
        tags = tags_of(item)
        if tags.get(TAG_DEPLOYMENT) == settings.deployment() and tags.get(TAG_OWNER):
            found = await find_owned(client, self.kind, tags[TAG_OWNER])
            await isolate_surplus(client, self.kind, item, found, self.log.info)


class ReleaseGate(RestGate):
    """The same, for kinds of jobs that the service takes out of work when it is told to."""

    waiver = " `even_if_running=True` orders it all the same."

    def __init__(self, *, even_if_running: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.even_if_running = even_if_running
