"""The form of the watch.

API document: none of its own; the limits are of :mod:`tencent_dts.kinds.watching`.
"""

from __future__ import annotations

from tencent_dts.kinds.form import Form, Property
from tencent_dts.kinds.form_parts import number, switch, words
from tencent_dts.orphans.form import REAP

_WHERE = ("cloud_connection", "regions", "kinds")


def _limit(title: str, text: str, most: int, default: int, *, least: int = 0) -> Property:
    return number("Limits", title, text, between=(least, most), default=default)


LIMITS: dict[str, Property] = {
    "lag_seconds": _limit("Lag", "Seconds that a target may be behind its source.", 7 * 86400, 300),
    "lag_minutes": _limit("Lag lasts", "Minutes that it may be further behind before that is reported.", 7 * 1440, 15),
    "lag_unknown_hours": _limit(
        "Lag not known",
        "Hours that it may be unknown how far a running job is behind. While existing data is copied, it is.",
        60 * 24,
        24,
    ),
    "error_minutes": _limit(
        "In error", "Minutes that a job may be in error before that is reported; DTS may resume it itself.", 7 * 1440, 0
    ),
    "paused_hours": _limit(
        "Paused", "Hours that a job may be paused. A sync link fails for good after 168.", 167, 24, least=0
    ),
    "expire_days": _limit("Expires", "Days before its end that a prepaid job which is not renewed is reported.", 90, 7),
    "compare_days": _limit(
        "Comparison",
        "Days within which a comparison must have found source and target of a sync link the same. 0: not looked at.",
        365,
        0,
    ),
    "unread_minutes": _limit(
        "Not known",
        "Minutes that a job may be gone, be in a state that is not known, or not be readable before that is reported.",
        1440,
        30,
    ),
}

WATCH = Form(
    "watch",
    {
        **{name: REAP.schema[name] | {"section": "Where"} for name in _WHERE},
        **LIMITS,
        "tell_again_hours": number(
            "Telling",
            "Tell again",
            "Hours after which a finding that lasts is reported again. 0: it is reported once.",
            between=(0, 365 * 24),
            default=24,
        ),
        "asset_event": switch(
            "Telling",
            "Asset event",
            "Whether findings become an event of the asset tencent_dts_findings, by which other DAGs can be scheduled.",
            True,
        ),
        "trigger_dag_id": words(
            "Telling",
            "DAG to run",
            "Id of a DAG of which a run is started for new findings, with them as its configuration. Empty: none.",
        ),
        "fail_on_findings": switch(
            "Telling",
            "Red",
            "Whether the task is red while there are findings. Airflow drops the asset event of a red task.",
            False,
        ),
    },
    opens_with=("cloud_connection", "regions"),
)
