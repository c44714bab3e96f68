"""The examples of API 2018-03-30, sent as the documents print them (a query string or JSON) and in every other form.

They are in examples/2018-03-30.json: ``query`` holds a GET's own parameters, ``body`` a JSON body. Brackets that the
printed examples have out of place are where the data types want them.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.dts.v20180330.dts_client_async import DtsClient as AsyncDtsClient

from tencent_dts.emulator import Emulator
from tencent_dts.spec import VERSION_2018, Field, load
from tests.contract.shapes import Shape, differing, missing, strangers
from tests.rules import for_every
from tests.unit.emulator.cloud_2018 import JOB, OPTION, Cloud2018, naming
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY, profile

EXAMPLES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "examples" / "2018-03-30.json").read_text("utf-8")
)
SPEC = load(VERSION_2018)
PROFILES = [
    {"signMethod": signing, "http": {"reqMethod": verb}}
    for signing in ("TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256")
    for verb in ("GET", "POST")
]
Scene = Callable[[Cloud2018], Shape]


def named(reach: Callable[[Cloud2018], str], name: str = "JobId") -> Scene:
    return lambda cloud: {name: reach(cloud)}


def subscription(reach: Callable[[Cloud2018], str]) -> Scene:
    return named(reach, "SubscribeId")


def isolated(cloud: Cloud2018) -> str:
    found = cloud.active()
    cloud.call("IsolateSubscribe", SubscribeId=found)
    cloud.wait(5)
    return found


def request(cloud: Cloud2018) -> Shape:
    _, made = cloud.activating()
    cloud.wait(60)
    return {"AsyncRequestId": made}


def listed(cloud: Cloud2018) -> Shape:
    """The job of the list example, and one more."""
    example = EXAMPLES["DescribeMigrateJobs"][0]["response"]["JobList"][0]
    option = {name: value for name, value in example["MigrateOption"].items() if name != "ConsistencyParams"}
    names = ("JobName", "SrcAccessType", "SrcDatabaseType", "SrcInfo", "DstAccessType", "DstDatabaseType", "DstInfo")
    # The example migrates tables and names none.
    tables = {"DatabaseInfo": '[{"Database":"test"}]'}
    cloud.made(**{name: example[name] for name in names}, Tags=example["Tags"], MigrateOption=option, **tables)
    return {}


def recent(cloud: Cloud2018) -> Shape:
    found = cloud.active()
    return {"SubscribeId": found, "ConsumeStartTime": cloud.conf(found)["CreateTime"]}


def readdressed(cloud: Cloud2018) -> Shape:
    # The example has DstVip, which neither the table of parameters nor the SDK knows.
    return {"SubscribeId": cloud.active(), "DstVip": None, "DstIp": "192.168.0.1"}


def checked(cloud: Cloud2018, *, passing: bool) -> Shape:
    return {"JobId": cloud.passed(**{} if passing else naming("rehearse_check_DstEmptyCheck"))}


def a_list(cloud: Cloud2018) -> Shape:
    isolated(cloud)
    return {}


def as_in_the_example(cloud: Cloud2018) -> str:
    """The subscription whose configuration the documents show."""
    example = EXAMPLES["DescribeSubscribeConf"][0]["response"]
    made = cloud.subscribed(Name=example["SubscribeName"], Tags=example["Tags"])
    whole = {name: example[name] for name in ("InstanceId", "SubscribeObjectType", "UniqSubnetId")}
    # ActivateSubscribe takes one object, ModifySubscribeObjects several.
    whole["Objects"] = {"DatabaseName": "dts", "ObjectsType": 0}
    cloud.call("ActivateSubscribe", SubscribeId=made, **whole)
    cloud.wait(60)
    return made


# What the request of each example needs to find, and the ids to put into it.
SCENES: dict[str, list[Scene]] = {
    "CreateMigrateJob": [lambda _: {}] * 3,
    "ModifyMigrateJob": [named(lambda cloud: cloud.made())],
    "CreateMigrateCheckJob": [named(lambda cloud: cloud.made())],
    "DescribeMigrateCheckJob": [
        lambda cloud: checked(cloud, passing=False),
        lambda cloud: checked(cloud, passing=True),
    ],
    "StartMigrateJob": [named(lambda cloud: cloud.passed())],
    "StopMigrateJob": [named(lambda cloud: cloud.in_time())],
    "CompleteMigrateJob": [named(lambda cloud: cloud.in_time())],
    "DeleteMigrateJob": [named(lambda cloud: cloud.made())],
    "DescribeMigrateJobs": [listed],
    "CreateSubscribe": [lambda _: {}],
    "ActivateSubscribe": [subscription(lambda cloud: cloud.subscribed())],
    "ModifySubscribeName": [subscription(lambda cloud: cloud.subscribed())],
    "ModifySubscribeObjects": [subscription(lambda cloud: cloud.active())],
    "ModifySubscribeConsumeTime": [recent],
    "ModifySubscribeVipVport": [readdressed],
    "ResetSubscribe": [subscription(lambda cloud: cloud.active())],
    "IsolateSubscribe": [subscription(lambda cloud: cloud.active())],
    "OfflineIsolatedSubscribe": [subscription(isolated)],
    "DescribeSubscribes": [a_list],
    "DescribeSubscribeConf": [subscription(as_in_the_example)],
    "DescribeAsyncRequestInfo": [request],
}
CASES = [(action, index) for action, examples in EXAMPLES.items() for index in range(len(examples))]


@pytest.fixture
def cloud(shared: Emulator) -> Iterator[Cloud2018]:
    shared.reset()
    yield Cloud2018(shared)
    shared.raise_failures()


def nested(flat: dict[str, str], fields: Any) -> Shape:
    """The parameters of a query string as JSON has them."""
    whole: Shape = {}
    for path, text in flat.items():
        name, _, rest = path.partition(".")
        field: Field = fields[name]
        if field.array:
            whole.setdefault(name, []).append(text)
        elif rest:
            whole.setdefault(name, {}).update(nested({rest: text}, SPEC.types[field.type]))
        else:
            whole[name] = int(text) if field.type == "Integer" else text
    return whole


def request_of(action: str, index: int, cloud: Cloud2018) -> Shape:
    """The example's request as JSON, with the ids of the scene in it."""
    example, scene = EXAMPLES[action][index], SCENES[action][index](cloud)
    left_out = {name for name, value in scene.items() if value is None}
    query = {name: value for name, value in example.get("query", {}).items() if name not in left_out}
    whole = example.get("body") or nested(query, SPEC.actions[action].request)
    return whole | {name: value for name, value in scene.items() if value is not None}


