"""The request and response examples of the API documents, answered by the emulator through the official SDK.

The examples are in examples/2021-12-06.json, as the documents print them; passwords and long texts are cut, and
brackets that the printed examples have out of place are where the data types want them.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import Field, load
from tests.unit.emulator.cloud import Cloud, configuration

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "examples" / "2021-12-06.json").read_text("utf-8")
)
SPEC = load()
Shape = dict[str, Any]


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    with Emulator(speed=0, rate_limit=False) as emulator:
        yield emulator


@pytest.fixture
def cloud(shared: Emulator) -> Iterator[Cloud]:
    shared.reset()
    yield Cloud(shared)
    shared.raise_failures()


def plausible(fields: Any, example: Shape) -> Shape:
    """The example with its placeholders ("abc") made into values that the documents allow for the field."""
    made: Shape = {}
    for name, value in example.items():
        field: Field = fields[name]
        values = value if isinstance(value, list) else [value]
        if field.type in SPEC.types:
            filled: list[Any] = [plausible(SPEC.types[field.type], item) for item in values]
        elif field.enum and value not in field.enum:
            filled = [next(choice for choice in field.enum if choice)]
        else:
            filled = values
        made[name] = filled if isinstance(value, list) else filled[0]
    return made


def configure_request() -> Shape:
    """The example of ModifyMigrationJob, every field of which is filled, with regions that exist."""
    request = plausible(SPEC.actions["ModifyMigrationJob"].request, EXAMPLES["ModifyMigrationJob"]["request"])
    for side in ("SrcInfo", "DstInfo"):
        request[side]["Region"] = "ap-guangzhou"
    return request


def as_in_the_detail_example(cloud: Cloud) -> str:
    """A job configured, checked, skipped and run as the one that the examples of the documents show."""
    example = EXAMPLES["DescribeMigrationDetail"]["response"]
    job = cloud.buy(InstanceClass="xlarge", JobName=example["JobName"])
    cloud.wait(2)
    names = ("RunMode", "ExpectRunTime", "MigrateOption", "SrcInfo", "DstInfo")
    cloud.call("ModifyMigrationJob", JobId=job, **{name: example[name] for name in names})
    cloud.check(job)
    cloud.call("SkipCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    cloud.check(job)
    cloud.call("StartMigrateJob", JobId=job)
    cloud.wait(3600)
    return job


def compared(cloud: Cloud, made: Callable[[Cloud, str], str]) -> Shape:
    option = EXAMPLES["DescribeMigrationDetail"]["response"]["MigrateOption"]
    # Without the automatic task, which would be under way.
    job = cloud.ready(MigrateOption=option | {"Consistency": {"Mode": "noCheck"}})
    return {"JobId": job, "CompareTaskId": made(cloud, job)}


def created(cloud: Cloud, job: str) -> str:
    return str(cloud.call("CreateCompareTask", JobId=job)["CompareTaskId"])


def in_error(cloud: Cloud) -> Shape:
    job = cloud.incremental(purchase={"JobName": "rehearse_error"})
    cloud.wait(10)
    return {"JobId": job}


def paused(cloud: Cloud) -> Shape:
    job = cloud.ready()
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    return {"JobId": job}


def created_job(cloud: Cloud) -> Shape:
    job = cloud.buy()
    cloud.wait(2)
    return configure_request() | {"JobId": job}


# What the request of an example needs to find, and the ids to put into it.
SCENES: dict[str, Callable[[Cloud], Shape]] = {
    "CreateMigrationService": lambda _: {},
    "ModifyMigrationJob": created_job,
    "CreateMigrateCheckJob": lambda cloud: {"JobId": cloud.configured()},
    "DescribeMigrationCheckJob": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "SkipCheckItem": lambda cloud: {"JobId": cloud.checked(purchase={"JobName": "rehearse_check_OptimizeCheck"})},
    "StartMigrateJob": lambda cloud: {"JobId": cloud.checked()},
    "DescribeMigrationJobs": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "DescribeMigrationDetail": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "CompleteMigrateJob": lambda cloud: {"JobId": cloud.ready()},
    "StopMigrateJob": lambda cloud: {"JobId": cloud.ready()},
    "PauseMigrateJob": lambda cloud: {"JobId": cloud.ready()},
    "ContinueMigrateJob": paused,
    "ResumeMigrateJob": in_error,
    "ModifyMigrateName": lambda cloud: {"JobId": cloud.buy()},
    "ModifyMigrateJobSpec": lambda cloud: {"JobId": cloud.ready()},
    "IsolateMigrateJob": lambda cloud: {"JobId": cloud.succeeded()},
    "RecoverMigrateJob": lambda cloud: {"JobId": cloud.isolated()},
    "DestroyMigrateJob": lambda cloud: {"JobId": cloud.isolated()},
    "DescribeMigrateDBInstances": lambda cloud: {
        "InstanceId": cloud.call("DescribeMigrateDBInstances", DatabaseType="mysql")["Instances"][0]["InstanceId"]
    },
    "CreateCompareTask": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "ModifyCompareTask": lambda cloud: compared(cloud, created),
    "ModifyCompareTaskName": lambda cloud: compared(cloud, created),
    "StartCompare": lambda cloud: compared(cloud, created),
    "StopCompare": lambda cloud: compared(cloud, Cloud.comparing),
    "DeleteCompareTask": lambda cloud: compared(cloud, Cloud.compare),
    "DescribeCompareTasks": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "DescribeCompareReport": lambda cloud: compared(cloud, Cloud.compare),
}


def request_of(action: str, cloud: Cloud) -> Shape:
    request: Shape = EXAMPLES[action]["request"]
    return request | SCENES[action](cloud)


def kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else type(value).__name__


def missing(example: Any, answer: Any, path: str = "") -> list[str]:
    """Where the answer lacks a field of the example or has another type of value there."""
    if isinstance(example, dict) and isinstance(answer, dict):
        return [
            found
            for name, value in example.items()
            for found in (missing(value, answer[name], f"{path}.{name}") if name in answer else [f"{path}.{name}"])
        ]
    if isinstance(example, list) and isinstance(answer, list):
        if example and not answer:
            return [f"{path} is empty"]
        # Lists of another length are held against the example's first item.
        alike = example if len(example) == len(answer) else example[:1] * len(answer)
        return [found for one, other in zip(alike, answer, strict=False) for found in missing(one, other, f"{path}[]")]
    either_null = example is None or answer is None
    return [] if either_null or kind(example) == kind(answer) else [f"{path}: {kind(answer)}, not {kind(example)}"]


TYPES = {"String": str, "Integer": int, "Boolean": bool, "Float": float}
# Of these fields the documents do not say that they may be null.
NEVER_NULL = {"CheckFlag", "DumperResumeCtrl", "RequestId", "InstanceName", "Vip", "Vport", "Usable", "Hint"}


def strangers(fields: Any, answer: Shape, path: str = "") -> Iterator[str]:
    """What of an answer is not as the documents' data types have it: names, types, null where it must not be."""
    for name, value in answer.items():
        where = f"{path}.{name}"
        if name not in fields:
            yield f"{where} is not documented"
        elif value is None:
            yield from [f"{where} is null"] if name in NEVER_NULL else []
        else:
            yield from _stranger(fields[name], value, where)


