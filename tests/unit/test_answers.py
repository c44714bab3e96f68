"""What is no answer of DTS is told as such where it arrives: nobody further on meets another shape."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import Any

import pytest

from scripts.local import ROOT
from tencent_dts import errors
from tencent_dts.api import answers
from tencent_dts.api import client as client_module
from tencent_dts.api.client import DtsClient
from tencent_dts.api.redaction import spellings
from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tests.rules import for_every
from tests.unit.emulator.cloud import PURCHASE
from tests.unit.test_client import BUY, LIST, answer, call

JOB = {"JobId": "dts-1", "Status": "running"}
DETAIL = "DescribeMigrationDetail"
ASKED: dict[str, dict[str, Any]] = {
    LIST: {},
    DETAIL: {"JobId": "dts-1"},
    BUY: PURCHASE,
    "StartMigrateJob": {"JobId": "dts-1"},
}

MISSHAPEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "a list that is an object": (LIST, {"TotalCount": 1, "JobList": {"JobId": "dts-1"}}, "JobList is no list but dict"),
    "a list that is a text": (LIST, {"TotalCount": 1, "JobList": "dts-1"}, "JobList is no list"),
    "an item that is null": (LIST, {"TotalCount": 1, "JobList": [None]}, "JobList.0 is no object but NoneType"),
    "an item that is a text": (LIST, {"TotalCount": 1, "JobList": ["dts-1"]}, "JobList.0 is no object but str"),
    "an item without its id": (LIST, {"TotalCount": 1, "JobList": [{"Status": "running"}]}, "it lacks JobList.JobId"),
    "an id that is a number": (LIST, {"TotalCount": 1, "JobList": [{"JobId": 7}]}, "JobList.0.JobId is no String"),
    "a count that is a text": (LIST, {"TotalCount": "1", "JobList": []}, "TotalCount is no Integer"),
    "a count that is a flag": (LIST, {"TotalCount": True, "JobList": []}, "TotalCount is no Integer"),
    "a count that is no number": (LIST, {"TotalCount": float("nan"), "JobList": []}, "TotalCount is no Integer"),
    "a count without bounds": (LIST, {"TotalCount": 10**30, "JobList": []}, "TotalCount is no Integer"),
    "a count below 0": (LIST, {"TotalCount": -1, "JobList": []}, "TotalCount is below 0"),
    "a count without its list": (LIST, {"TotalCount": 1, "JobList": []}, "JobList: empty, while TotalCount"),
    "a count with a null for its list": (LIST, {"TotalCount": 1, "JobList": None}, "JobList: empty, while TotalCount"),
    "a status that is a number": (DETAIL, {**JOB, "Status": 3}, "Status is no String but int"),
    "an object that is a text": (DETAIL, {**JOB, "TradeInfo": "normal"}, "TradeInfo is no object but str"),
    "an object that is a list": (DETAIL, {**JOB, "SrcInfo": [{}]}, "SrcInfo is no object but list"),
    "a step that is a number": (DETAIL, {**JOB, "StepInfo": {"StepInfo": [1]}}, "StepInfo.StepInfo.0 is no object"),
    "a lag that is a text": (DETAIL, {**JOB, "StepInfo": {"SecondsBehindMaster": "0"}}, "SecondsBehindMaster is no"),
    "ids that are one text": (BUY, {"JobIds": "dts-1"}, "JobIds is no list"),
    "a RequestId that is a number": ("StartMigrateJob", {"RequestId": 5}, "RequestId is no String"),
    "a RequestId that is empty": ("StartMigrateJob", {"RequestId": ""}, "it lacks RequestId"),
    "an error without a code": ("StartMigrateJob", {"Error": {"Message": "no"}}, "no JSON|has no Code"),
    "an error that is a text": ("StartMigrateJob", {"Error": "no"}, "no JSON|has no Code"),
    "an error whose code is null": (
        "StartMigrateJob",
        {"Error": {"Code": None, "Message": "no"}},
        "has no Code",
    ),
    "an error whose code is a page": (LIST, {"Error": {"Code": "<html>", "Message": ""}}, "has no Code"),
}


@for_every("case", MISSHAPEN)
def test_an_answer_of_another_shape_is_an_unknown_outcome_that_names_the_field(case: str, strange_server: Any) -> None:
    action, fields, told = MISSHAPEN[case]
    strange_server.asked = 0
    strange_server.answer = answer(**{"RequestId": "the-request", **fields})
    with pytest.raises(errors.OutcomeUnknown, match=told) as raised:
        call(f"127.0.0.1:{strange_server.server_port}", action, ASKED[action], seconds=0)
    assert strange_server.asked == 1
    assert raised.value.action == action
    if "RequestId" not in fields and "no JSON" not in told:
        assert raised.value.request_id == "the-request"


@for_every(
    "action, fields",
    [
        (LIST, {"TotalCount": 0, "JobList": None}),
        (LIST, {"TotalCount": 1, "JobList": [{"JobId": "dts-1", "Status": None, "Tags": None, "TradeInfo": None}]}),
        (LIST, {"TotalCount": 1.0, "JobList": [{"JobId": "dts-1", "Unheard": {"of": [None]}}]}),
        (DETAIL, {**JOB, "Status": "aStatusOfTomorrow", "StepInfo": {"StepInfo": []}}),
        ("StartMigrateJob", {}),
    ],
)
def test_null_and_what_tomorrow_brings_is_an_answer(action: str, fields: dict[str, Any], strange_server: Any) -> None:
    strange_server.answer = answer(RequestId="r", **fields)
    assert call(f"127.0.0.1:{strange_server.server_port}", action, ASKED[action], seconds=0)["RequestId"] == "r"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/json"])
def test_an_error_is_one_whatever_the_server_calls_its_content(kind: str, strange_server: Any) -> None:
    """The SDK looks for errors in two content types alone; a refused start must not pass for an accepted one."""
    error = {"Code": "FailedOperation.StatusInConflict", "Message": "it runs"}
    status, _, body = answer(RequestId="r", Error=error)
    strange_server.answer = (status, kind, body)
    with pytest.raises(errors.WrongState, match="StatusInConflict"):
        call(f"127.0.0.1:{strange_server.server_port}", "StartMigrateJob", {"JobId": "dts-1"})


EXAMPLES = {
    (version, action): examples if isinstance(examples, list) else [examples]
    for version in (VERSION_2021, VERSION_2018)
    for action, examples in json.loads((ROOT / f"tests/contract/examples/{version}.json").read_text()).items()
}


@for_every("version, action", EXAMPLES)
def test_the_documents_examples_are_answers(version: str, action: str) -> None:
    for example in EXAMPLES[version, action]:
        response = {"RequestId": "left out of some", **example["response"]}
        if action.startswith("Describe") and "TotalCount" in response:
            response = {**response, "TotalCount": 0}  # some examples show fewer items than they count
        assert answers.fields_of({"Response": response}, load(version), action, {}) == response


def test_an_answer_deeper_than_anything_is_no_crash(strange_server: Any) -> None:
    strange_server.answer = (200, "application/json", b'{"Response": ' * 100_000)
    with pytest.raises(errors.OutcomeUnknown):
        call(f"127.0.0.1:{strange_server.server_port}", LIST, seconds=0)


def test_an_answer_that_drips_is_given_up_as_a_whole(strange_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the last one would come after hours."""
    monkeypatch.setattr(client_module, "_SECONDS_FOR_AN_ANSWER", 1.0)
    strange_server.pause = 0.1
    strange_server.answer = (200, "application/json", b" " * 100_000)
    with pytest.raises(errors.OutcomeUnknown, match="no whole answer within 1 s"):
        call(f"127.0.0.1:{strange_server.server_port}", LIST, seconds=0)


