"""What a job moves and between which places, as people read it."""

from __future__ import annotations

from typing import Any

from tencent_dts.kinds.places import between, databases, of_itself
from tests.rules import for_every

SEVEN = [{"Host": f"h{number}"} for number in range(7)]


@for_every(
    "end, place",
    [
        (None, ""),
        ({}, ""),
        ({"Host": "h", "Port": 3306}, "h:3306"),
        ({"Ip": "10.0.0.1", "Port": 3306}, "10.0.0.1:3306"),
        ({"Host": "h", "Port": 0}, "h"),
        ({"InstanceId": "cdb-1", "Port": 3306}, "cdb-1"),
        ({"Port": 3306}, ""),
        ({"Info": [{"Host": "a", "Port": 1}, {"Host": "b"}]}, "a:1, b"),
        ([{"Info": [{"Host": "a"}]}, {"Host": "b"}, {"Host": "a"}], "a, b"),
        (SEVEN[:5], "h0, h1, h2, h3, h4"),
        (SEVEN, "h0, h1, h2, h3, h4 and 2 more"),
    ],
)
def test_an_end_is_named_by_its_hosts_or_instances(end: Any, place: str) -> None:
    assert between(["Src"], ["Dst"])({"Src": end, "Dst": {"Host": "there"}}) == f"{place or 'not reported'} → there"
    if isinstance(end, dict):
        assert of_itself(end) == place


def test_nothing_is_said_of_a_job_without_ends() -> None:
    assert between(["Src"], ["Dst"])({}) == ""


def test_the_first_field_that_holds_a_place_is_taken() -> None:
    ends = between(["Srcs", "Src"], ["Dst"])
    assert ends({"Srcs": [], "Src": {"Host": "second"}}) == "second → not reported"
    assert ends({"Srcs": [{"Host": "first"}], "Src": {"Host": "second"}}) == "first → not reported"


@for_every(
    "objects, names",
    [
        (None, ""),
        ([], ""),
        ([{"DbName": "b"}, {"Database": "a"}, {"DatabaseName": "b"}, {}, "none"], "a, b"),
        ('[{"Database": "a"}]', "a"),
        ("not JSON", ""),
        ('{"Database": "a"}', ""),
    ],
)
def test_databases_are_named_once_and_in_order(objects: Any, names: str) -> None:
    assert databases("Objects")({"Objects": objects}) == names


def test_where_all_are_taken_none_is_named() -> None:
    job = {"Mode": "all", "Objects": [{"DbName": "a"}]}
    assert databases("Objects", "Mode")(job) == "all databases"
    assert databases("Objects", "Mode")(job | {"Mode": "partial"}) == "a"
    assert databases("Objects")(job) == "a"
