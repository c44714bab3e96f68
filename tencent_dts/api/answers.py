"""What an answer of DTS must be before anything is read from it, and the error where it is not.

The only place that looks at the form of answers: later readers can expect fields of the documented types, or
with none. An answer that does not fit says nothing of what the call did, so it is :class:`OutcomeUnknown`: reads are
sent again, changing calls are looked into first. Nothing here shows a value, or what a server sent instead of an
answer: a proxy's page may repeat the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tencent_dts.errors import DtsError, OutcomeUnknown, classify
from tencent_dts.spec import Spec

Request = Mapping[str, object]
"""A request of whatever action; for those of a named action, :mod:`tencent_dts.spec.shapes` has a type each."""

Fields = dict[str, Any]
"""An answer of whatever action; likewise."""

# Fields without which an answer cannot be relied on, whatever the documents say of null; dotted: of each item.
INDISPENSABLE: Mapping[str, tuple[str, ...]] = {
    "CreateMigrationService": ("JobIds",),
    "CreateCompareTask": ("CompareTaskId",),
    "DescribeMigrationJobs": ("TotalCount", "JobList.JobId"),
    "DescribeMigrationDetail": ("JobId", "Status"),
    "DescribeMigrationCheckJob": ("Status",),
    "DescribeMigrateDBInstances": ("TotalCount",),
    "DescribeCompareTasks": ("TotalCount", "Items.CompareTaskId"),
    "DescribeCompareReport": ("Abstract",),
    "CreateSyncJob": ("JobIds",),
    "DescribeSyncJobs": ("TotalCount", "JobList.JobId"),
    "DescribeCheckSyncJobResult": ("Status",),
    "DescribeModifyCheckSyncJobResult": ("Status",),
    "CreateSyncCompareTask": ("CompareTaskId",),
    "DescribeSyncCompareTasks": ("TotalCount", "Items.CompareTaskId"),
    "DescribeSyncCompareReport": ("Abstract",),
    "CreateMigrateJob": ("JobId",),
    "DescribeMigrateJobs": ("TotalCount", "JobList.JobId"),
    "DescribeMigrateCheckJob": ("Status",),
    "CreateSubscribe": ("SubscribeIds",),
    "ActivateSubscribe": ("AsyncRequestId",),
    "ModifySubscribeObjects": ("AsyncRequestId",),
    "DescribeSubscribes": ("TotalCount", "Items.SubscribeId"),
    "DescribeSubscribeConf": ("SubscribeId", "Status"),
    "DescribeAsyncRequestInfo": ("Status",),
}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9_]+)*")
_SHOWN = 5


def fields_of(answer: object, shapes: Spec, action: str, request: Request) -> Fields:
    """The fields of an answer, all of which have the documented types or are null.

    :param answer: the whole answer, as it was parsed.
    :param shapes: the wire shapes of the API version that was called.
    :raises DtsError: the answer is an error of the API, or none of the documented form.
    """
    body = answer.get("Response") if isinstance(answer, dict) else None
    if not isinstance(body, dict):
        raise unfit(["it has no Response"], action, request)
    request_id = _text(body.get("RequestId"))
    if (error := body.get("Error")) is not None:
        reported = error if isinstance(error, dict) else {}
        raise refused(reported.get("Code"), reported.get("Message"), request_id, action, request)
    lacking = [name for name in ("RequestId", *INDISPENSABLE.get(action, ())) if _lacks(body, name)]
    if lacking:
        raise unfit([f"it lacks {', '.join(lacking)}"], action, request, request_id)
    wrong = [*shapes.misfits(action, body), *_contradictions(shapes, action, request, body)]
    if wrong or not request_id:
        raise unfit(wrong or ["RequestId is no String"], action, request, request_id)
    return body


def _lacks(body: Fields, name: str) -> bool:
    """Whether a field is missing; ``JobList.JobId`` is where any job of the list lacks its id."""
    outer, _, inner = name.partition(".")
    value = body.get(outer)
    if not inner:
        return value in (None, "", [])
    items: Iterable[object] = value if isinstance(value, list) else []
    return any(isinstance(item, dict) and item.get(inner) in (None, "") for item in items)


def _contradictions(shapes: Spec, action: str, request: Request, body: Fields) -> Iterator[str]:
    """A list that is empty where its own count says that there is more: a job must not be taken for gone by it."""
    count = body.get("TotalCount")
    if not isinstance(count, int | float):
        return
    if count < 0:
        yield "TotalCount is below 0"
    offset = request.get("Offset")
    lists = [name for name, rule in shapes.actions[action].response.items() if rule.array]
    if lists and count > (offset if isinstance(offset, int) else 0) and not any(body.get(name) for name in lists):
        yield f"{' and '.join(lists)}: empty, while TotalCount says otherwise"


def unfit(wrong: list[str], action: str, request: Request, request_id: str | None = None) -> OutcomeUnknown:
    """The error for an answer that is none of the documented form.

    :param wrong: what is wrong with it, without values.
    """
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    text = f"the answer is not of the documented form: {'; '.join(wrong[:_SHOWN])}{more}"
    return OutcomeUnknown("UnfitAnswer", text, action=action, request_id=request_id, job_id=job_of(request))


def lost(reason: str, action: str, request: Request) -> OutcomeUnknown:
    """The error for a call without a whole answer."""
    return OutcomeUnknown("ClientNetworkError", reason, action=action, job_id=job_of(request))


def refused(code: object, message: object, request_id: object, action: str, request: Request) -> DtsError:
    """The error for an error of the API, by its code; for an answer without one, an unknown outcome."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return unfit(["its Error has no Code"], action, request, _text(request_id))
    text = _text(message) or "the service gave no reason"
    kind = classify(code)
    return kind(code, text, action=action, request_id=_text(request_id), job_id=job_of(request))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def job_of(request: Request) -> str | None:
    """The job that a request is about; ``None`` where it names none."""
    return _text(request.get("JobId")) or _text(request.get("SubscribeId"))
