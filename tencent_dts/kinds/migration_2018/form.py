"""The parameters of a migration of API 2018-03-30.

API document: CreateMigrateJob, data types MigrateOption and ConsistencyParams (version 2018-03-30).
"""

from __future__ import annotations

from tencent_dts.kinds.cutover import cutover_window
from tencent_dts.kinds.form import Form, Property
from tencent_dts.kinds.form_parts import (
    choice,
    cloud,
    deadline,
    existing,
    hold_seconds,
    run_mode,
    side,
    switch,
    title_of,
)
from tencent_dts.kinds.migration_2018.plan import CONSISTENCY, MIGRATE_OBJECTS, MIGRATE_TYPES, RUN_MODES
from tencent_dts.spec import VERSION_2018, load

_REQUEST = load(VERSION_2018).actions["CreateMigrateJob"].request
_SOURCES, _TARGETS = (sorted(_REQUEST[f"{side}DatabaseType"].enum or ()) for side in ("Src", "Dst"))


def _share(title: str, what: str) -> Property:
    return {
        "section": "Proof and cutover",
        "title": title,
        "description": f"For consistency spotCheck: per cent of {what}.",
        "type": ["null", "integer"],
        "minimum": 1,
        "maximum": 100,
        "default": None,
    }


MIGRATE_2018 = Form(
    "2018 migration",
    {
        **side("source", "source_mysql", _SOURCES),
        **side("target", "target_mysql", _TARGETS, bought=True),
        "migrate_type": choice(
            "Migration",
            "Migrate type",
            "fullAndIncrement follows the source until the cutover; full and structure end by themselves.",
            list(MIGRATE_TYPES),
            "fullAndIncrement",
        ),
        "migrate_object": choice(
            "Migration",
            "Migrate object",
            "The whole instance, or the databases and tables below.",
            list(MIGRATE_OBJECTS),
            "instance",
        ),
        "databases": {
            "section": "Migration",
            "title": "Databases",
            "description_md": "For migrate object tables: a list of `Database`, with `Schema` and `Table` (a list of "
            "names) where not all of it is meant.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "Database": {"type": "string", "minLength": 1},
                    "Schema": {"type": "string", "minLength": 1},
                    "Table": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
                },
                "required": ["Database"],
                "additionalProperties": False,
            },
            "default": [],
        },
        "is_override_root": switch(
            "Migration",
            "Overwrite root",
            "Whether the source's root account replaces the target's. For whole instances with their data.",
            False,
        ),
        "read_only": switch(
            "Migration", "Read-only target", "Whether a MySQL target is read-only during the migration.", False
        ),
        "extern_params": {
            "section": "Migration",
            "title": "Further parameters",
            "description_md": "The API's `ExternParams`, for Redis and MongoDB, as `ReplTimeout` or `SrcAuthDatabase`.",
            "type": "object",
            # What MongoDB has are texts, the flag, too; of another type they are a mistake.
            "properties": {name: {"type": "string"} for name in ("SrcAuthDatabase", "SrcAuthFlag", "SrcAuthMechanism")},
            "additionalProperties": {"type": ["string", "integer"]},
            "default": {},
        },
        **run_mode("Migration", list(RUN_MODES)),
        "consistency": choice(
            "Proof and cutover",
            "Consistency check",
            "What the migration compares before it is ready: full all rows, spotCheck a share of them.",
            list(CONSISTENCY),
            "full",
        ),
        "sampled_rows": _share("Rows of a table", "the rows of a table whose content is compared"),
        "sampled_tables": _share("Tables by content", "the tables whose content is compared"),
        "counted_tables": _share("Tables by count", "the tables whose rows are counted"),
        "cutover_unproven": switch(
            "Proof and cutover",
            "Cut over unproven",
            "A migration that follows its source and checks nothing is cut over only where this is true.",
            False,
        ),
        **hold_seconds("Proof and cutover", "ready"),
        **cutover_window("Proof and cutover"),
        "check_deadline": deadline("Check", 1, "for the check"),
        "start_deadline": deadline("Start", 1, "for the start; a timed one may take as long as it is away"),
        "ready_deadline": deadline("Ready", 336, "until the job is ready to complete"),
        "complete_deadline": deadline("Cutover", 2, "for the end of the job"),
        "existing_job_id": existing("Existing job", "dts-[a-z0-9]+", "dts-1k10iy0v"),
        "job_title": title_of("job", 100),
        **cloud(),
    },
    opens_with=(
        "source_connection",
        "target_connection",
        "migrate_object",
        "databases",
        "consistency",
        "cloud_connection",
    ),
)
