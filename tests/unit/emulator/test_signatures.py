"""Signatures: the official clients are accepted as they are, everything else is refused with the documented code."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tencent_dts.emulator import Emulator, Key
from tencent_dts.emulator.http.signatures import authenticate, services
from tencent_dts.emulator.http.wire import Request
from tests.rules import for_every
from tests.unit.emulator.raw import SECRET_ID, SECRET_KEY, Raw, async_client, call, client, refusal

ACTION = "DescribeMigrationJobs"
ARGUMENTS = {"Limit": 5, "TagFilters": [{"TagKey": "run id+é/=&", "TagValue": ["a", "b"]}]}
Seen = list[dict[str, Any]]


@pytest.mark.parametrize("options", [{}, {"http": {"reqMethod": "GET"}}, {"unsignedPayload": True}])
def test_synchronous_sdk_is_accepted(emulator: Emulator, seen: Seen, options: dict[str, Any]) -> None:
    assert call(client(emulator, **options), ACTION, ARGUMENTS)["TotalCount"] == 0
    assert seen == [ARGUMENTS]


@pytest.mark.parametrize("options", [{}, {"http": {"reqMethod": "GET"}}, {"unsignedPayload": True}])
def test_asynchronous_sdk_is_accepted(emulator: Emulator, seen: Seen, options: dict[str, Any]) -> None:
    async def main() -> Any:
        async with async_client(emulator, **options) as sdk:
            return await sdk.call_and_deserialize(ACTION, ARGUMENTS, resp_cls=dict)

    assert asyncio.run(main())["Response"]["TotalCount"] == 0
    assert seen == [ARGUMENTS]


def test_host_is_verified_as_sent_under_whatever_name(emulator: Emulator, seen: Seen) -> None:
    port = emulator.endpoint.rpartition(":")[2]
    for name in ("localhost", "LOCALHOST", "127.0.0.1"):
        assert call(client(emulator, http={"endpoint": f"{name}:{port}"}), ACTION)["TotalCount"] == 0


def test_other_sdks_sign_more_headers(emulator: Emulator, seen: Seen) -> None:
    signed = ["content-type", "host", "x-tc-action", "x-tc-timestamp"]
    assert Raw(emulator.endpoint, signed=signed).sign().code() == ""


def test_content_type_with_charset_is_accepted(emulator: Emulator, seen: Seen) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert Raw(emulator.endpoint, headers=headers).sign().code() == ""


def test_wrong_secret_key_is_a_signature_failure(emulator: Emulator, seen: Seen) -> None:
    assert refusal(client(emulator, (SECRET_ID, "another-secret")), ACTION) == "AuthFailure.SignatureFailure"
    assert seen == []


def test_unknown_secret_id_is_not_found(emulator: Emulator, seen: Seen) -> None:
    assert refusal(client(emulator, ("AKIDunknown", SECRET_KEY)), ACTION) == "AuthFailure.SecretIdNotFound"


def test_what_is_no_secret_id_is_invalid(emulator: Emulator, seen: Seen) -> None:
    assert refusal(client(emulator, ("1250000000", SECRET_KEY)), ACTION) == "AuthFailure.InvalidSecretId"


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
def test_clock_more_than_five_minutes_off_is_expired(emulator: Emulator, seen: Seen, seconds: int) -> None:
    raw = Raw(emulator.endpoint)
    raw.timestamp += seconds
    assert raw.sign().code() == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clock_less_than_five_minutes_off_is_accepted(emulator: Emulator, seen: Seen, seconds: int) -> None:
    raw = Raw(emulator.endpoint)
    raw.timestamp += seconds
    assert raw.sign().code() == ""


def test_virtual_time_does_not_expire_signatures(emulator: Emulator, seen: Seen) -> None:
    emulator.advance(86_400)
    assert Raw(emulator.endpoint).sign().code() == ""


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Host", "dts.tencentcloudapi.com"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("X-TC-Timestamp", "+1"),
    ],
)
def test_header_changed_on_the_way_is_a_signature_failure(
    emulator: Emulator, seen: Seen, header: str, value: str
) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.headers[header] = str(raw.timestamp + 1) if value == "+1" else value
    assert raw.code() == "AuthFailure.SignatureFailure"


def test_body_changed_on_the_way_is_a_signature_failure(emulator: Emulator, seen: Seen) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.body = b'{"Limit": 1}'
    assert raw.code() == "AuthFailure.SignatureFailure"


def test_query_changed_on_the_way_is_a_signature_failure(emulator: Emulator, seen: Seen) -> None:
    raw = Raw(emulator.endpoint, method="GET", query="Limit=1").sign()
    raw.query = "Limit=2"
    assert raw.code() == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"signed": ["host"]},
        {"signed": ["content-type"]},
        {"service": "cvm"},
        {"date": "2020-01-01"},
    ],
    ids=str,
)
def test_wrong_scope_or_headers_are_a_signature_failure(emulator: Emulator, seen: Seen, spoilt: dict[str, Any]) -> None:
    assert Raw(emulator.endpoint, **spoilt).sign().code() == "AuthFailure.SignatureFailure"


def test_header_signed_but_not_sent_is_a_signature_failure(emulator: Emulator, seen: Seen) -> None:
    raw = Raw(emulator.endpoint, headers={"X-Custom": "1"}, signed=["content-type", "host", "x-custom"]).sign()
    del raw.headers["X-Custom"]
    assert raw.code() == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize("value", ["SKIP", "", "Basic dXNlcjpwYXNz", "TC3-HMAC-SHA256 Credential=a, Signature="])
def test_malformed_authorization_is_invalid(emulator: Emulator, seen: Seen, value: str) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.headers["Authorization"] = value
    assert raw.code() == "AuthFailure.InvalidAuthorization"


def test_missing_authorization_is_invalid(emulator: Emulator, seen: Seen) -> None:
    raw = Raw(emulator.endpoint).sign()
    del raw.headers["Authorization"]
    assert raw.code() == "AuthFailure.InvalidAuthorization"


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "MissingParameter"), ("soon", "InvalidParameterValue"), ("9" * 30, "InvalidParameterValue")],
)
def test_timestamp_must_be_a_unix_time(emulator: Emulator, seen: Seen, value: str, code: str) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.headers["X-TC-Timestamp"] = value
    assert raw.code() == code


FAMILIES = {
    "Python, Go": ("dts", "127.0.0.1:{port}"),
    "Java, PHP, .NET, C++, Ruby": ("127", "127.0.0.1:{port}"),
    "Node.js": ("127", "127.0.0.1"),
}
"""How the official SDKs sign for the endpoint 127.0.0.1:PORT: the service, and the host."""


@pytest.mark.parametrize("family", FAMILIES)
def test_every_official_sdk_family_is_accepted(emulator: Emulator, seen: Seen, family: str) -> None:
    service, host = FAMILIES[family]
    signed_host = host.format(port=emulator.endpoint.rpartition(":")[2])
    assert Raw(emulator.endpoint, service=service, signed_host=signed_host).sign().code() == ""


@pytest.mark.parametrize("family", FAMILIES)
def test_secret_body_date_and_host_are_bound_in_every_family(emulator: Emulator, seen: Seen, family: str) -> None:
    service, host = FAMILIES[family]
    signed_host = host.format(port=emulator.endpoint.rpartition(":")[2])
    changed = Raw(emulator.endpoint, service=service, signed_host=signed_host).sign()
    changed.body = b'{"Limit": 1}'
    moved = Raw(emulator.endpoint, service=service, signed_host=signed_host).sign()
    moved.headers["Host"] = "127.0.0.2"
    spoilt = [
        Raw(emulator.endpoint, service=service, signed_host=signed_host, secret_key="another-secret").sign(),
        Raw(emulator.endpoint, service=service, signed_host=signed_host, date="2020-01-01").sign(),
        Raw(emulator.endpoint, service=service, signed_host="127.0.0.1:1").sign(),
        Raw(emulator.endpoint, service=service, signed_host="127.0.0.2").sign(),
        Raw(emulator.endpoint, service="cvm", signed_host=signed_host).sign(),
        Raw(emulator.endpoint, service="", signed_host=signed_host).sign(),
        Raw(emulator.endpoint, service="127.0.0.1", signed_host=signed_host).sign(),
        changed,
        moved,
    ]
    assert {raw.code() for raw in spoilt} == {"AuthFailure.SignatureFailure"}
    assert seen == []


@for_every(
    "host, names",
    [
        ("127.0.0.1:8021", {"dts", "127"}),
        ("localhost:8021", {"dts", "localhost:8021", "localhost"}),
        ("emulator", {"dts", "emulator"}),
        ("[::1]:8021", {"dts", "[::1]:8021", "[::1]"}),
        ("cvm.tencentcloudapi.com", {"dts"}),
        ("CVM.TencentCloudApi.com:443", {"dts"}),
        ("dts.ap-guangzhou.tencentcloudapi.com", {"dts"}),
        ("", {"dts"}),
    ],
)
def test_service_is_dts_or_what_stands_before_the_first_dot_of_the_host(host: str, names: set[str]) -> None:
    assert services(host) == names


@for_every("space", ["\r\n", "\n", "  ", "\t"])
def test_white_space_behind_a_signature_is_of_no_account(space: str) -> None:
    raw = Raw("127.0.0.1:8021").sign()
    headers = {name.lower(): value for name, value in raw.headers.items()}
    headers["authorization"] = headers["authorization"].replace("Signature=", "Signature= ") + space
    request = Request("POST", "", headers, raw.body)
    assert authenticate(request, {SECRET_ID: Key(SECRET_KEY)}, raw.timestamp)


def test_token_must_be_the_one_of_the_key(seen: Seen) -> None:
    accounts: dict[str, str | Key] = {"AKIDtemporary": Key("key", token="session-token"), "AKIDlasting": "key"}
    with Emulator(accounts=accounts) as emulator:
        assert call(client(emulator, ("AKIDtemporary", "key", "session-token")), ACTION)["TotalCount"] == 0
        for key in [
            ("AKIDtemporary", "key"),
            ("AKIDtemporary", "key", "another-token"),
            ("AKIDlasting", "key", "session-token"),
        ]:
            assert refusal(client(emulator, key), ACTION) == "AuthFailure.TokenFailure"


def test_keys_of_one_account_are_one_caller(stub: Any) -> None:
    callers: list[str] = []

    def handler(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        callers.append(caller.account)
        return {"TotalCount": 0, "JobList": []}

    stub(ACTION, handler)
    accounts: dict[str, str | Key] = {
        "AKIDone": Key("1", account="100"),
        "AKIDtwo": Key("2", account="100"),
        "AKIDthree": "3",
    }
    with Emulator(accounts=accounts) as emulator:
        for key in [("AKIDone", "1"), ("AKIDtwo", "2"), ("AKIDthree", "3")]:
            call(client(emulator, key), ACTION)
    assert callers[0] == callers[1] == "100"
    assert callers[2] != "100"
