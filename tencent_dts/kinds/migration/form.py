"""The parameters of a migration run: one JSON schema for the trigger form, manifests and runs by API.

API document: CreateMigrationService, ModifyMigrationJob (MigrateOption), SkipCheckItem, CompareOptions.
"""

from __future__ import annotations

from tencent_dts.kinds.cutover import cutover_window
from tencent_dts.kinds.form import Form
from tencent_dts.kinds.form_parts import (
    SKIP_CHECK_ITEMS,
    cloud,
    compare,
    deadline,
    existing,
    hold_seconds,
    run_mode,
    side,
    title_of,
    words,
)
from tencent_dts.kinds.migration.plan import INSTANCE_CLASSES, MIGRATE_TYPES, RUN_MODES
from tencent_dts.spec import load

_TYPES = sorted(load().actions["CreateMigrationService"].request["SrcDatabaseType"].enum or ())
_CLASS_NAMES = {
    "small": "small (2,000 requests/s)",
    "medium": "medium (5,000 requests/s; the only class of free links)",
    "large": "large (6,000 requests/s)",
    "xlarge": "xlarge (7,000 requests/s)",
    "2xlarge": "2xlarge (above 7,000 requests/s)",
}

MIGRATION = Form(
    "migration",
    {
        **side("source", "source_mysql", _TYPES),
        **side("target", "target_mysql", _TYPES, bought=True),
        "instance_class": {
            "section": "Migration",
            "title": "Instance class",
            "description": "Capacity of the job, which sets its price.",
            "type": "string",
            "enum": list(INSTANCE_CLASSES),
            "values_display": _CLASS_NAMES,
            "default": "medium",
        },
        "migrate_type": {
            "section": "Migration",
            "title": "Migrate type",
            "description": "fullAndIncrement follows the source until the cutover; full and structure end by "
            "themselves, without a comparison or a cutover.",
            "type": "string",
            "enum": list(MIGRATE_TYPES),
            "default": "fullAndIncrement",
        },
        "objects": {
            "section": "Migration",
            "title": "Objects",
            "description_md": "What to migrate, as the API's DatabaseTableObject: "
            '{"ObjectMode": "all"}, or partial with Databases of DbName, DBMode, TableMode, Tables.',
            "type": "object",
            "properties": {
                "ObjectMode": {"type": "string", "enum": ["all", "partial"]},
                "Databases": {"type": "array", "items": {"type": "object"}},
                "AdvancedObjects": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["ObjectMode"],
            "additionalProperties": False,
            "default": {"ObjectMode": "partial", "Databases": [{"DbName": "shop", "DBMode": "all"}]},
        },
        "migrate_option": {
            "section": "Migration",
            "title": "Further options",
            "description_md": "Further fields of the API's `MigrateOption`, as `IsMigrateAccount` or `ExtraAttr`.",
            "type": "object",
            "not": {"type": "object", "anyOf": [{"required": ["DatabaseTable"]}, {"required": ["MigrateType"]}]},
            "default": {},
        },
        **run_mode("Migration", RUN_MODES),
        **SKIP_CHECK_ITEMS,
        "foreign_key_flag": words(
            "Check",
            "Foreign keys when ConstraintCheck is skipped",
            "shield: leave them out; migrate: take them along.",
            enum=[None, "shield", "migrate"],
            empty="not said",
        ),
        **hold_seconds("Proof and cutover", "ready"),
        **compare("Proof and cutover"),
        "approval": {
            "section": "Proof and cutover",
            "title": "Ask before the cutover",
            "description": "A person approves the cutover with the report in view; no answer in time is a no.",
            "type": "boolean",
            "default": True,
        },
        **cutover_window("Proof and cutover"),
        "check_deadline": deadline("Check", 1, "for the check"),
        "ready_deadline": deadline("Ready", 336, "until the job is ready to complete"),
        "report_deadline": deadline("Comparison", 24, "for the comparison"),
        "approval_deadline": deadline("Approval", 24, "for an answer"),
        "complete_deadline": deadline("Cutover", 2, "for lag 0 and the end of the job"),
        "existing_job_id": existing("Existing job", "dts-[a-z0-9]+", "dts-amm1jw5q"),
        "job_title": title_of("job", 100),
        **cloud(),
    },
    opens_with=(
        "source_connection",
        "target_connection",
        "objects",
        "instance_class",
        "approval",
        "cloud_connection",
    ),
)
