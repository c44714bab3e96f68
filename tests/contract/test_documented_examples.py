"""The request and response examples of the API documents, answered by the emulator through the official SDK.

The examples are in examples/2021-12-06.json, as the documents print them; passwords and long texts are cut, and
brackets that the printed examples have out of place are where the data types want them.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import Field
from tests.contract.scenes import (
    EXAMPLES,
    SCENES,
    SPEC,
    SYNC_SCENES,
    as_in_the_detail_example,
    as_in_the_sync_example,
    configure_request,
    request_of,
    sync_configure_request,
)
from tests.contract.shapes import differing, missing, strangers
from tests.rules import for_every
from tests.unit.emulator.cloud import configuration
from tests.unit.emulator.sync_cloud import SyncCloud


@pytest.fixture
def cloud(shared: Emulator) -> Iterator[SyncCloud]:
    shared.reset()
    yield SyncCloud(shared)
    shared.raise_failures()


def test_there_is_an_example_and_a_scene_for_every_documented_action() -> None:
    actions = {name for name, action in SPEC.actions.items() if action.area in ("migration", "compare", "sync")}
    assert EXAMPLES.keys() == SCENES.keys() | SYNC_SCENES.keys() == actions
    assert len(actions) == 46


@for_every("action", EXAMPLES, anew="cloud")
def test_the_example_is_answered_with_all_its_fields_and_types(cloud: SyncCloud, action: str) -> None:
    answer = cloud.call(action, **request_of(action, cloud))
    assert missing(EXAMPLES[action]["response"], answer) == []
    assert answer["RequestId"]


@for_every("action", EXAMPLES, anew="cloud")
def test_the_answer_holds_nothing_that_is_not_documented(cloud: SyncCloud, action: str) -> None:
    answer = cloud.call(action, **request_of(action, cloud))
    fields = {**SPEC.actions[action].response, "RequestId": Field("String")}
    assert list(strangers(SPEC.types, fields, answer)) == []


@for_every("action", EXAMPLES, anew="cloud")
def test_the_example_goes_through_the_models_of_the_sdk(cloud: SyncCloud, action: str) -> None:
    models = importlib.import_module("tencentcloud.dts.v20211206.models")
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps(request_of(action, cloud)))
    response = getattr(cloud.sdk, action)(request)
    shown = json.loads(response.to_json_string())
    assert missing(EXAMPLES[action]["response"], shown) == []


@for_every(
    "action",
    [
        name
        for name, example in EXAMPLES.items()
        if "JobId" in example["request"] and name not in ("DescribeMigrationJobs", "DescribeSyncJobs")
    ],
    anew="cloud",
)
def test_the_codes_that_an_unknown_job_gets_are_documented(cloud: SyncCloud, action: str) -> None:
    own = {"ModifyMigrationJob": configure_request, "ConfigureSyncJob": sync_configure_request}
    request = own[action]() if action in own else EXAMPLES[action]["request"]
    # Bare, it is a code that is common to all actions.
    assert cloud.refused(action, **request) in {*SPEC.actions[action].errors, "ResourceNotFound"}


def test_every_field_of_a_configuration_comes_back(cloud: SyncCloud) -> None:
    request = request_of("ModifyMigrationJob", cloud)
    cloud.call("ModifyMigrationJob", **request)
    detail = cloud.detail(request["JobId"])
    for side in ("SrcInfo", "DstInfo"):
        for secret in ("Password", "TmpSecretId", "TmpSecretKey", "TmpToken"):
            request[side]["Info"][0][secret] = ""
    names = ("JobName", "RunMode", "ExpectRunTime", "MigrateOption", "SrcInfo", "DstInfo", "Tags")
    for name in names:
        assert differing(request[name], detail[name]) == [], name


# Ids, times and order numbers are each run's own; a password is not given away; pause is allowed too. Of the
# check the printed StepAll (12 of 13 steps) and capitals differ, and the texts that are cut in the examples.
OWN = {
    *(".JobId", ".CreateTime", ".StartTime", ".UpdateTime", ".RequestId", ".TradeInfo.DealName"),
    *(".CompareTask.CompareTaskId", ".Action.AllAction", ".Action.AllowedAction"),
    *(".SrcInfo.Info[].Password", ".DstInfo.Info[].Password"),
}


def test_the_detail_example_comes_out_value_by_value(cloud: SyncCloud) -> None:
    detail = cloud.detail(as_in_the_detail_example(cloud))
    steps = ".CheckStepInfo.Progress.Steps[]"
    allowed = OWN | {
        *(".CheckStepInfo.StartAt", ".CheckStepInfo.EndAt", ".StepInfo.StepInfo[].StartTime"),
        *(".CheckStepInfo.Progress.StepAll", ".CheckStepInfo.Progress.StepNow"),
        *(f"{steps}.StepName", f"{steps}.Warnings[].Message"),
    }
    assert set(differing(EXAMPLES["DescribeMigrationDetail"]["response"], detail)) <= allowed


def test_the_list_example_comes_out_value_by_value(cloud: SyncCloud) -> None:
    job = as_in_the_detail_example(cloud)
    (item,) = cloud.call("DescribeMigrationJobs", JobId=job)["JobList"]
    (example,) = EXAMPLES["DescribeMigrationJobs"]["response"]["JobList"]
    # The two examples of the documents differ in these themselves.
    assert set(differing(example, item)) <= OWN | {".ExpectRunTime", ".SrcInfo.Info[].Host"}


def test_the_check_example_comes_out_value_by_value(cloud: SyncCloud) -> None:
    answer = cloud.call("DescribeMigrationCheckJob", JobId=as_in_the_detail_example(cloud))
    found = differing(EXAMPLES["DescribeMigrationCheckJob"]["response"], answer)
    assert set(found) <= {".RequestId", ".StepInfo[].DetailCheckItems[].ErrorLog[]"}


def test_the_compare_examples_come_out_value_by_value(cloud: SyncCloud) -> None:
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


def test_the_placeholders_of_the_documents_are_refused_as_values(cloud: SyncCloud) -> None:
    job = cloud.configured()
    placeholders = EXAMPLES["ModifyMigrationJob"]["request"] | {"JobId": job}
    assert cloud.refused("ModifyMigrationJob", **placeholders).startswith("InvalidParameterValue")
    assert cloud.detail(job)["SrcInfo"]["AccessType"] == configuration()["SrcInfo"]["AccessType"]


SYNC_OWN = {
    *(".JobId", ".CreateTime", ".StartTime", ".SrcAccessType", ".DstAccessType"),
    # The example says that DML is filtered although no OpTypes are given; there compares are not created.
    *(".Detail.CauseOfCompareDisable", ".Actions", ".Detail.StepInfos[].StartTime"),
}


def test_the_sync_list_example_comes_out_value_by_value(cloud: SyncCloud) -> None:
    item = cloud.info(as_in_the_sync_example(cloud)["JobId"])
    (example,) = EXAMPLES["DescribeSyncJobs"]["response"]["JobList"]
    assert set(differing(example, item)) <= SYNC_OWN
    assert [name for name in item["Actions"] if name != "createCmpTask"] == example["Actions"]


@pytest.mark.parametrize("action", ["DescribeCheckSyncJobResult", "DescribeModifyCheckSyncJobResult"])
def test_the_sync_check_examples_come_out_value_by_value(cloud: SyncCloud, action: str) -> None:
    answer = cloud.call(action, **request_of(action, cloud))
    # The warnings of the examples are those of their databases; here there is the one about the account.
    found = differing(EXAMPLES[action]["response"], answer)
    assert {path for path in found if not path.startswith(".StepInfos[].Warnings")} == {".RequestId"}


def test_the_second_example_of_configuring_a_sync_job_is_taken_and_comes_back(cloud: SyncCloud) -> None:
    job = cloud.buy_sync()
    request = sync_configure_request("second") | {"JobId": job}
    cloud.call("ConfigureSyncJob", **request)
    item = cloud.info(job)
    for side in ("SrcInfo", "DstInfo"):
        request[side]["Password"] = ""
    for name in ("JobName", "RunMode", "ExpectRunTime", "Objects", "Options", "SrcInfo", "DstInfo", "SrcAccessType"):
        assert differing(request[name], item[name]) == [], name
