"""Chaos by rule: what the client meets, and whether the call took effect."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tests.rules import for_every
from tests.unit.emulator.raw import Raw, async_client, call, client, refusal

LIST = "DescribeMigrationJobs"
START = "StartMigrateJob"
JOB = {"JobId": "dts-12345678"}
Done = list[str]


@pytest.fixture
def done(stub: Any) -> Done:
    """The jobs that StartMigrateJob has started."""
    started: list[str] = []

    def start(world: Any, caller: Any, params: dict[str, Any]) -> dict[str, Any]:
        started.append(params["JobId"])
        return {}

    def listing(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        return {"TotalCount": 0, "JobList": [{"JobName": "x" * 1000}]}

    stub(START, start)
    stub(LIST, listing)
    return started


def test_error_code_is_sent_instead_of_the_call(emulator: Emulator, done: Done) -> None:
    emulator.add_fault({"action": START, "code": "InternalError.DatabaseError", "message": "try later"})
    with pytest.raises(TencentCloudSDKException, match="try later") as caught:
        call(client(emulator), START, JOB)
    assert caught.value.get_code() == "InternalError.DatabaseError"
    assert caught.value.get_request_id()
    assert done == []
    assert emulator.journal()[0]["code"] == "InternalError.DatabaseError"


def test_error_code_after_the_call_hides_that_it_took_effect(emulator: Emulator, done: Done) -> None:
    emulator.add_fault({"action": START, "code": "InternalError.UnknownError", "when": "after"})
    assert refusal(client(emulator), START, JOB) == "InternalError.UnknownError"
    assert done == [JOB["JobId"]]
    assert emulator.journal()[0]["code"] == ""


@pytest.mark.parametrize(("drop", "effect"), [("before", []), ("after", [JOB["JobId"]])])
def test_dropped_connection_is_a_network_error(emulator: Emulator, done: Done, drop: str, effect: list[str]) -> None:
    emulator.add_fault({"action": START, "drop": drop, "times": 2})
    assert refusal(client(emulator), START, JOB) == "ClientNetworkError"
    assert done == effect

    async def main() -> None:
        async with async_client(emulator) as sdk:
            with pytest.raises(httpx.RemoteProtocolError):
                await sdk.call_and_deserialize(START, JOB, resp_cls=dict)
            await sdk.call_and_deserialize(START, JOB, resp_cls=dict)

    asyncio.run(main())
    assert done == [*effect, *effect, JOB["JobId"]]
    first, second, third = emulator.journal(START)
    assert [first["answered"], second["answered"], third["answered"]] == [False, False, True]
    assert first["code"] == ("NotExecuted" if drop == "before" else "")
    assert first["fault"].endswith("drop")


def test_truncated_answer_cannot_be_read(emulator: Emulator, done: Done) -> None:
    emulator.add_fault({"truncate": True, "times": 2})
    # The synchronous SDK does not make an error of its own of this one.
    with pytest.raises(Exception, match="IncompleteRead"):
        call(client(emulator), LIST)

    async def main() -> None:
        async with async_client(emulator) as sdk:
            with pytest.raises(httpx.RemoteProtocolError):
                await sdk.call_and_deserialize(LIST, {}, resp_cls=dict)

    asyncio.run(main())
    assert [entry["answered"] for entry in emulator.journal()] == [False, False]
    assert call(client(emulator), LIST)["TotalCount"] == 0


@pytest.mark.parametrize(("when", "effect"), [("before", []), ("after", [JOB["JobId"]])])
def test_gateway_error_is_a_page_and_no_answer(emulator: Emulator, done: Done, when: str, effect: list[str]) -> None:
    emulator.add_fault({"action": START, "status": 502, "when": when, "nth": 1})
    status, headers, body = Raw(emulator.endpoint, body=b'{"JobId": "dts-12345678"}').sign(START).send()
    assert (status, headers["Content-Type"]) == (502, "text/html")
    assert b"502 Bad Gateway" in body
    assert done == effect
    assert refusal(client(emulator), "StopMigrateJob", {}) != "ServerNetworkError"
    emulator.add_fault({"action": LIST, "status": 503})
    assert refusal(client(emulator), LIST) == "ServerNetworkError"


def test_slow_answer_arrives_late(emulator: Emulator, done: Done) -> None:
    emulator.add_fault({"action": START, "latency": 0.3})
    before = time.monotonic()
    call(client(emulator), START, JOB)
    assert time.monotonic() - before >= 0.3
    assert emulator.journal()[0]["answered"]
    assert emulator.journal()[0]["fault"].endswith("latency")


def test_others_do_not_wait_for_a_slow_answer(emulator: Emulator, done: Done) -> None:
    emulator.add_fault({"action": START, "latency": 2})

    async def main() -> None:
        async with async_client(emulator) as sdk:
            slow = asyncio.create_task(sdk.call_and_deserialize(START, JOB, resp_cls=dict))
            await asyncio.sleep(0.1)
            before = time.monotonic()
            await sdk.call_and_deserialize(LIST, {}, resp_cls=dict)
            assert time.monotonic() - before < 1
            assert not slow.done()
            slow.cancel()

    asyncio.run(main())


def test_client_that_gives_up_has_no_answer_though_the_call_took_effect(emulator: Emulator, done: Done) -> None:
    emulator.add_fault({"action": START, "latency": 1.3})
    assert refusal(client(emulator, http={"reqTimeout": 1}), START, JOB) == "ClientNetworkError"
    time.sleep(0.6)
    assert done == [JOB["JobId"]]
    entry = emulator.journal()[0]
    assert (entry["code"], entry["answered"]) == ("", False)


def test_emulator_stops_while_answers_are_on_their_way(done: Done) -> None:
    with Emulator() as emulator:
        emulator.add_fault({"latency": 60})

        async def main() -> None:
            async with async_client(emulator) as sdk:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(sdk.call_and_deserialize(START, JOB, resp_cls=dict), 0.2)

        asyncio.run(main())
        before = time.monotonic()
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("nth", [2, [2]])
def test_only_the_nth_matching_call_is_struck(emulator: Emulator, done: Done, nth: Any) -> None:
    emulator.add_fault({"action": START, "job_id": JOB["JobId"], "nth": nth, "code": "InternalError"})
    sdk = client(emulator)
    call(sdk, LIST)
    call(sdk, START, {"JobId": "dts-another0"})
    call(sdk, START, JOB)
    assert refusal(sdk, START, JOB) == "InternalError"
    call(sdk, START, JOB)
    assert len(done) == 3
    (rule,) = emulator.faults()
    assert (rule["matched"], rule["fired"]) == (3, 1)


def test_rules_match_action_lists_accounts_and_times(emulator: Emulator, done: Done) -> None:
    call(client(emulator), LIST)
    account = emulator.journal()[0]["account"]
    emulator.add_fault({"action": [START, "StopMigrateJob"], "code": "A", "times": 1})
    emulator.add_fault({"account": "somebody-else", "code": "B"})
    emulator.add_fault({"account": account, "action": LIST, "code": "C"})
    sdk = client(emulator)
    assert refusal(sdk, START, JOB) == "A"
    assert call(sdk, START, JOB)
    assert refusal(sdk, LIST) == "C"


def test_probability_is_repeatable_by_its_seed(emulator: Emulator, done: Done) -> None:
    sdk = client(emulator)

    def outcomes() -> list[bool]:
        emulator.clear_faults()
        emulator.add_fault({"action": LIST, "probability": 0.3, "seed": 7, "code": "InternalError"})
        results = []
        for _ in range(60):
            try:
                call(sdk, LIST)
                results.append(True)
            except TencentCloudSDKException:
                results.append(False)
        return results

    first = outcomes()
    assert first == outcomes()
    assert 5 <= first.count(False) <= 35


def test_visibility_delay_holds_for_the_struck_call_only(emulator: Emulator, stub: Any) -> None:
    delays: list[float] = []

    def start(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        delays.append(world.settings.visibility_delay)
        return {}

    stub(START, start)
    emulator.add_fault({"action": START, "nth": 1, "visibility_delay": 30})
    call(client(emulator), START, JOB)
    call(client(emulator), START, JOB)
    assert delays == [30, 0]


def test_rules_can_be_removed_one_by_one_and_all_together(emulator: Emulator, done: Done) -> None:
    first = emulator.add_fault({"action": START, "code": "A"})
    emulator.add_fault({"action": START, "code": "B"})
    sdk = client(emulator)
    emulator.clear_faults(first)
    assert refusal(sdk, START, JOB) == "B"
    emulator.clear_faults()
    assert call(sdk, START, JOB)
    assert emulator.faults() == []


@for_every(
    "wrong",
    [
        {},
        {"action": START},
        {"code": "A", "acton": START},
        {"code": 5},
        {"drop": "sometimes"},
        {"status": 204},
        {"status": 9999},
        {"latency": -1},
        {"latency": "long"},
        {"code": "A", "nth": 0},
        {"code": "A", "times": 1.5},
        {"code": "A", "probability": 2},
        {"code": "A", "when": "during"},
        {"code": "A", "id": 7},
    ],
    ids=str,
    anew="emulator",
)
def test_wrong_rules_are_refused(emulator: Emulator, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|cannot be"):
        emulator.add_fault(wrong)
    assert emulator.faults() == []
