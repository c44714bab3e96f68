"""The client's policy: what is retried, what never is, what a broken answer means, what an error says."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts import errors
from tencent_dts.api.client import ClientSettings, DtsClient, backoff
from tencent_dts.api.pacing import Pacer, drawn
from tencent_dts.engine.waiting import jittered
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.spec import load
from tests.chaos.virtual import VirtualClock
from tests.rules import for_every
from tests.unit.emulator.cloud import PURCHASE, Cloud

LIST = "DescribeMigrationJobs"
BUY = "CreateMigrationService"


def call(
    endpoint: str, action: str, params: dict[str, Any] | None = None, *, seconds: float = 8, **account: Any
) -> Any:
    """One call with a client of its own."""
    keys = {"secret_id": "AKIDemulator", "secret_key": "emulator-secret", "region": "ap-guangzhou"} | account
    settings = ClientSettings(endpoint=endpoint, protocol="http", **keys)

    async def whole() -> Any:
        async with DtsClient(settings) as client:
            return await client.call(action, params, until=time.monotonic() + seconds)

    return asyncio.run(whole())


@pytest.fixture
def endpoint(cloud: Cloud) -> str:
    return str(cloud.emulator.endpoint)


@pytest.mark.parametrize(
    "fault",
    [
        {"code": "RequestLimitExceeded"},
        {"code": "RequestLimitExceeded.UinLimitExceeded"},
        {"code": "InternalError.DatabaseError"},
        {"code": "ResourceUnavailable.ResourceUnavailableError"},
        {"status": 502},
        {"drop": "before"},
        {"drop": "after"},
        {"truncate": True},
    ],
    ids=str,
)
def test_reads_go_on_through_passing_trouble(fault: dict[str, Any], cloud: Cloud, endpoint: str) -> None:
    cloud.emulator.add_fault({"action": LIST, "times": 1, **fault})
    assert call(endpoint, LIST)["TotalCount"] == 0
    assert len(cloud.emulator.journal(LIST)) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"code": "RequestLimitExceeded"}, errors.Throttled),
        ({"code": "InternalError.DatabaseError"}, errors.Unavailable),
        ({"status": 502}, errors.OutcomeUnknown),
        ({"drop": "before"}, errors.OutcomeUnknown),
        ({"drop": "after"}, errors.OutcomeUnknown),
        ({"truncate": True}, errors.OutcomeUnknown),
    ],
    ids=str,
)
@pytest.mark.parametrize("action", [BUY, "ModifyMigrateName"])
def test_what_changes_something_is_sent_once(
    action: str, fault: dict[str, Any], kind: type[errors.DtsError], cloud: Cloud, endpoint: str
) -> None:
    params = PURCHASE if action == BUY else {"JobId": cloud.checked(), "JobName": "orders"}
    before = len(cloud.emulator.journal(action))
    cloud.emulator.add_fault({"action": action, "times": 1, **fault})
    with pytest.raises(kind):
        call(endpoint, action, params)
    assert len(cloud.emulator.journal(action)) == before + 1


def test_throttling_without_end_ends_at_the_deadline(cloud: Cloud, endpoint: str) -> None:
    cloud.emulator.add_fault({"action": LIST, "code": "RequestLimitExceeded"})
    began = time.time()
    with pytest.raises(errors.Throttled):
        call(endpoint, LIST, seconds=1)
    assert time.time() - began < 30  # not for ever; machines are shared


@pytest.mark.usefixtures("airflow_connections")
def test_calls_take_turns_within_the_share_of_the_quota(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tencent_dts.api.client.PACER", Pacer())  # everywhere else in the tests nobody waits for a turn
    account = DtsHook().resolve()
    published = load().actions[LIST].rate_per_second

    async def calls() -> None:
        async with DtsClient(account) as client:
            for _ in range(10):
                await client.call(LIST)

    clock = VirtualClock(cloud.emulator)
    began = clock.time()
    with clock.installed():
        asyncio.run(calls())
    assert clock.time() - began == pytest.approx(9 / (published * account.quota_share))


def test_an_error_names_action_code_job_request_and_next_step(cloud: Cloud, endpoint: str) -> None:
    job = cloud.buy()
    with pytest.raises(errors.WrongState) as raised:
        call(endpoint, "StartMigrateJob", {"JobId": job})
    text = str(raised.value)
    assert raised.value.request_id == cloud.emulator.journal("StartMigrateJob")[0]["request_id"]
    for told in (
        "StartMigrateJob",
        "FailedOperation.StatusInConflict",
        job,
        raised.value.request_id or "?",
        "next step",
    ):
        assert told in text


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({}, "JobId is required"),
        ({"JobId": 7}, "JobId must be of type String"),
        ({"JobId": "dts-1", "Jobname": "x"}, "Jobname is not a field here"),
    ],
)
def test_a_wrong_request_is_not_sent(params: dict[str, Any], told: str, cloud: Cloud, endpoint: str) -> None:
    with pytest.raises(errors.Invalid, match=told):
        call(endpoint, "StartMigrateJob", params)
    assert cloud.emulator.journal() == []


def test_a_wrong_key_is_denied_and_not_repeated(cloud: Cloud, endpoint: str) -> None:
    with pytest.raises(errors.Denied, match="AuthFailure") as raised:
        call(endpoint, LIST, secret_key="not-the-key", connection_id="tencent_prod")
    assert "connection `tencent_prod`" in str(raised.value.next_step)
    assert f"`name/dts:{LIST}`" in str(raised.value.next_step)
    assert "not-the-key" not in str(raised.value)
    assert isinstance(raised.value, AirflowFailException)


def test_a_role_that_cannot_be_assumed_is_an_error_of_ours(
    cloud: Cloud, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody is there
    with pytest.raises(errors.DtsError) as raised:
        call(endpoint, LIST, seconds=0, role_arn="qcs::cam::uin/100000000001:roleName/dts")
    assert "emulator-secret" not in str(raised.value)
    assert cloud.emulator.journal() == []


def test_the_providers_keys_are_used_and_renewed_beside_the_loop(
    cloud: Cloud, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the connection are wrong; renewing asks another service, which may take its time."""
    from tencentcloud.common.credential import Credential

    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKIDemulator")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "emulator-secret")
    threads: list[Any] = []
    really = Credential.get_credential_info

    def renewed(keys: Any) -> Any:
        threads.append(threading.current_thread())
        return really(keys)

    monkeypatch.setattr(Credential, "get_credential_info", renewed)
    assert call(endpoint, LIST, credentials="default", secret_id="", secret_key="not-the-key")["TotalCount"] == 0
    assert threads[0] is not threading.main_thread()


