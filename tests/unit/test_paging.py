"""Lists that are read to their end, however their pages come."""

from __future__ import annotations

import asyncio
from typing import Any

from tencent_dts.engine.paging import PAGE, read_all, read_nested


class Lists:
    """A service of lists: each call is noted and answered with a page.

    :param lists: by the prefix of its fields, the items of a list; "" where it stands alone.
    :param most: items of a page, whatever is asked for.
    """

    def __init__(self, lists: dict[str, list[int]], most: int = PAGE) -> None:
        self.lists, self.most = lists, most
        self.asked: list[dict[str, Any]] = []

    def _page(self, prefix: str, asked: dict[str, Any]) -> dict[str, Any]:
        items, offset = self.lists[prefix], asked[f"{prefix}Offset"]
        return {"Items": items[offset : offset + min(self.most, asked[f"{prefix}Limit"])], "TotalCount": len(items)}

    async def call(self, action: str, params: dict[str, Any], *, until: float | None = None) -> Any:
        self.asked.append(params)
        assert len(self.asked) < 20, "it never ends"
        if "" in self.lists:
            return self._page("", params)
        return {"Detail": {prefix: self._page(prefix, params) for prefix in self.lists}}


def read(lists: Lists, **how: Any) -> list[Any]:
    client: Any = lists
    return asyncio.run(read_all(client, "DescribeJobs", "Items", {"Status": "x"}, **how))


def test_every_page_is_read_once() -> None:
    lists = Lists({"": list(range(250))})
    assert read(lists) == list(range(250))
    assert [asked["Offset"] for asked in lists.asked] == [0, 100, 200]
    assert {(asked["Limit"], asked["Status"]) for asked in lists.asked} == {(100, "x")}


def test_a_list_ends_with_its_last_page_and_an_empty_one_at_once() -> None:
    for items, calls in (([], 1), (list(range(99)), 1), (list(range(100)), 1), (list(range(101)), 2)):
        lists = Lists({"": items})
        assert (read(lists), len(lists.asked)) == (items, calls)


def test_what_is_counted_and_not_shown_is_not_asked_for_without_end() -> None:
    lists = Lists({"": list(range(5))}, most=0)
    assert read(lists) == []
    assert len(lists.asked) == 1


def test_no_more_pages_are_read_than_are_asked_for() -> None:
    for at_most, calls in ((0, 0), (1, 1), (100, 1), (101, 2), (150, 2), (999, 3)):
        lists = Lists({"": list(range(250))})
        assert read(lists, at_most=at_most) == list(range(250))[:at_most]
        assert len(lists.asked) == calls


NAMES = {"Detail.Difference": "Difference", "Detail.Skipped": "Skipped"}


def nested(lists: Lists, **how: Any) -> tuple[list[int], list[int]]:
    client: Any = lists
    answer = asyncio.run(read_nested(client, "DescribeReport", {"JobId": "dts-1"}, NAMES, **how))
    return answer["Detail"]["Difference"]["Items"], answer["Detail"]["Skipped"]["Items"]


def test_several_lists_of_one_answer_are_each_read_to_their_end() -> None:
    lists = Lists({"Difference": list(range(30)), "Skipped": list(range(230))})
    assert nested(lists) == (list(range(30)), list(range(230)))
    assert [(asked["DifferenceOffset"], asked["SkippedOffset"]) for asked in lists.asked] == [
        (0, 0),
        (30, 100),
        (30, 200),
    ]
    assert {asked["JobId"] for asked in lists.asked} == {"dts-1"}


def test_several_lists_are_each_cut_at_the_limit() -> None:
    for at_most, calls in ((10, 1), (100, 1), (150, 2), (999, 3)):
        lists = Lists({"Difference": list(range(30)), "Skipped": list(range(230))})
        assert nested(lists, at_most=at_most) == (list(range(30))[:at_most], list(range(230))[:at_most])
        assert len(lists.asked) == calls


def test_lists_that_are_counted_and_not_shown_are_not_asked_for_without_end() -> None:
    lists = Lists({"Difference": [1], "Skipped": [1, 2]}, most=0)
    assert nested(lists) == ([], [])
    assert len(lists.asked) == 1


def test_a_list_that_an_answer_lacks_is_left_out() -> None:
    class Bare(Lists):
        async def call(self, action: str, params: dict[str, Any], *, until: float | None = None) -> Any:
            return {"Detail": {"Difference": None}}

    client: Any = Bare({})
    assert asyncio.run(read_nested(client, "DescribeReport", {}, NAMES)) == {"Detail": {"Difference": None}}
