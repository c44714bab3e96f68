"""What errors say of a resource: its state, the service's word on its trouble, and the way on.

API document: the fields ErrorInfo, StepInfo, Errors and BriefMsg of the actions that describe a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.records import LastSeen, Place
from tencent_dts.errors import Impossible, JobNotFound, OrderUndone, WrongPlace
from tencent_dts.model.answers import Item, dig, typed
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import StepDetailInfo
    from tencent_dts.spec.shapes.compare_types import CompareTaskItem
    from tencent_dts.spec.shapes.migration import DescribeMigrationCheckJobAnswer
    from tencent_dts.spec.shapes.migration_types import ErrorInfoItem
    from tencent_dts.spec.shapes.subscription_types_2018 import SubsErr
    from tencent_dts.spec.shapes.sync_types import ErrInfo, StepInfo


_FRESH_START = (
    "order `airflow tencent-dts forget` for the task that bought it (see the runbook, fresh start), and clear that "
    "one with its downstream"
)


def when_gone(resource: Resource) -> str:
    """The way on from what is not there any more: a job whose ending is known, or a part of a job."""
    if resource is resource.job:
        return (
            "The job has ended, and is not there any more. Where that was the purpose, mark this task as success. "
            f"If its work is still to be done, trigger a new run, or {_FRESH_START}."
        )
    return (
        f"Clear the task that created the {resource.name} with its downstream. Where its job has ended, too, trigger a "
        "new run."
    )


def shown_ids(ids: Mapping[str, str]) -> str:
    """The ids of a resource, as errors and logs name it: ``dts-amm1jw5q/dts-amm1jw5q-cmp-37skmii9`` of a comparison."""
    return "/".join(ids.values())


def state_of(resource: Resource, item: Item | None) -> str:
    """A resource's state for messages: its status and, where it has one, that of its bill."""
    return resource.in_words(item) if item is not None else "gone"


async def shown_state(client: DtsClient, resource: Resource, ids: Mapping[str, str], item: Item | None) -> str:
    """The state of a resource for people; of one that is gone, how its job ended, where that is known."""
    job_id = ids.get(resource.job.key, "")
    known = await client.book.ending(job_id) if item is None and client.book is not None and job_id else None
    return state_of(resource, item) + (f"; its job has ended: {known}" if known is not None else "")


def impossible(
    operation: Operation, ids: Mapping[str, str], item: Item | None, state: str = "", *, called: bool = False
) -> Impossible:
    """The error for a state that rules an operation out, with the way on.

    :param state: as :func:`shown_state` words it.
    :param called: the call was accepted, in a state that allowed it; it came to this one since.
    """
    resource, action = operation.resource, operation.action
    if item is None:
        why, next_step = f"the {resource.name} is gone", when_gone(resource)
        what = f"{action} is impossible: {why}"
    else:
        why, next_step = "this state rules it out", _way_on(operation, item)
        what = f"{action} is impossible in this state"
    if called:
        what = f"{action} was accepted, but {why}"
    if item is not None and operation.axis.of(item) in operation.failed:
        sent = "was accepted before that" if called else "was not called"
        what = f"The {resource.name} has failed or was stopped; {action} {sent}"
    return Impossible(
        what,
        job_id=shown_ids(ids),
        state=state or state_of(resource, item),
        cause=cause_of(item),
        next_step=next_step,
    )


def _way_on(operation: Operation, item: Item) -> str:
    """What to do next about a state that rules an operation out."""
    resource, status = operation.resource, operation.axis.of(item)
    ended = status in operation.failed and status in operation.instead  # no recovery would help then
    if resource.is_destroyed(item):
        return f"The {resource.name} is destroyed, and nothing brings it back: trigger a new run, or {_FRESH_START}."
    if not ended and operation.axis is not resource.bill and resource.is_released(item):
        return out_of_service(resource.job)
    barred = operation.bar(item) if status in operation.needs else ""
    look = "Look at the job in the DTS tab or the console; then clear this task."
    return barred or operation.instead.get(status, look)


def order_undone(operation: Operation, ids: Mapping[str, str], item: Item | None, state: str = "") -> OrderUndone:
    """The error for an accepted order that is not under way any more, while the state is one that needs it.

    :param state: the state as people are to read it, where it is worded in another way.
    """
    job = operation.resource.job
    by = f", as by {job.recover}" if operation.ends and job.recover else ""
    return OrderUndone(
        f"{operation.action} was accepted, but the {operation.resource.name} shows nothing of it",
        job_id=shown_ids(ids),
        state=state or state_of(operation.resource, item),
        cause=cause_of(item) or f"another hand has undone it{by}, or it has had no effect",
        next_step=f"Find out who undid it and why. Where it is still wanted, clear this task: it orders "
        f"{operation.action} again.",
    )


