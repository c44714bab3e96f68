"""What a task says of its resource: a line for its log, and small plain data for what it returns."""

from __future__ import annotations

from collections.abc import Mapping

from tencent_dts.engine.wording import shown_ids, state_of
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource


def facts_of(resource: Resource, ids: Mapping[str, str], item: Item | None) -> str:
    """A resource in a line of the log: ids, state, and its lag where it reports one."""
    lag = resource.lag_of(item) if item is not None else None
    behind = [f"lag {lag[0]} MB and {lag[1]} s"] if lag is not None else []
    return ", ".join([shown_ids(ids), state_of(resource, item), *behind])


def summary(resource: Resource, item: Item | None) -> dict[str, str]:
    """The state of a resource as small plain data for XCom."""
    state = {resource.axis.name: resource.axis.of(item) if item is not None else "gone"}
    if resource.bill is not None:
        state[resource.bill.name] = resource.bill.of(item) if item is not None else "gone"
    return state
