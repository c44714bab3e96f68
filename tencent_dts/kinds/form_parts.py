"""Parameters that several forms share.

API document: CreateMigrationService, CreateSyncJob, SkipCheckItem, CompareOptions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from tencent_dts.kinds.form import Property
from tencent_dts.kinds.planning import COMPARE_METHODS

Fields = dict[str, Property]

LONGEST_DEADLINE = 60 * 24  # hours
REGION = "^[a-z]{2}-[a-z0-9-]+$"


def deadline(title: str, hours: float, what: str) -> Property:
    """How long a run waits for something, in hours."""
    return {
        "section": "Deadlines",
        "title": title,
        "description": f"Maximum wait {what}, in hours. On timeout the task fails and the job is left untouched.",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": LONGEST_DEADLINE,
        "default": hours,
    }


def cloud() -> Fields:
    """The account that the run works in."""
    text = (
        "Id of the Airflow connection of type Tencent Cloud. Empty: the one that the DAG names, tencentcloud_default "
        "unless its author says otherwise."
    )
    return {"cloud_connection": words("Run", "Cloud connection", text, minLength=1, examples=["tencentcloud_default"])}


def choice(section: str, title: str, text: str, allowed: Sequence[str], default: str, **more: Any) -> Property:
    """One of several values."""
    return {
        "section": section,
        "title": title,
        "description": text,
        "type": "string",
        "enum": list(allowed),
        **more,
        "default": default,
    }


def switch(section: str, title: str, text: str, default: bool) -> Property:
    """Yes or no."""
    return {"section": section, "title": title, "description": text, "type": "boolean", "default": default}


def number(section: str, title: str, text: str, *, between: tuple[int, int], default: int) -> Property:
    """A whole number within bounds."""
    return {
        "section": section,
        "title": title,
        "description": text,
        "type": "integer",
        "minimum": between[0],
        "maximum": between[1],
        "default": default,
    }


def words(section: str, title: str, text: str, **more: Any) -> Property:
    """A text that may be left empty.

    :param more: further keys of the schema; for an ``enum`` with None, ``empty`` is what the form shows for None.
    """
    if (empty := more.pop("empty", "")) and "enum" in more:
        more["values_display"] = {"null": empty, **{str(name): str(name) for name in more["enum"] if name is not None}}
    return {
        "section": section,
        "title": title,
        "description": text,
        "type": ["null", "string"],
        **more,
        "default": None,
    }


def side(name: str, example: str, types: Collection[str], *, bought: bool = False) -> Fields:
    """One side of a link: connection, database type, region.

    :param name: ``source`` or ``target``.
    :param bought: the job is bought in this side's region.
    """
    section, title = f"{name.capitalize()} database", name.capitalize()
    more = " The job is bought in this region." if bought else ""
    return {
        f"{name}_connection": {
            "section": section,
            "title": f"{title} connection",
            "description": "Id of the Airflow connection of the database; its extra holds the DTS facts "
            "(access_type, instance_id, vpc_id, ...).",
            "type": "string",
            "minLength": 1,
            "examples": [example],
            "default": example,
        },
        f"{name}_database_type": words(
            section,
            f"{title} database type",
            "It cannot be changed after the purchase.",
            enum=[None, *types],
            empty="as the connection's type implies",
        ),
        f"{name}_region": words(
            section,
            f"{title} region",
            f"As ap-guangzhou. Empty: the connection's extra `region`.{more}",
            pattern=REGION,
        ),
    }


def run_mode(section: str, modes: Sequence[str]) -> Fields:
    """When the run starts.

    :param modes: the API's words for at once and at a time.
    """
    at_once, timed = modes
    return {
        "run_mode": choice(section, "Run mode", f"{at_once}, or {timed} with a start time.", modes, at_once),
        "expect_run_time": words(section, "Start time", f"For run mode {timed}: as 2026-12-31 02:00:00, Beijing time."),
    }


def existing(title: str, pattern: str, example: str, *, section: str = "Run") -> Property:
    """The id of a resource to adopt instead of buying one."""
    return words(section, title, f"Adopt this one, as {example}, instead of buying.", pattern=f"^({pattern})?$")


def resource(title: str, pattern: str, example: str, what: str, *, section: str = "Job") -> Property:
    """The id of the resource that a run works on; no default of it could be right."""
    return {
        "section": section,
        "title": title,
        "description": f"{what}, as {example}.",
        "type": "string",
        "pattern": f"^{pattern}$",
        "examples": [example],
    }


def region_of(what: str, *, section: str) -> Fields:
    """The region of a resource that is in one place, where no database's connection says it."""
    text = f"Region of {what}, as ap-guangzhou. Empty: the cloud connection's."
    return {"region": words(section, "Region", text, pattern=REGION)}


def months(title: str, text: str, most: int, *, section: str) -> Property:
    """How long a prepaid resource is paid for."""
    return {
        "section": section,
        "title": title,
        "description": text,
        "type": ["null", "integer"],
        "minimum": 1,
        "maximum": most,
        "default": None,
    }


def title_of(what: str, longest: int) -> Property:
    """The readable part of a name."""
    text = f"Readable part of the {what}'s name. Empty: the DAG's id."
    return words("Run", f"{what.capitalize()} title", text, maxLength=longest)


SKIP_CHECK_ITEMS: Fields = {
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
}


def compare(section: str) -> Fields:
    """How source and target are compared."""
    method = "dataCheck compares all rows, sampleDataCheck a share of them, rowsCount only counts."
    skipped = "Number of tables that the comparison may leave out (such as large ones without a primary key)."
    rate = "Per cent of the rows for sampleDataCheck; otherwise 100."
    threads = "More are faster, and a heavier load on the source."
    return {
        "compare_method": choice(section, "Compare method", method, COMPARE_METHODS, "dataCheck"),
        "compare_sample_rate": number(section, "Sample rate", rate, between=(1, 100), default=100),
        "compare_threads": number(section, "Compare threads", threads, between=(1, 8), default=1),
        "allowed_skipped_tables": number(section, "Skipped tables allowed", skipped, between=(0, 6000), default=0),
    }


def hold_seconds(section: str, what: str) -> Fields:
    """How long the lag must stay 0.

    :param what: what the job counts as afterwards.
    """
    text = f"Seconds that the lag must stay at 0 MB and 0 s before the job counts as {what}."
    return {"hold_seconds": number(section, "Seconds of lag 0", text, between=(0, 86400), default=30)}
