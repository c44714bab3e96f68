"""What an order that ends a job must find: a job at rest, as no one has asked to end one at work.

API document: IsolateMigrateJob, IsolateSyncJob, IsolateSubscribe, DeleteMigrateJob.
"""

from __future__ import annotations

from dataclasses import dataclass

from tencent_dts import settings
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import TAG_DEPLOYMENT, TAG_OWNER, tags_of
from tencent_dts.engine.surplus import AtRest, wanted_at_rest
from tencent_dts.engine.waiting import Watch
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item
from tencent_dts.sizes import is_true
from tencent_dts.tasks.gates.gate import Call, Gate

TRACES = "traces"  # what a task remembers of a job's purchase, as the job itself showed it


@dataclass(frozen=True)
class Resting(Gate):
    """Refuses to end a job at work; of the task it reads ``kind``, ``even_if_running`` and ``waiver``."""

    async def look(self, call: Call) -> Watch | None:
        """A job at work is refused at once, though its own row would wait."""
        kind: Purchasable = call.task.kind
        job = kind.resource
        item = await read(call.client, job, call.ids, again=False)
        unknown = item is not None and kind.isolate.axis is job.axis and job.axis.of(item) not in job.axis.known
        # Where the status is unknown, its own row waits until it is one we know.
        if item is not None and not unknown and not job.is_released(item):
            _at_rest(call).admit(item)
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Never lets an isolation end a migration that no one asked to end."""
        _at_rest(call).admit(item)
        # What is deleted by its end can no longer be asked whose it was.
        call.memory.set(TRACES, traces_of(call.task.kind, item))
        return None


def _at_rest(call: Call) -> AtRest:
    kind: Purchasable = call.task.kind
    next_step = f"Let it end, or order {kind.stop} first; then clear this task.{call.task.waiver}"
    return wanted_at_rest(kind, next_step, even_if_running=is_true(call.task.even_if_running))


def traces_of(kind: Purchasable, item: Item) -> list[str]:
    """Owner and name of a job, from its tags and its name alike: either alone can be copied; empty for none."""
    tags, name = tags_of(item), str(item.get(kind.resource.title) or "")
    owner = tags.get(TAG_OWNER, "")
    ours = tags.get(TAG_DEPLOYMENT) == settings.deployment() and owner and name.startswith(f"{owner}-")
    return [owner, name] if ours else []