def _stranger(field: Field, value: Any, where: str) -> Iterator[str]:
    if isinstance(value, list) != field.array:
        yield f"{where} is {kind(value)}"
        return
    for item in value if isinstance(value, list) else [value]:
        if field.type in SPEC.types:
            yield from strangers(SPEC.types[field.type], item, where)
        elif type(item) is not TYPES[field.type]:
            yield f"{where} is {kind(item)}, not {field.type}"


def test_there_is_an_example_and_a_scene_for_every_action_of_both_areas() -> None:
    actions = {name for name, action in SPEC.actions.items() if action.area in ("migration", "compare")}
    assert EXAMPLES.keys() == SCENES.keys() == actions
    assert len(actions) == 27


@pytest.mark.parametrize("action", EXAMPLES)
def test_the_example_is_answered_with_all_its_fields_and_types(cloud: Cloud, action: str) -> None:
    answer = cloud.call(action, **request_of(action, cloud))
    assert missing(EXAMPLES[action]["response"], answer) == []
    assert answer["RequestId"]


@pytest.mark.parametrize("action", EXAMPLES)
def test_the_answer_holds_nothing_that_is_not_documented(cloud: Cloud, action: str) -> None:
    answer = cloud.call(action, **request_of(action, cloud))
    fields = {**SPEC.actions[action].response, "RequestId": Field("String")}
    assert list(strangers(fields, answer)) == []


@pytest.mark.parametrize("action", EXAMPLES)
def test_the_example_goes_through_the_models_of_the_sdk(cloud: Cloud, action: str) -> None:
    models = importlib.import_module("tencentcloud.dts.v20211206.models")
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps(request_of(action, cloud)))
    response = getattr(cloud.sdk, action)(request)
    shown = json.loads(response.to_json_string())
    assert missing(EXAMPLES[action]["response"], shown) == []


@pytest.mark.parametrize(
    "action",
    [name for name, example in EXAMPLES.items() if "JobId" in example["request"] and name != "DescribeMigrationJobs"],
)
def test_the_codes_that_an_unknown_job_gets_are_documented(cloud: Cloud, action: str) -> None:
    request = configure_request() if action == "ModifyMigrationJob" else EXAMPLES[action]["request"]
    assert cloud.refused(action, **request) in SPEC.actions[action].errors