def out_of_service(job: Resource) -> str:
    """The way on from a job whose bill has ended."""
    recover = f" To go on with it, order {job.recover}, which starts its bill again." if job.recover else ""
    return f"The job is isolated.{recover} For another job, {_FRESH_START}."


def cause_of(item: Item | None) -> str | None:
    """The reason that the service gives for a job's trouble, from the fields that can hold it; each text once."""
    if item is None:
        return None
    reported: dict[str, str] = {}  # what is said, and where: a step says more than its job, so it comes first
    of_job: list[StepDetailInfo] | list[StepInfo] | None = dig(item, "StepInfo.StepInfo") or dig(
        item, "Detail.StepInfos"
    )
    for step in of_job or []:
        for tip in step.get("Errors") or []:
            reported.setdefault(_joined(tip.get("Message"), tip.get("Solution")), f"step {step.get('StepId')}: ")
    errors: list[ErrorInfoItem] = item.get("ErrorInfo") or []
    for error in errors:
        reported.setdefault(_joined(error.get("ErrorLog"), error.get("Solution")), f"{error.get('Code') or 'error'}: ")
    of_link: ErrInfo | None = dig(item, "Detail.ErrInfo")
    if of_link:
        reported.setdefault(_joined(of_link.get("Message"), of_link.get("Reason"), of_link.get("Solution")), "")
    of_subscription: list[SubsErr] = item.get("Errors") or []
    for reason in of_subscription:
        reported.setdefault(_joined(reason.get("Message")), "")
    check: DescribeMigrationCheckJobAnswer = typed(item)
    compare: CompareTaskItem = typed(item)
    for text in (check.get("BriefMsg"), compare.get("Message")):
        reported.setdefault(_joined(text), "")
    whole = [text for text in reported if not any(text in other for other in reported if other != text)]
    return "; ".join(reported[text] + text for text in whole if text) or None


def _joined(*texts: str | None) -> str:
    return " ".join(filter(None, texts))


def elsewhere(here: Place, there: Place, *, job_id: str | None, bill: str | None) -> WrongPlace:
    """The refusal of a leg that would act in another place than the one that this run's job is in."""
    return WrongPlace(
        f"This run's job is in {there}, and this task would act in {here}; nothing was called",
        job_id=job_id,
        bill=bill,
        next_step="Correct the region or the endpoint (of the connection, or of the task) back, and clear this task, "
        "or the task that plans the run, with its downstream. If the job is wanted here instead, order "
        "`airflow tencent-dts forget` for the task that bought it, which ends the old one; or trigger a new run.",
    )


def not_deleted(resource: Resource, job_id: str, place: Place, conn_id: str, kept: LastSeen) -> JobNotFound:
    """The error for a job that is known to be isolated, and is not found although DTS would go on showing it."""
    return JobNotFound(
        f"The {resource.name} was not found in {place}, with connection {conn_id}; whether it was deleted is not known",
        job_id=job_id,
        state=str(kept),
        cause="DTS shows an isolated one for 7 days",
        bill=f"ended: {kept.ending}",
        next_step="The connection may point elsewhere (another account, region or endpoint): correct it, and clear "
        "this task. If the job was deleted, mark this task as success.",
    )


def not_found(resource: Resource, job_id: str, place: Place, conn_id: str, kept: LastSeen) -> JobNotFound:
    """The error for a job that two looks in a row have not found, and whose ending was never seen.

    :param kept: how it was last seen.
    """
    return JobNotFound(
        f"The {resource.name} was not found in {place}, with connection {conn_id}",
        job_id=job_id,
        state=str(kept),
        cause=f"{kept.ending}; another user sent it" if kept.ending is not None and kept.ending.by else None,
        bill="not known: the job was not found, which is no proof that it has ended",
        next_step="Its ending was never seen, so the connection may point elsewhere (another account, region or "
        "endpoint), or the id is wrong: correct that, and clear this task. If the job was deleted on "
        "purpose: mark this task as success if it was to end the job; to buy another in its place, order "
        "`airflow tencent-dts forget --although-not-found` for the task that bought it, and clear that one.",
    )
