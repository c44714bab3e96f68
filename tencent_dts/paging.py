"""Read a whole list, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tencent_dts.client import DtsClient

PAGE = 100


async def read_all(
    client: DtsClient,
    action: str,
    items: str,
    params: Mapping[str, Any] | None = None,
    *,
    at_most: int | None = None,
    until: float | None = None,
) -> list[dict[str, Any]]:
    """Every item of a Describe action that takes ``Limit`` and ``Offset``, up to 100 a page.

    :param items: name of the list in the answer, as ``JobList``.
    :param at_most: stop after so many items.
    :param until: epoch seconds to go on trying each page until.
    """
    found: list[dict[str, Any]] = []
    while at_most is None or len(found) < at_most:
        answer = await client.call(action, {**(params or {}), "Limit": PAGE, "Offset": len(found)}, until=until)
        page = answer.get(items) or []
        found += page
        if not page or len(found) >= answer["TotalCount"]:
            break
    return found[:at_most]
