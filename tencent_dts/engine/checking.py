"""Order a check that was not ordered, or has become void: what is waited for must have been ordered and still stand.

A configuration that is sent again (a changed password) voids the check before it, in whichever task that happens.

API document: CreateMigrateCheckJob, CreateCheckSyncJob, CreateModifyCheckSyncJob.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import converge
from tencent_dts.errors import WrongState
from tencent_dts.kinds.check import OF_MIGRATION, CheckFamily
from tencent_dts.kinds.migration import plan
from tencent_dts.model.answers import Item


def is_unconfigured(family: CheckFamily, job: Item) -> bool:
    """Whether a job was never configured: no check of it can be ordered, and none will pass."""
    if family is OF_MIGRATION and family.axis.of(job) in family.unchecked:
        return not plan.SHOWN.is_configured(job)  # `created` is the status of both
    return family.axis.of(job) in family.unconfigured


def has_ended(family: CheckFamily, job: Item) -> bool:
    """Whether no check of a job will pass any more: it has ended, or is out of service."""
    kind = family.configure.resource.job
    return kind.is_released(job) or kind.axis.of(job) in family.ended


async def order_void_check(
    client: DtsClient, family: CheckFamily, ids: Mapping[str, str], job: Item | None, note: Callable[[str], None]
) -> bool:
    """Order the check of a job that is configured and not checked; whether that was so.

    :param job: the resource of the family's configuring operation, as last read.
    :raises Impossible: the job takes no order of a check as it is, see the row's ``barred``.
    """
    if job is None or family.axis.of(job) not in family.unchecked:
        return False
    if has_ended(family, job) or is_unconfigured(family, job):
        return False  # none can be ordered any more
    note(f"no check of the present configuration stands; {family.check.action} orders one")
    try:
        await converge(client, family.check, ids, ids)
    except WrongState as refusal:
        note(f"it was refused ({refusal.code}), so the state that was read may be an old one; waiting")
    return True
