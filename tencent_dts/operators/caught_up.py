"""What is looked at before a link is stopped whose data has been proven equal: that nothing is under way in it.

API document: StopSyncJob, DescribeSyncJobs.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tencent_dts.client import DtsClient
from tencent_dts.converge import cause_of, read, state_of
from tencent_dts.errors import Impossible
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DtsTask, is_true
from tencent_dts.states import Verdict
from tencent_dts.states import sync as table
from tencent_dts.waiting import Watch


class CaughtUpGate(DtsTask):
    """Lets a link be stopped, where that is asked for, only while its lag is 0: what was compared is still so."""

    adds_fields: ClassVar[tuple[str, ...]] = ("caught_up",)

    def __init__(self, *, caught_up: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.caught_up = caught_up

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Wait for lag 0; nothing where the job is past being stopped, or cannot be."""
        if not is_true(self.caught_up):
            return None
        item = await read(client, table.SYNC_JOB, self.ids())
        if table.STOP.judge(item, called=False) is not Verdict.ALLOWED:
            return None
        verdict = table.CAUGHT_UP.judge(item)
        if verdict is Verdict.DONE:
            return None
        if verdict is Verdict.IMPOSSIBLE:
            raise Impossible(
                "The target does not hold all that was written to the source, and cannot catch up in this state; the "
                "job was not stopped",
                job_id=self.ids()["JobId"],
                state=state_of(table.SYNC_JOB, item),
                cause=cause_of(item),
                next_step="Mend the cause and order ResumeSyncJob; when the link has caught up, clear `compare` with "
                "its downstream: it compares again. To stop it as it is, trigger a run that does not compare.",
            )
        self.log.info("the lag is not known to be 0 (%s); waiting for it", state_of(table.SYNC_JOB, item))
        return Watch(self.ids(), goal=table.CAUGHT_UP.name)