def test_every_field_of_a_configuration_comes_back(cloud: Cloud) -> None:
    request = request_of("ModifyMigrationJob", cloud)
    cloud.call("ModifyMigrationJob", **request)
    detail = cloud.detail(request["JobId"])
    for side in ("SrcInfo", "DstInfo"):
        for secret in ("Password", "TmpSecretId", "TmpSecretKey", "TmpToken"):
            request[side]["Info"][0][secret] = ""
    names = ("JobName", "RunMode", "ExpectRunTime", "MigrateOption", "SrcInfo", "DstInfo", "Tags")
    for name in names:
        assert differing(request[name], detail[name]) == [], name


def differing(example: Any, answer: Any, path: str = "") -> list[str]:
    """The paths at which the answer has another value than the example; what the example lacks does not count."""
    if isinstance(example, dict) and isinstance(answer, dict):
        pairs = [(f"{path}.{name}", value, answer.get(name)) for name, value in example.items()]
        return [found for where, one, other in pairs for found in differing(one, other, where)]
    if isinstance(example, list) and isinstance(answer, list) and len(example) == len(answer):
        return [
            found for one, other in zip(example, answer, strict=True) for found in differing(one, other, f"{path}[]")
        ]
    return [] if example == answer else [path]


# Ids, times and order numbers are each run's own; a password is not given away; pause is allowed too. Of the
# check the printed StepAll (12 of 13 steps) and capitals differ, and the texts that are cut in the examples.
OWN = {
    *(".JobId", ".CreateTime", ".StartTime", ".UpdateTime", ".RequestId", ".TradeInfo.DealName"),
    *(".CompareTask.CompareTaskId", ".Action.AllAction", ".Action.AllowedAction"),
    *(".SrcInfo.Info[].Password", ".DstInfo.Info[].Password"),
}


def test_the_detail_example_comes_out_value_by_value(cloud: Cloud) -> None:
    detail = cloud.detail(as_in_the_detail_example(cloud))
    steps = ".CheckStepInfo.Progress.Steps[]"
    allowed = OWN | {
        *(".CheckStepInfo.StartAt", ".CheckStepInfo.EndAt", ".StepInfo.StepInfo[].StartTime"),
        *(".CheckStepInfo.Progress.StepAll", ".CheckStepInfo.Progress.StepNow"),
        *(f"{steps}.StepName", f"{steps}.Warnings[].Message"),
    }
    assert set(differing(EXAMPLES["DescribeMigrationDetail"]["response"], detail)) <= allowed


def test_the_list_example_comes_out_value_by_value(cloud: Cloud) -> None:
    job = as_in_the_detail_example(cloud)
    (item,) = cloud.call("DescribeMigrationJobs", JobId=job)["JobList"]
    (example,) = EXAMPLES["DescribeMigrationJobs"]["response"]["JobList"]
    # The two examples of the documents differ in these themselves.
    assert set(differing(example, item)) <= OWN | {".ExpectRunTime", ".SrcInfo.Info[].Host"}


def test_the_check_example_comes_out_value_by_value(cloud: Cloud) -> None:
    answer = cloud.call("DescribeMigrationCheckJob", JobId=as_in_the_detail_example(cloud))
    found = differing(EXAMPLES["DescribeMigrationCheckJob"]["response"], answer)
    assert set(found) <= {".RequestId", ".StepInfo[].DetailCheckItems[].ErrorLog[]"}


def test_the_compare_examples_come_out_value_by_value(cloud: Cloud) -> None:
    job = as_in_the_detail_example(cloud)
    answer = cloud.call("DescribeCompareTasks", JobId=job)
    ids = {".Items[].CompareTaskId", ".Items[].JobId", ".RequestId"}
    times = {f".Items[].{name}" for name in ("CreatedAt", "StartedAt", "FinishedAt")}
    # The example shows no tables although two are selected.
    tables = {".Items[].Config.ObjectItems[].Tables"}
    assert set(differing(EXAMPLES["DescribeCompareTasks"]["response"], answer)) <= ids | times | tables
    report = cloud.report(job, answer["Items"][0]["CompareTaskId"])
    # A whole database has three tables here; in the example it has one.
    counts = {".RequestId", ".Abstract.TotalTables", ".Abstract.CheckedTables"}
    assert set(differing(EXAMPLES["DescribeCompareReport"]["response"], report)) <= counts


def test_the_placeholders_of_the_documents_are_refused_as_values(cloud: Cloud) -> None:
    job = cloud.configured()
    placeholders = EXAMPLES["ModifyMigrationJob"]["request"] | {"JobId": job}
    assert cloud.refused("ModifyMigrationJob", **placeholders).startswith("InvalidParameterValue")
    assert cloud.detail(job)["SrcInfo"]["AccessType"] == configuration()["SrcInfo"]["AccessType"]
