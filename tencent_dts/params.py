"""The parameters of a migration run: one JSON schema for the trigger form, manifests and runs by API.

API document: CreateMigrationService, ModifyMigrationJob (MigrateOption), SkipCheckItem, CompareOptions.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from airflow.sdk import Param
from jsonschema import Draft202012Validator

from tencent_dts.configuration import COMPARE_METHODS, INSTANCE_CLASSES, MIGRATE_TYPES, RUN_MODES
from tencent_dts.errors import InvalidInput
from tencent_dts.spec import load

_TYPES = sorted(load().actions["CreateMigrationService"].request["SrcDatabaseType"].enum or ())
_CLASS_NAMES = {
    "small": "small (2,000 requests/s)",
    "medium": "medium (5,000 requests/s; the only class of free links)",
    "large": "large (6,000 requests/s)",
    "xlarge": "xlarge (7,000 requests/s)",
    "2xlarge": "2xlarge (above 7,000 requests/s)",
}


def _deadline(title: str, minutes: int, what: str) -> dict[str, Any]:
    return {
        "section": "Deadlines",
        "title": title,
        "description": f"Minutes to wait at most {what}. Then the task is red and the job is left as it is.",
        "type": "integer",
        "minimum": 1,
        "maximum": 60 * 24 * 60,
        "default": minutes,
    }


def _side(side: str, example: str) -> dict[str, dict[str, Any]]:
    section = f"{side.capitalize()} database"
    return {
        f"{side}_connection": {
            "section": section,
            "title": f"{side.capitalize()} connection",
            "description": "Id of the Airflow connection of the database; its extra holds the DTS facts "
            "(access_type, instance_id, vpc_id, ...).",
            "type": "string",
            "minLength": 1,
            "examples": [example],
            "default": example,
        },
        f"{side}_database_type": {
            "section": section,
            "title": f"{side.capitalize()} database type",
            "description": "Empty: as the connection's type implies. It cannot be changed after the purchase.",
            "type": ["null", "string"],
            "enum": [None, *_TYPES],
            "default": None,
        },
        f"{side}_region": {
            "section": section,
            "title": f"{side.capitalize()} region",
            "description": "As ap-guangzhou. Empty: the connection's extra `region`."
            + (" The job is bought in this region." if side == "target" else ""),
            "type": ["null", "string"],
            "pattern": "^[a-z]{2}-[a-z0-9-]+$",
            "default": None,
        },
    }


SCHEMA: dict[str, dict[str, Any]] = {
    **_side("source", "source_mysql"),
    **_side("target", "target_mysql"),
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
        "description": "fullAndIncrement follows the source until the cutover; full and structure end by themselves, "
        "without a comparison or a cutover.",
        "type": "string",
        "enum": list(MIGRATE_TYPES),
        "default": "fullAndIncrement",
    },
    "objects": {
        "section": "Migration",
        "title": "Objects",
        "description_md": "What to migrate, as the API's `DatabaseTableObject`: "
        '`{"ObjectMode": "all"}`, or `partial` with `Databases` of `DbName`, `DBMode`, `TableMode`, `Tables`.',
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
        "not": {"anyOf": [{"required": ["DatabaseTable"]}, {"required": ["MigrateType"]}]},
        "default": {},
    },
    "run_mode": {
        "section": "Migration",
        "title": "Run mode",
        "description": "immediate, or timed with a start time.",
        "type": "string",
        "enum": list(RUN_MODES),
        "default": "immediate",
    },
    "expect_run_time": {
        "section": "Migration",
        "title": "Start time",
        "description": "For run mode timed: as 2026-12-31 02:00:00, Beijing time.",
        "type": ["null", "string"],
        "default": None,
    },
    "skip_check_items": {
        "section": "Check",
        "title": "Check items to skip",
        "description_md": 'List of `{"step_id": "OptimizeCheck", "reason": "..."}`; who asked and when is recorded.',
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "step_id": {"type": "string", "minLength": 1},
                "reason": {"type": "string", "minLength": 3},
            },
            "required": ["step_id", "reason"],
            "additionalProperties": False,
        },
        "default": [],
    },
    "foreign_key_flag": {
        "section": "Check",
        "title": "Foreign keys when ConstraintCheck is skipped",
        "description": "shield: leave them out; migrate: take them along.",
        "type": ["null", "string"],
        "enum": [None, "shield", "migrate"],
        "default": None,
    },
    "hold_seconds": {
        "section": "Proof and cutover",
        "title": "Seconds of lag 0",
        "description": "The lag must have been 0 MB and 0 s for so long before the job counts as ready.",
        "type": "integer",
        "minimum": 0,
        "maximum": 86400,
        "default": 30,
    },
    "compare_method": {
        "section": "Proof and cutover",
        "title": "Compare method",
        "description": "dataCheck compares all rows, sampleDataCheck a share of them, rowsCount only counts.",
        "type": "string",
        "enum": list(COMPARE_METHODS),
        "default": "dataCheck",
    },
    "compare_sample_rate": {
        "section": "Proof and cutover",
        "title": "Sample rate",
        "description": "Per cent of the rows for sampleDataCheck; otherwise 100.",
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 100,
    },
    "compare_threads": {
        "section": "Proof and cutover",
        "title": "Compare threads",
        "description": "More are faster, and a heavier load on the source.",
        "type": "integer",
        "minimum": 1,
        "maximum": 8,
        "default": 1,
    },
    "allowed_skipped_tables": {
        "section": "Proof and cutover",
        "title": "Skipped tables allowed",
        "description": "The comparison may leave out so many tables (such as large ones without a primary key).",
        "type": "integer",
        "minimum": 0,
        "maximum": 6000,
        "default": 0,
    },
    "approval": {
        "section": "Proof and cutover",
        "title": "Ask before the cutover",
        "description": "A person approves the cutover with the report in view; no answer in time is a no.",
        "type": "boolean",
        "default": True,
    },
    "check_deadline": _deadline("Check", 60, "for the check"),
    "ready_deadline": _deadline("Ready", 14 * 24 * 60, "until the job is ready to complete"),
    "report_deadline": _deadline("Comparison", 24 * 60, "for the comparison"),
    "approval_deadline": _deadline("Approval", 24 * 60, "for an answer"),
    "complete_deadline": _deadline("Cutover", 120, "for lag 0 and the end of the job"),
    "existing_job_id": {
        "section": "Run",
        "title": "Existing job",
        "description": "Adopt this job, as dts-amm1jw5q, instead of buying one.",
        "type": ["null", "string"],
        "pattern": "^(dts-[a-z0-9]+)?$",
        "default": None,
    },
    "job_title": {
        "section": "Run",
        "title": "Job title",
        "description": "Readable part of the job's name. Empty: the DAG's id.",
        "type": ["null", "string"],
        "maxLength": 100,
        "default": None,
    },
}


def migration_params(defaults: Mapping[str, Any] | None = None) -> dict[str, Param]:
    """The parameters for a DAG, with other defaults where given (a manifest's values).

    :raises InvalidInput: a default has an unknown name or a wrong value.
    """
    values = {**defaults_of(), **(defaults or {})}
    validate(values)
    return {
        name: Param(values[name], **{key: item for key, item in schema.items() if key != "default"})
        for name, schema in SCHEMA.items()
    }


def defaults_of() -> dict[str, Any]:
    """Every parameter's own default."""
    return {name: schema["default"] for name, schema in SCHEMA.items()}


def refuse_unknown(names: Collection[str], known: Collection[str] = SCHEMA) -> None:
    """A misspelt parameter would be ignored in silence: refuse it and say which was meant.

    :raises InvalidInput: names it, and the nearest known one.
    """
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise InvalidInput(name, f"no such parameter; did you mean {near[0]}?" if near else "no such parameter")


def validate(values: Mapping[str, Any]) -> None:
    """Check values against the schema of the form.

    :raises InvalidInput: names the field, the value and what is allowed.
    """
    refuse_unknown(values)
    for name, value in values.items():
        for error in Draft202012Validator(SCHEMA[name]).iter_errors(value):
            where = ", ".join([name, *map(str, error.absolute_path)])
            raise InvalidInput(where, error.message, error.instance)