def test_there_is_an_example_and_a_scene_for_every_documented_action() -> None:
    actions = {name for name, action in SPEC.actions.items() if action.area in ("migration", "subscription")}
    assert EXAMPLES.keys() == SCENES.keys() == actions
    assert len(actions) == 21


@for_every("options", PROFILES, ids=lambda options: f"{options['signMethod']}-{options['http']}")
@for_every("action, index", CASES, anew="cloud")
def test_the_example_is_answered_in_every_form(
    cloud: Cloud2018, action: str, index: int, options: dict[str, Any]
) -> None:
    given = request_of(action, index, cloud)
    answer = Cloud2018(cloud.emulator, **options).call(action, **given)
    assert missing(EXAMPLES[action][index]["response"], answer) == []
    fields = {**SPEC.actions[action].response, "RequestId": Field("String")}
    assert list(strangers(SPEC.types, fields, answer)) == []
    assert answer["RequestId"]


@for_every("action, index", [case for case in CASES if "query" in EXAMPLES[case[0]][case[1]]], anew="cloud")
def test_the_query_string_is_taken_as_printed(cloud: Cloud2018, action: str, index: int) -> None:
    scene = SCENES[action][index](cloud)
    whole = EXAMPLES[action][index]["query"] | scene
    printed = {name: value for name, value in whole.items() if value is not None}
    answer = Cloud2018(cloud.emulator, signMethod="HmacSHA1", http={"reqMethod": "GET"}).call(action, **printed)
    assert missing(EXAMPLES[action][index]["response"], answer) == []


@for_every("action, index", CASES, anew="cloud")
def test_the_example_goes_through_the_models_of_both_clients(cloud: Cloud2018, action: str, index: int) -> None:
    models = importlib.import_module("tencentcloud.dts.v20180330.models")

    def model() -> Any:
        made = getattr(models, f"{action}Request")()
        made.from_json_string(json.dumps(request_of(action, index, cloud)))
        return made

    async def asynchronously() -> Any:
        credential = Credential(SECRET_ID, SECRET_KEY)
        options = {"signMethod": "HmacSHA256"}
        async with AsyncDtsClient(credential, REGION, profile(cloud.emulator, **options)) as sdk:
            return await getattr(sdk, action)(model())

    for response in (getattr(cloud.sdk, action)(model()), asyncio.run(asynchronously())):
        shown = json.loads(response.to_json_string())
        assert missing(EXAMPLES[action][index]["response"], shown) == []


def test_the_list_example_comes_out_value_by_value(cloud: Cloud2018) -> None:
    listed(cloud)
    answer = cloud.call("DescribeMigrateJobs", **request_of("DescribeMigrateJobs", 0, cloud))
    (example,) = EXAMPLES["DescribeMigrateJobs"][0]["response"]["JobList"]
    assert set(differing(example, answer["JobList"][0])) == {".JobId", ".CreateTime", ".DatabaseInfo"}


def test_the_check_examples_come_out_value_by_value(cloud: Cloud2018) -> None:
    for index, passing in enumerate((False, True)):
        answer = cloud.call("DescribeMigrateCheckJob", **checked(cloud, passing=passing))
        own = {".RequestId"} if passing else {".RequestId", ".ErrorMessage"}
        assert set(differing(EXAMPLES["DescribeMigrateCheckJob"][index]["response"], answer)) == own


def test_the_configuration_example_of_a_subscription_comes_out_value_by_value(cloud: Cloud2018) -> None:
    answer = cloud.call("DescribeSubscribeConf", SubscribeId=as_in_the_example(cloud))
    made_up = {".SubscribeId", ".ChannelId", ".UniqVpcId", ".Vip", ".RequestId", ".CreateTime", ".ModifyTime"}
    # The consume time was changed in the example; the edition that has one is the legacy one.
    own = {".ConsumeStartTime", ".SubscribeVersion", ".SubscribeObjects[].TableNames"}
    assert set(differing(EXAMPLES["DescribeSubscribeConf"][0]["response"], answer)) == made_up | own


@pytest.mark.parametrize("action", ["ModifySubscribeVipVport", "CreateMigrateJob"])
def test_what_the_documents_misspell_is_refused(cloud: Cloud2018, action: str) -> None:
    misspelt = {"DstVip": "192.168.0.1"} if action == "ModifySubscribeVipVport" else {**JOB, "DatabasesInfo": "[]"}
    needed = {"SubscribeId": cloud.active()} if action == "ModifySubscribeVipVport" else {"MigrateOption": OPTION}
    assert cloud.refused(action, **misspelt | needed) == "InvalidParameter"