def answer(**response: Any) -> tuple[int, str, bytes]:
    return 200, "application/json", json.dumps({"Response": response}).encode()


BROKEN = {
    "no JSON": (200, "application/json", b'{"Response": {"TotalCount": 1, '),
    "no UTF-8": (200, "application/json", b"\xff\xfe\x00"),
    "empty": (200, "application/json", b""),
    "null": (200, "application/json", b"null"),
    "a list": (200, "application/json", b"[]"),
    "no Response": (200, "application/json", b'{"Answer": {}}'),
    "Response is null": (200, "application/json", b'{"Response": null}'),
    "a page of a gateway": (502, "text/html", b"<html>secret-of-the-gateway</html>"),
    "a page with status 200": (200, "text/html", b"<html>please log in: secret-of-the-gateway</html>"),
    "compressed wrongly": (200, "application/json", b"{}", ("Content-Encoding", "gzip")),
    "no RequestId": answer(TotalCount=0, JobList=[]),
    "a required field missing": answer(RequestId="r", JobList=[]),
    "a required field null": answer(RequestId="r", TotalCount=None),
}


@for_every("broken", BROKEN)
def test_an_answer_that_is_none_is_an_unknown_outcome_and_not_shown(broken: str, strange_server: Any) -> None:
    strange_server.answer, strange_server.asked = BROKEN[broken], 0
    with pytest.raises(errors.OutcomeUnknown) as raised:
        call(f"127.0.0.1:{strange_server.server_port}", LIST, seconds=0)
    assert "secret-of-the-gateway" not in str(raised.value)
    assert strange_server.asked == 1


@pytest.mark.parametrize("ids", [None, [], "absent"])
def test_a_purchase_without_an_id_is_an_unknown_outcome(ids: Any, strange_server: Any) -> None:
    strange_server.answer = answer(RequestId="r") if ids == "absent" else answer(RequestId="r", JobIds=ids)
    with pytest.raises(errors.OutcomeUnknown, match="JobIds"):
        call(f"127.0.0.1:{strange_server.server_port}", BUY, PURCHASE, seconds=5)
    assert strange_server.asked == 1


def test_zero_is_an_answer(strange_server: Any) -> None:
    strange_server.answer = answer(RequestId="r", TotalCount=0, JobList=None)
    assert call(f"127.0.0.1:{strange_server.server_port}", LIST)["TotalCount"] == 0


def test_nobody_there_is_an_unknown_outcome() -> None:
    with pytest.raises(errors.OutcomeUnknown):
        call("127.0.0.1:9", LIST, seconds=0)


