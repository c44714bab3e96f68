"""What a compare reports: conclusions, counts, differing and skipped tables, their filters and pages.

API documents: DescribeCompareReport (with its example), CompareAbstractInfo, DifferenceItem, SkippedItem.
"""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tests.unit.emulator.cloud import Cloud, databases

COUNTS = ("Conclusion", "TotalTables", "CheckedTables", "DifferentTables", "SkippedTables", "DifferentRows")


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def compared(cloud: Cloud, compare: dict[str, Any], *names: str) -> tuple[str, str]:
    """A job and its compare task that came out as seeded."""
    job = cloud.ready(MigrateOption=databases(*names or ("app",)))
    cloud.emulator.seed({"match": {"JobId": job}, "compare": compare})
    return job, cloud.compare(job)


def counts(report: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(report["Abstract"][name] for name in COUNTS)


def test_equal_data_is_same_with_nothing_different_or_skipped(cloud: Cloud) -> None:
    report = cloud.report(*compared(cloud, {}))
    assert counts(report) == ("same", 3, 3, 0, 0, 0)
    assert report["Abstract"]["Status"] == "success"
    empty = {"TotalCount": 0, "Items": []}
    assert report["Detail"] == {"Difference": empty, "Skipped": empty}


def test_a_selected_table_counts_as_one(cloud: Cloud) -> None:
    tables = [{"TableName": name} for name in ("a", "b", "c", "d")]
    chosen = {"DbName": "big", "DBMode": "partial", "TableMode": "partial", "Tables": tables}
    job = cloud.ready(MigrateOption={"DatabaseTable": {"ObjectMode": "partial", "Databases": [chosen]}})
    assert cloud.report(job, cloud.compare(job))["Abstract"]["TotalTables"] == 4


def test_differences_name_their_rows(cloud: Cloud) -> None:
    job, task = compared(cloud, {"conclusion": "different", "different_tables": 2})
    report = cloud.report(job, task)
    assert counts(report) == ("different", 3, 3, 2, 0, 4)
    assert cloud.task(job, task)["Conclusion"] == "different"
    items = report["Detail"]["Difference"]["Items"]
    assert {item["Db"] for item in items} == {"app"}
    assert len({item["Table"] for item in items}) == 2
    assert all(item["SrcItem"] != item["DstItem"] and item["IndexName"] and item["FinishedAt"] for item in items)


def test_rows_can_be_seeded_word_for_word(cloud: Cloud) -> None:
    rows = [{"Db": "app", "Table": "orders", "Chunk": 7, "SrcItem": "1", "DstItem": "2"}]
    report = cloud.report(*compared(cloud, {"conclusion": "different", "rows": rows}))
    assert counts(report) == ("different", 3, 3, 1, 0, 1)
    assert report["Detail"]["Difference"] == {"TotalCount": 1, "Items": rows}


def test_skipped_tables_name_their_reason_and_are_not_checked(cloud: Cloud) -> None:
    report = cloud.report(*compared(cloud, {"skipped_tables": 2}))
    assert counts(report) == ("same", 3, 1, 0, 2, 0)
    assert report["Detail"]["Skipped"]["TotalCount"] == 2
    assert all(item["Db"] == "app" and item["Reason"] for item in report["Detail"]["Skipped"]["Items"])


def test_nothing_checked_is_skip_all(cloud: Cloud) -> None:
    report = cloud.report(*compared(cloud, {"conclusion": "skipAll"}))
    assert counts(report) == ("skipAll", 3, 0, 0, 3, 0)


def test_a_failed_run_has_no_conclusion(cloud: Cloud) -> None:
    job, task = compared(cloud, {"status": "failed", "message": "no privilege on __tencentdb__"})
    item = cloud.task(job, task)
    assert (item["Status"], item["Conclusion"], item["Message"]) == ("failed", "", "no privilege on __tencentdb__")
    assert counts(cloud.report(job, task)) == ("", 0, 0, 0, 0, 0)


def test_a_run_under_way_has_no_conclusion_yet(cloud: Cloud) -> None:
    job = cloud.ready()
    task = cloud.comparing(job)
    cloud.wait(10)
    report = cloud.report(job, task)
    assert (report["Abstract"]["Status"], report["Abstract"]["Conclusion"]) == ("running", "")


@pytest.mark.parametrize(
    ("part", "compare", "total"),
    [
        ("Difference", {"conclusion": "different", "different_tables": 5}, 10),
        ("Skipped", {"skipped_tables": 5}, 5),
    ],
)
def test_both_parts_are_paged_and_searched_by_themselves(
    cloud: Cloud, part: str, compare: dict[str, Any], total: int
) -> None:
    job, task = compared(cloud, compare, "one", "two")

    def found(**params: Any) -> tuple[int, list[dict[str, Any]]]:
        detail = cloud.report(job, task, **{f"{part}{name}": value for name, value in params.items()})["Detail"]
        return detail[part]["TotalCount"], detail[part]["Items"]

    count, items = found()
    assert (count, len(items)) == (total, total)
    assert found(Limit=2) == (total, items[:2])
    assert found(Limit=2, Offset=total - 1) == (total, items[-1:])
    assert found(Offset=total) == (total, [])
    of_one = [item for item in items if item["Db"] == "one"]
    assert found(DB="one") == (len(of_one), of_one)
    table = items[0]["Table"]
    of_table = [item for item in items if item["Table"] == table]
    assert found(Table=table) == (len(of_table), of_table)
    assert found(DB="elsewhere") == (0, [])
    assert found(DB="one", Limit=1) == (len(of_one), of_one[:1])


@pytest.mark.parametrize("page", [{"DifferenceLimit": 101}, {"SkippedLimit": 0}, {"SkippedOffset": -1}])
def test_a_page_out_of_bounds_is_refused(cloud: Cloud, page: dict[str, int]) -> None:
    job = cloud.ready()
    task = cloud.compare(job)
    params = {"JobId": job, "CompareTaskId": task} | page
    assert cloud.refused("DescribeCompareReport", **params).startswith("InvalidParameter")


def test_rows_are_counted_only_by_the_method_that_counts_them(cloud: Cloud) -> None:
    job = cloud.ready()
    assert cloud.report(job, cloud.compare(job))["Abstract"]["SrcSampleRows"] == 0
    counted = cloud.report(job, cloud.compare(job, Options={"Method": "rowsCount"}))["Abstract"]
    assert counted["SrcSampleRows"] == counted["DstSampleRows"] > 0
