"""What this package measures, sent through Airflow's own metrics: StatsD, Datadog or OpenTelemetry, as Airflow is set.

:data:`METRICS` lists every metric; nothing else is sent, and no metric has other tags than its row says. No tag holds a
secret, and none grows without bounds but the job's id, where a metric is of one job. That tag is called ``job``, as
Airflow drops one whose name holds ``job_id``. What cannot be sent is left out: a metric never fails a task.

API document: none; "Metrics" of Airflow.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import Literal

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats

log = logging.getLogger(__name__)

PREFIX = "tencent_dts."
_CODE = re.compile(r"[A-Za-z]+(\.[A-Za-z0-9]+)?")
_SWITCHES = ("statsd_on", "statsd_datadog_enabled", "otel_on")


@dataclass(frozen=True)
class Metric:
    """One metric.

    :param kind: ``counter`` counts, ``gauge`` is a value now, ``timing`` is a length of time in milliseconds.
    :param unit: of its value.
    :param tags: the names of its tags.
    :param text: what it is.
    :param sent: by whom, and when.
    """

    name: str
    kind: Literal["counter", "gauge", "timing"]
    unit: str
    tags: tuple[str, ...]
    text: str
    sent: str

    @property
    def full_name(self) -> str:
        """As Airflow is given it; it puts its own prefix, ``airflow.`` by default, before it."""
        return PREFIX + self.name

    @property
    def prometheus_name(self) -> str:
        """As Prometheus has it by way of an OpenTelemetry collector, with Airflow's default prefix."""
        name = f"airflow_{self.full_name}".replace(".", "_")
        return name + {"counter": "_total", "timing": "_milliseconds", "gauge": ""}[self.kind]


_POLL = "the shared poll of a triggerer, at each turn; `dts_watch`, at each look"
_AT = ("connection", "kind", "region")
_JOB = (*_AT, "job")

CALLS = Metric(
    "calls",
    "counter",
    "calls",
    ("action", "code"),
    "Calls of the API; the code is `OK`, that of the error, or `cancelled`.",
    "tasks and triggerers",
)
CALL_TIME = Metric(
    "call_time",
    "timing",
    "ms",
    ("action",),
    "How long a call took, from its sending to its answer.",
    "tasks and triggerers",
)
THROTTLED = Metric(
    "throttled", "counter", "calls", ("action",), "Calls that were refused because of too many.", "tasks and triggerers"
)
TURN_TIME = Metric(
    "turn_time",
    "timing",
    "ms",
    ("action",),
    "How long a call waited for its turn within the share of the quota.",
    "tasks and triggerers",
)
TRIGGERERS_STARTED = Metric(
    "triggerers_started", "counter", "processes", (), "Processes of triggerers that have begun to send.", "a triggerer"
)
WAITS = Metric(
    "waits",
    "gauge",
    "tasks",
    ("connection", "listing", "region"),
    "Deferred tasks that the shared polls of one process serve: sum them over the processes.",
    "the shared poll of a triggerer, at each turn",
)
WAITS_ENDED = Metric(
    "waits_ended",
    "counter",
    "waits",
    ("kind", "reason"),
    "Waits that have woken their task: `done`, `deadline`, another verdict, or `error`.",
    "whoever waits: triggerers, and workers with `wait=sync`",
)
DETECTION_TIME = Metric(
    "detection_time",
    "timing",
    "ms",
    ("kind",),
    "How old a change was, at most, when a wait saw it: the time since the look before.",
    "as above",
)
JOBS = Metric("jobs", "gauge", "jobs", (*_AT, "status"), "Jobs of this deployment by status.", _POLL)
JOBS_SEEN = Metric(
    "jobs_seen", "gauge", "epoch s", _AT, "When the jobs were last listed: older counts are out of date.", _POLL
)
JOB_SEEN = Metric(
    "job_seen", "gauge", "epoch s", _JOB, "When the job was last listed: its older values are out of date.", _POLL
)
JOB_PROGRESS = Metric("job_progress", "gauge", "%", _JOB, "Progress of the step that is running.", _POLL)
JOB_LAG_SECONDS = Metric(
    "job_lag_seconds",
    "gauge",
    "s",
    _JOB,
    "How far the target is behind; not sent while it is not known, or the list leaves it out.",
    _POLL,
)
JOB_LAG_MEGABYTES = Metric("job_lag_megabytes", "gauge", "MB", _JOB, "The same in megabytes.", _POLL)
JOB_AGE_HOURS = Metric("job_age_hours", "gauge", "h", _JOB, "Since its creation, while it is not isolated.", _POLL)
JOB_BILLED_HOURS = Metric(
    "job_billed_hours", "gauge", "h", _JOB, "What was billed by the hour so far: an estimate, as in errors.", _POLL
)
FINDINGS = Metric(
    "findings", "gauge", "jobs", (*_AT, "rule"), "What is wrong with living jobs, as far as is known.", "`dts_watch`"
)
ORPHANS = Metric(
    "orphans", "gauge", "jobs", (*_AT, "standing"), "Jobs by whether a run still needs them.", "`dts_reap`"
)
APPROVALS_ASKED = Metric(
    "approvals_asked", "counter", "approvals", (), "Approvals of a cutover that were asked for.", "`approve`"
)
APPROVALS_ANSWERED = Metric(
    "approvals_answered",
    "counter",
    "approvals",
    ("answer",),
    "Those that were answered: `approved`, `rejected`, or `silence`. One whose task is cleared is asked for again.",
    "`approve`",
)

