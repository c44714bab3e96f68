"""The wire shapes: current with their sources, and every kind of wrong request found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.generate_spec import HERE, build, render
from tencent_dts.kinds.compare import OF_MIGRATION, OF_SYNC
from tencent_dts.kinds.registry import KINDS
from tencent_dts.kinds.rows import GOALS, OPERATIONS
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.spec import VERSION_2018, VERSION_2021, Field, load, only_reads
from tencent_dts.spec.secrecy import is_secret, redacted
from tests.rules import for_every


@pytest.mark.parametrize("version", [VERSION_2021, VERSION_2018])
def test_what_is_committed_is_what_the_generator_writes(version: str) -> None:
    assert (HERE / f"dts-{version}.json").read_text() == render(build(version))


def test_an_action_that_only_reads_is_told_by_its_name() -> None:
    """What is sent again whatever came of it, and what is not."""
    rows: list[Operation | Goal] = [*OPERATIONS.values(), *GOALS.values()]
    reads = {row.resource.read for row in rows} | {row.resource.job.listing for row in rows}
    assert all(only_reads(action) for action in reads)
    bought = {kind.purchase.action for kind in KINDS}
    changes = {action for _, action in OPERATIONS} | bought | {OF_MIGRATION.create, OF_SYNC.create}
    assert not any(only_reads(action) for action in changes)


@pytest.mark.parametrize("version", [VERSION_2021, VERSION_2018])
def test_every_named_type_exists_and_error_codes_look_like_codes(version: str) -> None:
    spec = load(version)
    scalars = {"String", "Integer", "Boolean", "Float"}
    shapes = [*spec.types.values(), *(shape for a in spec.actions.values() for shape in (a.request, a.response))]
    assert {field.type for shape in shapes for field in shape.values()} <= scalars | spec.types.keys()
    for action in spec.actions.values():
        assert len(action.errors) < 60, action.name
        assert action.rate_per_second > 0


@for_every(
    "action, params, kind, path",
    [
        ("StartMigrateJob", {}, "missing", "JobId"),
        ("StartMigrateJob", {"JobId": None}, "missing", "JobId"),
        ("StartMigrateJob", {"JobId": 1}, "type", "JobId"),
        ("StartMigrateJob", {"JobId": True}, "type", "JobId"),
        ("StartMigrateJob", {"JobId": "dts-1", "Force": 1}, "unknown", "Force"),
        ("DescribeMigrationJobs", {"Limit": 0}, "value", "Limit"),
        ("DescribeMigrationJobs", {"Limit": 101}, "value", "Limit"),
        ("DescribeMigrationJobs", {"Limit": "20"}, "type", "Limit"),
        ("DescribeMigrationJobs", {"Limit": True}, "type", "Limit"),
        ("DescribeMigrationJobs", {"Status": "running"}, "type", "Status"),
        ("DescribeMigrationJobs", {"TagFilters": [{"TagValue": ["x"]}]}, "missing", "TagFilters.0.TagKey"),
        ("DescribeMigrationJobs", {"TagFilters": ["x"]}, "type", "TagFilters.0"),
        ("CreateMigrationService", {"Count": 16}, "value", "Count"),
        ("CreateMigrationService", {"InstanceClass": "micro"}, "value", "InstanceClass"),
        ("CreateMigrationService", {"JobName": "x" * 129}, "value", "JobName"),
        ("ModifyMigrateJobSpec", {"JobId": "dts-1", "NewInstanceClass": "giant"}, "value", "NewInstanceClass"),
    ],
)
def test_a_wrong_field_is_found_and_named(action: str, params: dict[str, Any], kind: str, path: str) -> None:
    found = {(problem.kind, problem.path) for problem in load().problems(action, params)}
    assert (kind, path) in found


def test_a_value_that_may_be_a_password_is_not_shown() -> None:
    endpoint = {"Info": [{"Password": ["hunter2"]}]}
    text = str(load().problems("ModifyMigrationJob", {"SrcInfo": endpoint}))
    assert "Password" in text
    assert "hunter2" not in text


@for_every(
    "action, params",
    [
        ("DescribeMigrationJobs", {}),
        ("DescribeMigrationJobs", {"Limit": 100, "Offset": 0, "Status": ["running"], "JobName": None}),
        ("ModifyMigrateJobSpec", {"JobId": "dts-1", "NewInstanceClass": "micro"}),
    ],
)
def test_a_right_request_has_no_problem(action: str, params: dict[str, Any]) -> None:
    assert load().problems(action, params) == []


def test_an_action_that_does_not_exist_is_no_request() -> None:
    with pytest.raises(KeyError):
        load().problems("StartEverything", {})


SECRETS_OF_THE_DOCUMENTS = {
    VERSION_2021: ("DBInfo.Password", "DBInfo.TmpSecretKey", "Endpoint.TmpToken", "EndpointItem.Password"),
    VERSION_2018: ("SrcInfo.AccessKey", "SrcInfo.Password", "DstInfo.Password"),
}


def fields_of(version: str) -> Iterator[tuple[str, str, Field]]:
    spec = load(version)
    for name, shape in spec.types.items():
        yield from ((name, field, rule) for field, rule in shape.items())
    for action in spec.actions.values():
        for shape in (action.request, action.response):
            yield from ((action.name, field, rule) for field, rule in shape.items())


@pytest.mark.parametrize("version", [VERSION_2021, VERSION_2018])
def test_what_is_named_like_a_secret_is_marked_as_one_and_the_other_way_round(version: str) -> None:
    """A secret of a new release must be marked; and a field that is none must not be hidden."""
    marked = {f"{owner}.{name}" for owner, name, rule in fields_of(version) if rule.secret}
    hidden = {f"{owner}.{name}" for owner, name, _ in fields_of(version) if is_secret(name)}
    assert marked == hidden
    assert set(SECRETS_OF_THE_DOCUMENTS[version]) <= marked


@for_every(
    "given, shown",
    [
        ({"SrcInfo": {"AccessKey": "hunter2", "Ip": "1.2.3.4"}}, {"SrcInfo": {"AccessKey": "***", "Ip": "1.2.3.4"}}),
        (
            {"ExtraAttr": [{"Key": "sasl.passwd", "Value": "hunter2"}]},
            {"ExtraAttr": [{"Key": "sasl.passwd", "Value": "***"}]},
        ),
        ({"ExtraAttr": [{"Key": "AuthFlag", "Value": "1"}]}, {"ExtraAttr": [{"Key": "AuthFlag", "Value": "1"}]}),
        ({"ExternParams": '{"a": {"Password": "hunter2"}}'}, {"ExternParams": '{"a": {"Password": "***"}}'}),
        ({"ExternParams": '{"a":{"b": 1}}'}, {"ExternParams": '{"a":{"b": 1}}'}),
        ({"Password": "", "TmpToken": None}, {"Password": "", "TmpToken": None}),
        ({"Text": "{no json"}, {"Text": "{no json"}),
        ([("TagKey", "x")], [["TagKey", "x"]]),
    ],
)
def test_a_secret_is_hidden_wherever_a_shape_can_hold_it_and_nothing_else_is(given: Any, shown: Any) -> None:
    assert redacted(given) == shown
