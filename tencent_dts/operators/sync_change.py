"""Operators that change the objects or options of a running sync job, API version 2021-12-06: one for each action."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory, digest_of
from tencent_dts.engine.told import state_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import Impossible
from tencent_dts.kinds.check import OF_SYNC_CHANGE
from tencent_dts.kinds.sync import change_states as table
from tencent_dts.kinds.sync.plan import CHANGED, modify_request
from tencent_dts.model.answers import Item
from tencent_dts.tasks.base import DtsOperator
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.check import CheckedGate
from tencent_dts.tasks.jobs import ConfigurationSender, JobTask
from tencent_dts.templated import rendered


class SyncChangeTask(JobTask):
    """A task about the change of one running sync job."""

    resource = table.SYNC_CHANGE


class DtsSyncChangeOperator(SyncChangeTask, DtsOperator):
    """Base of the operators that take a change one step further."""


class SyncChangeSender(SyncChangeTask, ConfigurationSender):
    """A task that knows what a sync job is to be changed to.

    :param configuration: the plan of the change, see :class:`tencent_dts.kinds.sync.plan.ChangePlan`.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(self, *, configuration: Mapping[str, Any] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = rendered(configuration)

    def modification(self) -> dict[str, Any]:
        """The whole ModifySyncJobConfig request."""
        return modify_request(self.job_id, self.configuration)

    def differences(self, item: Item) -> list[str]:
        """Where a job does not show what was asked for."""
        return CHANGED.differences(self.modification(), item)


class ChangeGate(SyncChangeSender, DtsSyncChangeOperator):
    """Lets a change be sent only where it overwrites no other that somebody may be about to start.

    A job keeps one change. One that was configured and not started, by another run or in the console, is waited
    for; where nobody starts it in time the task fails, and clearing it is the word to replace it.
    """

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Nothing is sent where the job holds the change already."""
        item = await read(client, self.resource, self.ids())
        applied = item is not None and table.OPT_OBJ_STATUS.of(item) in table.APPLIED
        self.satisfied = applied and not self.differences(item or {})
        self._digest = digest_of(client.account.secret_key, self.modification())
        return await super().gate(client, memory)

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """Ours, or nothing in the way: go on; another one pending: wait."""
        if (first := super().admit(memory, item)) is not None:
            return first
        if self._digest in (memory.get("asked"), memory.get("digest")):
            return None
        status = table.OPT_OBJ_STATUS.of(item)
        if status in table.PENDING and not memory.was_cleared_after_report():
            if time.time() >= memory.deadline(self.patience()):
                raise self._in_the_way(memory, item)
            self.log.info("another change of this job is pending (%s); waiting for it", state_of(self.resource, item))
            return Watch(self.ids(), goal=table.OUT_OF_THE_WAY.name)
        if status in table.PENDING | table.NOT_PASSED | table.LOST:
            self.log.warning("replacing another change that was not applied (%s)", state_of(self.resource, item))
        # Written before the call: a worker killed after it must know the change for its own.
        memory.set("asked", self._digest)
        memory.forget_report()
        return None

    def _in_the_way(self, memory: Memory, item: Item) -> Impossible:
        problem = Impossible(
            "Another change of this job was configured and has not been started; it was not overwritten",
            job_id=self.ids()["JobId"],
            state=state_of(self.resource, item),
            next_step="Start it where it was made, and clear this task when it is applied; or clear this task now: "
            "then it is replaced by the change of this run.",
        )
        memory.report(str(problem))
        return problem


class DtsModifySyncJobConfigOperator(ChangeGate):
    """Say how the objects or options of a running sync job are to change; nothing changes before it is started.

    Sends nothing when the same change was sent before (a digest is kept, which needs no key: a change holds no secret),
    or when the job holds it already. A change that failed is sent again. Another change under way is waited for, never
    overwritten silently.

    API document: ModifySyncJobConfig.
    """

    operation = table.MODIFY

    def request(self) -> dict[str, Any]:
        """The change."""
        return self.modification()


class DtsCreateModifyCheckSyncJobOperator(DtsSyncChangeOperator):
    """Order the check of a change.

    Sends nothing when a check is running or has passed; after one that did not pass it orders another.

    API document: CreateModifyCheckSyncJob.
    """

    operation = table.CHECK


class DtsStartModifySyncJobOperator(CheckedGate, DtsSyncChangeOperator):
    """Let a change take hold whose check has passed.

    Succeeds without a call when it takes hold already, or has done so. Where no check stands, because it was never
    ordered or the change was sent again since, it orders one and waits for it first.

    API document: StartModifySyncJob.
    """

    operation = table.START
    family = OF_SYNC_CHANGE


class DtsDescribeModifyCheckSyncJobResultOperator(JobTask, DescribeOperator):
    """Return the progress and result of the latest check of a change.

    API document: DescribeModifyCheckSyncJobResult.
    """

    resource = table.CHANGE_CHECK_RUN
    action = "DescribeModifyCheckSyncJobResult"
