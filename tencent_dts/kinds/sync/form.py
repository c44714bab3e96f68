"""The parameters of a sync link, of its modification and of its retirement.

API document: CreateSyncJob, ConfigureSyncJob (Objects, Options), ModifySyncJobConfig (DynamicOptions).
"""

from __future__ import annotations

from tencent_dts.kinds.form import Form, Property
from tencent_dts.kinds.form_parts import (
    SKIP_CHECK_ITEMS,
    Fields,
    choice,
    cloud,
    compare,
    deadline,
    existing,
    hold_seconds,
    months,
    region_of,
    resource,
    run_mode,
    side,
    switch,
    title_of,
)
from tencent_dts.kinds.sync.plan import INSTANCE_CLASSES, JOB_MODES, PAY_MODES, RUN_MODES
from tencent_dts.spec import load

_REQUEST = load().actions["CreateSyncJob"].request
_SOURCES, _TARGETS = (sorted(_REQUEST[f"{side}DatabaseType"].enum or ()) for side in ("Src", "Dst"))
_CLASS_NAMES = {
    "micro": "micro (1,000 requests/s)",
    "small": "small (2,000 requests/s)",
    "medium": "medium (5,000 requests/s)",
    "large": "large (above 5,000 requests/s)",
}
_JOB_ID = ("sync-[a-z0-9]+", "sync-werwfs23")


def _objects(text: str, default: Property) -> Property:
    return {
        "section": "Link",
        "title": "Objects",
        "description_md": text,
        "type": "object",
        "properties": {
            "Mode": {"type": "string", "enum": ["Partial"]},
            "Databases": {"type": "array", "items": {"type": "object"}},
            "AdvancedObjects": {"type": "array", "items": {"type": "string"}},
            "DatabasesOpFilter": {"type": "array", "items": {"type": "object"}},
        },
        "additionalProperties": False,
        "default": default,
    }


def _options(text: str) -> Property:
    return {"section": "Link", "title": "Options", "description_md": text, "type": "object", "default": {}}


def _compare(section: str, default: bool) -> Fields:
    text = "Whether source and target are compared. A Kafka target, and a link that filters DML, cannot be."
    return {"compare_wanted": switch(section, "Compare", text, default), **compare(section)}


_DATABASE = {"DbName": "shop", "DbMode": "All", "TableMode": "All", "ViewMode": "All"}

SYNC = Form(
    "sync",
    {
        **side("source", "source_mysql", _SOURCES),
        **side("target", "target_mysql", _TARGETS, bought=True),
        "pay_mode": choice(
            "Link",
            "Pay mode",
            "PostPay is paid by the hour until the job is isolated, PrePay by the month at purchase.",
            PAY_MODES,
            "PostPay",
        ),
        "time_span": months("Months", "For pay mode PrePay: months that are paid for.", 100, section="Link"),
        "auto_renew": switch("Link", "Renew", "For pay mode PrePay: whether it renews itself.", False),
        "instance_class": choice(
            "Link",
            "Instance class",
            "Capacity of the job, which sets its price.",
            INSTANCE_CLASSES,
            "medium",
            values_display=_CLASS_NAMES,
        ),
        "objects": _objects(
            "What to sync, as the API's Objects: Databases of DbName, DbMode, TableMode, Tables (with "
            "NewTableName, FilterCondition, Columns).",
            {"Mode": "Partial", "Databases": [_DATABASE]},
        ),
        "options": _options(
            "The API's Options: InitType, DealOfExistSameTable, ConflictHandleType, OpTypes, DdlOptions, "
            "KafkaOption, ..."
        ),
        "job_mode": choice("Link", "Job mode", "fullMode, or liteMode with fewer checks.", JOB_MODES, "fullMode"),
        **run_mode("Link", RUN_MODES),
        **SKIP_CHECK_ITEMS,
        **hold_seconds("Proof", "caught up"),
        **_compare("Proof", True),
        "check_deadline": deadline("Check", 1, "for the check"),
        "start_deadline": deadline("Start", 1, "for the start; a timed one may take as long as it is away"),
        "caught_up_deadline": deadline("Caught up", 336, "until the target has caught up"),
        "report_deadline": deadline("Comparison", 24, "for the comparison"),
        "existing_job_id": existing("Existing job", *_JOB_ID),
        "job_title": title_of("job", 100),
        **cloud(),
    },
    opens_with=(
        "source_connection",
        "target_connection",
        "objects",
        "instance_class",
        "pay_mode",
        "compare_wanted",
        "cloud_connection",
    ),
)

MODIFY_SYNC = Form(
    "sync modification",
    {
        "job_id": resource("Sync job", *_JOB_ID, "Id of the running job"),
        **region_of("the job", section="Job"),
        "objects": _objects(
            "All that the link syncs from now on, as the API's `Objects`; empty: as before.",
            {},
        ),
        "options": _options("The API's `DynamicOptions`, with at least `OpTypes` and `DdlOptions`; empty: as before."),
        "check_deadline": deadline("Check", 1, "for the check of the change"),
        "applied_deadline": deadline("Applied", 24, "until the change is applied"),
        **cloud(),
    },
    opens_with=(
        "job_id",
        "objects",
        "options",
        "cloud_connection",
    ),
)

RETIRE_SYNC = Form(
    "sync retirement",
    {
        "job_id": resource("Sync job", *_JOB_ID, "Id of the job to retire"),
        **region_of("the job", section="Job"),
        **_compare("Proof", True),
        "stop": switch("End", "Stop", "Whether the link is stopped, which cannot be undone.", True),
        "isolate": switch("End", "Isolate", "Whether the stopped job is isolated, which ends its bill.", True),
        "destroy": switch("End", "Destroy", "Whether the isolated job is destroyed at once, not in 7 days.", False),
        "report_deadline": deadline("Comparison", 24, "for the comparison"),
        "stop_deadline": deadline("Stop", 1, "until the link has stopped"),
        "isolate_deadline": deadline("Isolation", 1, "until the job is isolated, and destroyed where it shall be"),
        **cloud(),
    },
    opens_with=(
        "job_id",
        "compare_wanted",
        "stop",
        "isolate",
        "destroy",
        "cloud_connection",
    ),
)