CLASSES = {
    "Throttled": ("RequestLimitExceeded",),
    "Unavailable": (
        "InternalError",
        "InternalServerError",
        "ServiceUnavailable",
        "ResourceUnavailable",
        "ResourceInUse",
    ),
    "WrongState": ("FailedOperation", "OperationDenied", "UnsupportedOperation"),
    "NotFound": ("ResourceNotFound",),
    "Refused": ("LimitExceeded", "ResourcesSoldOut", "ResourceInsufficient"),
    "Denied": ("AuthFailure", "UnauthorizedOperation"),
    "Invalid": ("InvalidParameter", "InvalidParameterValue", "MissingParameter", "UnknownParameter", "DryRunOperation"),
}
EXCEPTIONS = {
    "InternalError.DuplicateJob": "WrongState",
    "InternalError.NotEnoughMoneyError": "Refused",
    "InternalServerError.NotEnoughMoneyError": "Refused",
    "OperationDenied.NotEnoughMoneyError": "Refused",
    "FailedOperation.ProxyError": "Unavailable",
    "FailedOperation.StartJobFailed": "Invalid",
    "FailedOperation.UserNotAuthed": "Denied",
    "UnsupportedOperation.IntraNetUserNotTaggedError": "Invalid",
    "UnsupportedOperation.IntraNetUserNotTaggedForSyncJobError": "Invalid",
}
DOCUMENTED = sorted(
    {
        code
        for version in ("2021-12-06", "2018-03-30")
        for action in load(version).actions.values()
        for code in action.errors
    }
)


def expected(code: str) -> str:
    """The class by the reference's own table: the whole code first, then its prefix."""
    (by_prefix,) = (name for name, prefixes in CLASSES.items() if code.partition(".")[0] in prefixes)
    return EXCEPTIONS.get(code, by_prefix)


@for_every("code", sorted({*DOCUMENTED, *EXCEPTIONS}))
def test_every_documented_code_has_its_class(code: str) -> None:
    assert errors.classify(code).__name__ == expected(code)


@for_every("code", ["InvalidAction", "NoSuchVersion", "UnsupportedRegion", "SomethingNew.Entirely", ""])
def test_a_code_that_nobody_knows_is_no_reason_to_try_again(code: str) -> None:
    assert errors.classify(code) is errors.Invalid


def test_only_what_passes_by_itself_is_retried_by_airflow() -> None:
    passing = {errors.Throttled, errors.Unavailable, errors.OutcomeUnknown}
    for kind in {errors.classify(code) for code in [*DOCUMENTED, "ClientNetworkError"]}:
        assert issubclass(kind, AirflowFailException) is (kind not in passing)


def test_each_changing_call_leaves_one_line_that_names_what_it_was_about(
    cloud: Cloud, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="tencent_dts.api.client")
    job = call(endpoint, BUY, PURCHASE)["JobIds"][0]
    call(endpoint, "ModifyMigrateName", {"JobId": job, "JobName": "orders"})
    call(endpoint, LIST)
    first, second = (record.getMessage() for record in caplog.records if record.name == "tencent_dts.api.client")
    (bought, renamed) = (cloud.emulator.journal(action)[0]["request_id"] for action in (BUY, "ModifyMigrateName"))
    assert first == f"{BUY} was accepted: JobIds ['{job}'], RequestId {bought}"
    assert second == f"ModifyMigrateName was accepted: JobId {job}, RequestId {renamed}"


def test_retrying_is_told_once_when_it_begins(
    cloud: Cloud, endpoint: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tencent_dts.api.client.backoff", lambda _attempt: 0.01)
    cloud.emulator.add_fault({"action": LIST, "times": 3, "code": "InternalError.DatabaseError"})
    call(endpoint, LIST)
    (told,) = (record for record in caplog.records if record.name == "tencent_dts.api.client")
    assert told.levelname == "WARNING"
    assert "InternalError.DatabaseError" in told.getMessage()
    assert str(cloud.emulator.journal(LIST)[0]["request_id"]) in told.getMessage()


def test_a_pause_is_drawn_anew_each_time_within_its_bounds() -> None:
    pauses = [drawn(0.9, 1.1) for _ in range(200)]
    assert all(0.9 <= pause <= 1.1 for pause in pauses)
    assert min(pauses) < 0.95
    assert max(pauses) > 1.05
    assert len(set(pauses)) > 100
    waits = [jittered(10.0) for _ in range(50)]
    assert all(9.0 <= wait <= 11.0 for wait in waits)
    assert len(set(waits)) > 10
    assert max(backoff(1) for _ in range(50)) <= 1.0 < max(backoff(4) for _ in range(200)) <= 8.0
    assert max(backoff(30) for _ in range(50)) <= 20.0