SECRET = 'Corr3ct "Horse"/Zü+&=Battery'


def echo(asked: bytes) -> bytes:
    """A proxy's page that repeats what it could not deliver."""
    return b"<html>cannot deliver: " + asked + b"</html>"


@for_every("status", [200, 403, 502])
@for_every("kind", ["text/html", "application/json"])
def test_a_page_that_repeats_the_request_is_in_no_error_and_in_none_behind_it(
    status: int, kind: str, strange_server: Any
) -> None:
    strange_server.answer, strange_server.asked = (status, kind, echo), 0
    node = {"Host": "203.0.113.5", "Port": 3306, "User": "dts", "Password": SECRET}
    side = {
        "Region": "ap-guangzhou",
        "AccessType": "extranet",
        "DatabaseType": "mysql",
        "NodeType": "simple",
        "Info": [node],
    }
    option = {"DatabaseTable": {"ObjectMode": "all"}}
    request = {"JobId": "dts-1", "RunMode": "immediate", "MigrateOption": option, "SrcInfo": side, "DstInfo": side}
    with pytest.raises(errors.OutcomeUnknown) as raised:
        call(f"127.0.0.1:{strange_server.server_port}", "ModifyMigrationJob", request)
    shown = "".join(traceback.format_exception(raised.value))
    assert not [text for text in spellings(SECRET) if text in shown]
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert strange_server.asked == 1


def test_a_client_that_was_closed_meanwhile_is_no_crash(strange_server: Any) -> None:
    """Where the connection is read again, another member of the shared poll may still look through the old client."""
    strange_server.answer = answer(RequestId="r", TotalCount=0)

    async def late() -> None:
        account = client_module.ClientSettings(
            "ap-guangzhou", f"127.0.0.1:{strange_server.server_port}", "http", "AKIDemulator", "emulator-secret"
        )
        async with DtsClient(account) as opened:
            pass
        await opened.call(LIST, until=0)

    with pytest.raises(errors.OutcomeUnknown, match="closed"):
        asyncio.run(late())
