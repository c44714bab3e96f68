"""What a list of jobs shows, as metrics: how many are in which status, and of each its progress, lag, age and hours.

What a list leaves out is not sent: a lag that is not known is no lag of 0. Of a job that is isolated nothing is sent
but its part in the count.

API document: DescribeMigrationJobs, DescribeSyncJobs, DescribeMigrateJobs and DescribeSubscribes (version 2018-03-30).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from tencent_dts import metrics
from tencent_dts.kinds.costs import billed_hours
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.answers import Item, dig
from tencent_dts.times import moment

log = logging.getLogger(__name__)

BY_LISTING = {kind.resource.listing: kind for kind in KINDS}
_UNKNOWN = "not known"
_PERCENT = ("Percent", "Progress")


def send_jobs(kind: Kind, connection: str, region: str, jobs: Collection[Item], now: datetime) -> None:
    """Send what one list shows. Whatever goes wrong with that is logged, and fails neither a look nor a wait.

    :param connection: id of the Airflow connection over which it was listed.
    :param jobs: every job of this deployment of that kind in that region.
    :param now: by the clock of DTS.
    """
    if metrics.are_on():
        try:
            _send(kind, {"connection": connection, "kind": kind.name, "region": region}, jobs, now)
        except Exception:
            log.warning("the metrics of %s jobs could not be sent", kind.name, exc_info=True)


def _send(kind: Kind, at: Mapping[str, str], jobs: Collection[Item], now: datetime) -> None:
    axis = kind.resource.axis
    counts = Counter(status if (status := axis.of(job)) in axis.known else _UNKNOWN for job in jobs)
    for status in (*sorted(axis.known), _UNKNOWN):
        metrics.send(metrics.JOBS, counts[status], **at, status=status)
    metrics.send(metrics.JOBS_SEEN, now.timestamp(), **at)
    for job in jobs:
        if not kind.resource.is_released(job):
            _send_job(kind, at, job, now)


def _send_job(kind: Kind, at: Mapping[str, str], job: Item, now: datetime) -> None:
    lag = kind.resource.lag_of(job) if dig(job, kind.view.steps) else None  # before that a 0 says nothing
    created = moment(job.get("CreateTime"))
    values = {
        metrics.JOB_SEEN: now.timestamp(),
        metrics.JOB_PROGRESS: _progress(kind, job),
        metrics.JOB_LAG_MEGABYTES: lag[0] if lag else None,
        metrics.JOB_LAG_SECONDS: lag[1] if lag else None,
        metrics.JOB_AGE_HOURS: max(0.0, (now - created).total_seconds()) / 3600 if created else None,
        metrics.JOB_BILLED_HOURS: billed_hours(kind.resource, job, now),
    }
    for metric, value in values.items():
        if value is not None:
            metrics.send(metric, value, **at, job=kind.purchase.id_of(job))


def _progress(kind: Kind, job: Item) -> float | None:
    """Per cent of the step that is running; ``None`` where none is, or nothing is reported."""
    steps = dig(job, kind.view.steps) if kind.view.steps else None
    for step in steps if isinstance(steps, list) else []:
        status = str(step.get("Status") or step.get("StepStatus") or "")
        if kind.view.step_status.get(status, status) == "running":
            told = next((step[name] for name in _PERCENT if isinstance(step.get(name), int | float)), None)
            return float(told) if told is not None else None
    return None
