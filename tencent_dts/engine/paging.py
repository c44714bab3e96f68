"""Read a whole list, page by page."""

from __future__ import annotations

from collections.abc import Mapping

from tencent_dts.api.answers import Fields, Request
from tencent_dts.api.client import DtsClient
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item, dig

PAGE = 100


async def read_all(
    client: DtsClient,
    action: str,
    items: str,
    params: Request | None = None,
    *,
    at_most: int | None = None,
    until: float | None = None,
) -> list[Item]:
    """Every item of a Describe action that takes ``Limit`` and ``Offset``, up to 100 a page.

    :param items: name of the list in the answer, as ``JobList``.
    :param at_most: maximum number of items.
    :param until: when to stop trying a page, by ``time.monotonic()``.
    """
    found: list[Item] = []
    while at_most is None or len(found) < at_most:
        answer = await client.call(action, {**(params or {}), "Limit": PAGE, "Offset": len(found)}, until=until)
        page = answer.get(items) or []
        found += page
        if not page or len(found) >= answer["TotalCount"]:
            break
    return found[:at_most]


async def read_jobs(client: DtsClient, kind: Purchasable, filters: Request) -> list[Item]:
    """Every job of a kind that its lists show with these filters."""
    listing, items = kind.resource.listing, kind.resource.listed
    pages = [await read_all(client, listing, items, {**part, **filters}) for part in kind.lists]
    return [item for page in pages for item in page]


async def read_nested(
    client: DtsClient,
    action: str,
    params: Request,
    lists: Mapping[str, str],
    *,
    at_most: int | None = None,
) -> Fields:
    """One answer that holds several paged lists, each read to its end.

    :param lists: where each list stands in the answer, dotted, and the prefix of its ``Limit`` and ``Offset``
        fields, as ``{"Detail.Difference": "Difference"}``; a list has ``Items`` and ``TotalCount``.
    :param at_most: maximum number of items of each list.
    """
    found: dict[str, list[object]] = {path: [] for path in lists}
    while True:
        offsets = {f"{prefix}Offset": len(found[path]) for path, prefix in lists.items()}
        limits = {f"{prefix}Limit": PAGE for prefix in lists.values()}
        answer: Fields = await client.call(action, {**params, **limits, **offsets})
        pending = False
        for path, items in found.items():
            page = dig(answer, path) or {}
            new = page.get("Items") or []
            items.extend(new)
            pending |= bool(new) and len(items) < min(page.get("TotalCount") or 0, at_most or len(items) + 1)
        if not pending:
            break
    for path, items in found.items():
        if (container := dig(answer, path)) is not None:
            container["Items"] = items[:at_most]
    return answer