METRICS = (
    *(CALLS, CALL_TIME, THROTTLED, TURN_TIME),
    *(TRIGGERERS_STARTED, WAITS, WAITS_ENDED, DETECTION_TIME),
    *(JOBS, JOBS_SEEN, JOB_SEEN, JOB_PROGRESS, JOB_LAG_SECONDS, JOB_LAG_MEGABYTES, JOB_AGE_HOURS, JOB_BILLED_HOURS),
    *(FINDINGS, ORPHANS, APPROVALS_ASKED, APPROVALS_ANSWERED),
)


def are_on() -> bool:
    """Whether Airflow sends metrics at all: what is costly to measure is not measured otherwise."""
    return any(conf.getboolean("metrics", name, fallback=False) for name in _SWITCHES)


def send(metric: Metric, value: float = 1, **tags: str) -> None:
    """Send one value; a count to be added, a gauge, or milliseconds.

    :param tags: exactly those of the metric.
    """
    try:
        cleaned = {name: _clean(tags[name]) for name in metric.tags}
        if metric.kind == "counter":
            stats.incr(metric.full_name, int(value), tags=cleaned)
        elif metric.kind == "gauge":
            stats.gauge(metric.full_name, value, tags=cleaned)
        else:
            stats.timing(metric.full_name, value, tags=cleaned)
    except Exception:
        log.debug("the metric %s could not be sent", metric.name, exc_info=True)


def of_code(code: str) -> str:
    """An error code as a tag: one that looks like none of the API's is `other`, so that there are not many."""
    return code if _CODE.fullmatch(code) else "other"


async def begin_in_triggerer() -> None:
    """Let a triggerer's process send: Airflow prepares only that of the supervisor above it, and only its own module.

    What looks up the receiver's name, or opens a connection to it, blocks: so it is done beside the event loop.
    """
    if are_on() and not _begun:
        _begun.append(True)
        await asyncio.to_thread(_begin)


_begun: list[bool] = []


def _begin() -> None:
    from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

    try:
        stats.initialize(factory=get_stats_factory(), export_legacy_names=False)
        send(TRIGGERERS_STARTED)
    except Exception:
        log.warning("no metrics can be sent from this triggerer", exc_info=True)


def _clean(text: str) -> str:
    """A tag's value without what separates tags from each other in StatsD."""
    return re.sub(r"[,=|:#\s]", "_", text)[:100]
