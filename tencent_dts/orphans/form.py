"""The form of the search for orphans.

API document: none of its own; the actions that end a job of each kind.
"""

from __future__ import annotations

from typing import Any

from tencent_dts.kinds.form import Form, Property
from tencent_dts.kinds.form_parts import REGION, deadline, number, switch
from tencent_dts.kinds.registry import KINDS

REAPED_KINDS = tuple(kind.name for kind in KINDS)
# DAGs that work on a job which another run has bought, without adopting it.
SPARING_DAGS = tuple(dag_id for kind in KINDS for dag_id in kind.sparing)


def _names(section: str, title: str, text: str, default: tuple[str, ...] = (), **items: Any) -> Property:
    return {
        "section": section,
        "title": title,
        "description": text,
        "type": "array",
        "items": {"type": "string", "minLength": 1, **items},
        "default": list(default),
    }


REAP = Form(
    "search for orphans",
    {
        "cloud_connection": {
            "section": "Where",
            "title": "Cloud connection",
            "description": "Id of the Airflow connection of type Tencent Cloud.",
            "type": "string",
            "minLength": 1,
            "default": "tencentcloud_default",
        },
        "regions": _names(
            "Where", "Regions", "Where to look, as ap-guangzhou. Empty: the cloud connection's region.", pattern=REGION
        ),
        "kinds": {
            **_names("Where", "Kinds of jobs", "Which kinds to look for.", REAPED_KINDS, enum=list(REAPED_KINDS)),
            "minItems": 1,
            "examples": list(REAPED_KINDS),
        },
        "end_orphans": switch("What to do", "End orphans", "Whether orphans are ended, or only reported.", False),
        "grace_hours": number(
            "What to do",
            "Grace period",
            "Hours that an orphan is left alone after its run has ended.",
            between=(0, 24 * 365),
            default=24,
        ),
        "stop_running": switch(
            "What to do", "Also at work", "Whether those at work are ended, too: paused or else stopped first.", False
        ),
        "gone_runs": switch(
            "What to do",
            "Also of runs that are gone",
            "Whether those are ended, too, whose run this Airflow does not know (any more). Never after its database "
            "was lost or restored: then every job looks like that.",
            False,
        ),
        "at_most": number(
            "What to do",
            "At most",
            "Maximum number of jobs to end in this run, over all its tries.",
            between=(1, 1000),
            default=10,
        ),
        "keep_job_ids": _names("What to spare", "Jobs to keep", "Ids of jobs that are only reported, never ended."),
        "sparing_dags": _names(
            "What to spare",
            "DAGs that spare",
            "DAGs whose runs work on a job of another run without adopting it: while a run of one of them is alive, "
            "nothing is ended.",
            SPARING_DAGS,
        ),
        "rest_deadline": deadline("Rest", 0.5, "until a job that was ordered to pause or stop has done so"),
    },
    opens_with=(
        "cloud_connection",
        "regions",
        "end_orphans",
        "at_most",
    ),
)
