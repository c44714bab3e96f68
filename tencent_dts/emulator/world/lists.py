"""What every action that lists jobs does: filter, match tags, cut a page out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tencent_dts.emulator.world import agenda, jobs
from tencent_dts.emulator.world.kernel import Caller, Fields, World
from tencent_dts.emulator.world.kinds import Kind
from tencent_dts.emulator.world.records import Record

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import TagFilter


Filters = Mapping[str, Callable[[Record, Any], bool]]
"""How a parameter of a list call filters: takes a job and the value asked for."""

_Thing = TypeVar("_Thing")

PAGE = 20
"""The documented default of Limit."""


def page(found: list[_Thing], params: Fields, limit: str = "Limit", offset: str = "Offset") -> list[_Thing]:
    """Return the part of a list that Limit and Offset ask for."""
    first = params.get(offset) or 0
    return found[first : first + (params.get(limit) or PAGE)]


def has_tag(job: Record, wanted: TagFilter) -> bool:
    """Whether the job has the key with one of the values; without values the key is enough."""
    values = wanted.get("TagValue") or None
    return any(
        tag.get("TagKey") == wanted["TagKey"] and (values is None or tag.get("TagValue") in values)
        for tag in job["tags"]
    )


def listed(world: World, caller: Caller, kind: Kind, filters: Filters, params: Fields) -> list[Record]:
    """Return the caller's jobs that lists show and that pass the filters given in a request, oldest first."""
    wanted = {name: value for name, value in params.items() if name in filters and value not in (None, "", [])}
    now = world.clock.now()
    return [
        job
        for job in jobs.load_all(world, kind, caller.scope)
        if agenda.due(job["visible"], now)
        and job["trade"]["state"] != kind.trade["offlined"]
        and all(filters[name](job, value) for name, value in wanted.items())
    ]
