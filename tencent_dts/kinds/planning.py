"""What the plans of all areas share: databases, skipped check items, times, comparisons.

API document: ModifyMigrationJob, ConfigureSyncJob, SkipCheckItem, CompareOptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.form import Values
from tencent_dts.times import moment

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import CompareOptions
    from tencent_dts.spec.shapes.compare_types import CompareObject

Parameters = Values
"""What a run is asked for: values by the names of a form, which has checked each by itself."""

AnyPlan = Mapping[str, Any]
"""The plan of a run of whatever kind, as its first task returns it; each kind has a type for its own."""

# What a form cannot say of one field alone. A rule takes the form's values and raises InvalidInput.
Rule = Callable[[Parameters], object]

COMPARE_METHODS = ("dataCheck", "sampleDataCheck", "rowsCount")


class Database(TypedDict):
    """One side of a link; ``connection`` is the id of an Airflow connection."""

    connection: str
    database_type: str
    region: str


class TwoSidedPlan(TypedDict):
    """What is in the plan of every link between two databases; times in seconds, ``expect_run_time`` Beijing time."""

    source: Database
    target: Database
    job_title: str
    existing_job_id: str
    run_mode: str
    expect_run_time: str
    start_delay: float
    hold_seconds: int
    requested_by: str
    requested_at: str


class LinkOrder(TypedDict):
    """What a job between two databases is bought for."""

    src_database_type: str
    src_region: str
    dst_database_type: str
    dst_region: str
    instance_class: str


class Place(TypedDict):
    """Which database a side is, as an endpoint of the API wants to know it besides its connection."""

    region: str
    database_type: str


class Skip(TypedDict):
    """A check item to skip, and why."""

    step_id: str
    reason: str


class CompareConfiguration(TypedDict):
    """What is compared, and how: the fields of CreateCompareTask and CreateSyncCompareTask besides job and name."""

    ObjectMode: NotRequired[str]
    Objects: NotRequired[CompareObject]
    Options: NotRequired[CompareOptions]


def beijing_time(text: str, field: str) -> datetime:
    """Parse a time; one without a zone is Beijing time, as everywhere in DTS.

    :raises InvalidInput: it is no time.
    """
    if (at := moment(text)) is None:
        raise InvalidInput(field, "write it like 2026-12-31 02:00:00 (Beijing time)", text)
    return at


def asked_run_time(request: Parameters) -> datetime | None:
    """When a timed run shall start; ``None`` for an immediate one.

    :raises InvalidInput: ``run_mode`` and ``expect_run_time`` contradict each other, or it is no time.
    """
    text, mode = str(request.get("expect_run_time") or ""), str(request["run_mode"])
    if mode.lower() == "timed":  # sync writes it with a capital
        if not text:
            raise InvalidInput("expect_run_time", f"run_mode {mode} needs it, as 2026-12-31 02:00:00 (Beijing time)")
        return beijing_time(text, "expect_run_time")
    if text:
        timed = "timed" if mode.islower() else "Timed"
        raise InvalidInput("expect_run_time", f"leave it empty, or set run_mode to {timed}", text)
    return None


def check_sample_rate(request: Parameters) -> None:
    """Only a comparison of samples has a rate.

    :raises InvalidInput: another method is given one.
    """
    method, rate = request["compare_method"], request["compare_sample_rate"]
    if method != "sampleDataCheck" and rate != 100:
        raise InvalidInput("compare_sample_rate", f"method {method} compares all; leave it at 100", rate)


def check_hold(deadline: str) -> Rule:
    """The rule that the lag need not be 0 for longer than is waited for it: such a wait could only end at its deadline.

    :param deadline: the form's parameter, in hours.
    """

    def rule(request: Parameters) -> None:
        if request["hold_seconds"] >= 3600 * request[deadline]:
            fix = f"it must be shorter than {deadline}, which is {request[deadline]} hours"
            raise InvalidInput("hold_seconds", fix, request["hold_seconds"])

    return rule


def valid_title(text: str, fallback: str = "migration") -> str:
    """A job title without characters that names may not have.

    :param fallback: the title where nothing of ``text`` is left.
    """
    return re.sub(r"[^\w.-]+", "-", text).strip("-") or fallback


def check_different(request: Parameters) -> None:
    """A database is not its own target.

    :raises InvalidInput: both connections are the same.
    """
    if request["source_connection"] == request["target_connection"]:
        raise InvalidInput("target_connection", "it is the source, too; name another", request["target_connection"])


def check_link(problem: Callable[..., str | None], *fields: str) -> Rule:
    """The rule that there is a link between the two databases.

    :param problem: of both database types, and of the values of ``fields``: why there is none.
    :param fields: further parameters of the form that it depends on.
    """

    def rule(request: Parameters) -> None:
        source, target = request["source_database_type"], request["target_database_type"]
        # A manifest may leave them to the connections, which are read when it runs.
        if source and target and (why := problem(source, target, *(request[field] for field in fields))):
            raise InvalidInput("target_database_type", why)

    return rule


def endpoint_of(database: Database) -> Place:
    """What a plan says of a database besides its connection, for the functions of :mod:`tencent_dts.api.endpoints`."""
    return {"region": database["region"], "database_type": database["database_type"]}


def ordered_link(plan: TwoSidedPlan, instance_class: str) -> LinkOrder:
    """What a plan has its job bought for."""
    source, target = plan["source"], plan["target"]
    return {
        "src_database_type": source["database_type"],
        "src_region": source["region"],
        "dst_database_type": target["database_type"],
        "dst_region": target["region"],
        "instance_class": instance_class,
    }


def asked_skips(request: Parameters) -> list[Skip]:
    """The check items to skip.

    :raises InvalidInput: an item has no reason; who reads of it later needs one.
    """
    skips: list[Skip] = []
    for index, skip in enumerate(request["skip_check_items"]):
        if not skip["reason"].strip():
            raise InvalidInput(f"skip_check_items, {index}, reason", "every item needs a reason", skip["reason"])
        skips.append({"step_id": skip["step_id"], "reason": skip["reason"]})
    return skips


def asked_compare(request: Parameters) -> CompareConfiguration:
    """The configuration of the comparison."""
    options: CompareOptions = {
        "Method": request["compare_method"],
        "SampleRate": request["compare_sample_rate"],
        "ThreadCount": request["compare_threads"],
    }
    return {"ObjectMode": "sameAsMigrate", "Options": options}


def seconds(request: Parameters, *names: str) -> dict[str, float]:
    """Deadlines of a form, which are hours, in seconds."""
    return {name: 3600.0 * request[name] for name in names}
