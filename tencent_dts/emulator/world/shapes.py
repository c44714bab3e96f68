"""Answers of the documented shape: every field is there, and no password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tencent_dts.emulator.world import kinds
from tencent_dts.emulator.world.records import Record
from tencent_dts.spec import VERSION_2021, load
from tencent_dts.spec.secrecy import secret_fields

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import RateLimitOption
    from tencent_dts.spec.shapes.migration_types import ErrorInfoItem


FAULT: ErrorInfoItem = {
    "Code": "",
    "Solution": "End the long queries of the source, then retry the job.",
    "ErrorLog": "Find Resumable Error, src db has long query sql, fix it and try it later.",
    "HelpDoc": "https://www.tencentcloud.com/document/product/571/57013",
}
"""What a job that has failed says, of whatever kind it is."""

OTHER_SOLUTION = "Fix what the server says, then retry the job."


def fault(job: Record) -> ErrorInfoItem:
    """Return what a job that has failed says: in its servers' words where it is mapped to any."""
    words = job.get("rows", {}).get("words")
    return {**FAULT, "Solution": OTHER_SOLUTION, "ErrorLog": words} if words else FAULT


def full(type_name: str, value: Mapping[str, Any], version: str = VERSION_2021) -> Any:
    """Return a value of an API type with every field: what was not given is empty, an optional object null."""
    types = load(version).types
    shape: dict[str, Any] = {}
    for name, field in types[type_name].items():
        given = value.get(name)
        if name in secret_fields():
            shape[name] = ""
        elif field.array:
            nested = field.type in types
            shape[name] = [full(field.type, item, version) if nested else item for item in given or []]
        elif field.type in types:
            shape[name] = full(field.type, given, version) if given is not None else None
        else:
            empty = {"String": "", "Integer": 0, "Boolean": False, "Float": 0.0}[field.type]
            shape[name] = empty if given is None else given
    return shape


def rate_limits(job: Record) -> RateLimitOption:
    """Return RateLimitOption: what the job may do, as set and by default."""
    defaults = kinds.of(job).default_rates
    current = {**defaults, **job["rates"]}
    rates: dict[str, str | int] = {"HasUserSetRateLimit": "yes" if job["rates"] else "no"}
    for name, default in defaults.items():
        rates[f"Current{name}"] = current[name]
        rates[f"Default{name}"] = default
    return cast("RateLimitOption", rates)  # the defaults of each kind name all of its fields
