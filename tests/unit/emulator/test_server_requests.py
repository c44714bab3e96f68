"""What the server makes of requests, right and wrong: every answer is one of the API, and every mistake has a code."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tencent_dts import spec
from tencent_dts.emulator import ApiError, Emulator, EmulatorBroken
from tencent_dts.emulator.http.service import VERSIONS
from tencent_dts.spec.regions import REGIONS
from tests.rules import for_every
from tests.unit.emulator.cloud import PURCHASE
from tests.unit.emulator.raw import Raw, call, client, refusal

ACTION = "DescribeMigrationJobs"
MIB = 1024 * 1024
Seen = list[dict[str, Any]]


def test_every_answer_has_a_request_id_of_its_own(emulator: Emulator, seen: Seen) -> None:
    assert len({Raw(emulator.endpoint).sign().answer()["RequestId"] for _ in range(5)}) == 5


@for_every(
    "header, value, code",
    [
        ("X-TC-Action", "DescribeEverything", "InvalidAction"),
        ("X-TC-Action", "", "MissingParameter"),
        ("X-TC-Version", "2020-01-01", "NoSuchVersion"),
        ("X-TC-Version", "", "MissingParameter"),
        ("X-TC-Region", "ap-atlantis", "UnsupportedRegion"),
        ("X-TC-Region", "", "MissingParameter"),
    ],
    anew="emulator",
)
def test_common_parameters_are_checked(emulator: Emulator, seen: Seen, header: str, value: str, code: str) -> None:
    seen.clear()
    raw = Raw(emulator.endpoint).sign()
    raw.headers[header] = value
    assert raw.code() == code
    assert seen == []


def test_action_of_another_version_is_unknown(emulator: Emulator, seen: Seen) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.headers["X-TC-Version"] = "2018-03-30"
    assert raw.code() == "InvalidAction"


def test_both_versions_are_served(emulator: Emulator, stub: Any) -> None:
    versions: list[str] = []

    def handler(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        versions.append(caller.version)
        return {}

    for version in ("2021-12-06", "2018-03-30"):
        stub("StartMigrateJob", handler, version)
        raw = Raw(emulator.endpoint, body=b'{"JobId": "dts-12345678"}').sign("StartMigrateJob")
        raw.headers["X-TC-Version"] = version
        assert raw.code() == ""
    assert versions == ["2021-12-06", "2018-03-30"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_unsupported(emulator: Emulator, seen: Seen, method: str) -> None:
    assert Raw(emulator.endpoint, method=method).sign().code() == "UnsupportedProtocol"


def test_get_parameters_are_read_as_their_types(emulator: Emulator, seen: Seen) -> None:
    query = (
        "Limit=5&Offset=-1&JobName=" + quote("größe 1+1") + "&TagFilters.0.TagKey=run&TagFilters.0.TagValue.1=b"
        "&TagFilters.0.TagValue.0=a&TagFilters.1.TagKey=owner"
    )
    raw = Raw(emulator.endpoint, method="GET", query=query.replace("-1", "1")).sign()
    assert raw.code() == ""
    filters = [{"TagKey": "run", "TagValue": ["a", "b"]}, {"TagKey": "owner"}]
    assert seen == [{"Limit": 5, "Offset": 1, "JobName": "größe 1+1", "TagFilters": filters}]
    assert Raw(emulator.endpoint, method="GET", query=query).sign().code().startswith("InvalidParameterValue")


@pytest.mark.parametrize("style", ["X-TC-{}={}", "{}={}"])
def test_get_takes_common_parameters_from_the_query_string(emulator: Emulator, seen: Seen, style: str) -> None:
    raw = Raw(emulator.endpoint, method="GET")
    common = {
        "Action": ACTION,
        "Version": "2021-12-06",
        "Region": "ap-guangzhou",
        "Timestamp": str(raw.timestamp),
    }
    raw.query = "&".join(style.format(*item) for item in common.items()) + "&Limit=3"
    raw.sign()
    for name in common:
        del raw.headers[f"X-TC-{name}"]
    assert raw.code() == ""
    assert seen == [{"Limit": 3}]


@for_every(
    "query",
    [
        "Limit=many",
        "Limit.0=5",
        "TagFilters=run",
        "TagFilters.x.TagKey=run",
        "TagFilters.0=run",
        "JobName=a&JobName.0=b",
        "JobName.0=b&JobName=a",
        "JobName=%ff%fe",
        "a" + ".a" * 5000 + "=1",
        "TagFilters.99999999999999999999.TagKey=run",
        "=1",
        "%00=1",
    ],
    ids=lambda query: query[:20],
    anew="emulator",
)
def test_wrong_get_parameters_are_refused(emulator: Emulator, seen: Seen, query: str) -> None:
    seen.clear()
    code = Raw(emulator.endpoint, method="GET", query=query).sign().code()
    assert code.split(".")[0] in ("InvalidParameter", "InvalidParameterValue", "UnknownParameter")
    assert seen == []


@for_every(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{'Limit': 5}",
        b'{"Limit": NaN}',
        b'{"Limit": Infinity}',
        b'{"Limit": 1e999}',
        b'{"Limit": ' + b"9" * 5000 + b"}",
        b'{"Limit": 99999999999999999999}',
        b'{"JobName": "\xff\xfe"}',
        b'{"JobName": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        "{}".encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
    anew="emulator",
)
def test_broken_json_is_an_invalid_parameter(emulator: Emulator, seen: Seen, body: bytes) -> None:
    seen.clear()
    assert Raw(emulator.endpoint, body=body).sign().code() == "InvalidParameter"
    assert seen == []


def test_surrogate_pairs_are_text(emulator: Emulator, seen: Seen) -> None:
    assert Raw(emulator.endpoint, body=b'{"JobName": "\\ud83d\\ude80"}').sign().code() == ""
    assert seen == [{"JobName": "\N{ROCKET}"}]


def test_empty_body_counts_as_no_parameters(emulator: Emulator, seen: Seen) -> None:
    assert Raw(emulator.endpoint, body=b"").sign().code() == ""
    assert seen == [{}]


@pytest.mark.parametrize(
    ("content_type", "code"),
    [("multipart/form-data; boundary=1", "InvalidRequest"), ("text/plain", "InvalidParameter")],
)
def test_other_content_types_are_refused(emulator: Emulator, seen: Seen, content_type: str, code: str) -> None:
    assert Raw(emulator.endpoint, headers={"Content-Type": content_type}).sign().code() == code


@for_every(
    "action, params, code",
    [
        (ACTION, {"Bogus": 1}, "UnknownParameter.UnknownParameterError"),
        ("ModifyMigrationJob", {"JobId": "dts-1"}, "MissingParameter.MissingParameterError"),
        (ACTION, {"Limit": "5"}, "InvalidParameter.InvalidParameterError"),
        (ACTION, {"Limit": 101}, "InvalidParameterValue.InvalidParameterValueError"),
        (ACTION, {"TagFilters": [{"TagValue": ["a"]}]}, "MissingParameter.MissingParameterError"),
        # These document fewer codes: the nearest of them is sent.
        ("SkipCheckItem", {}, "InvalidParameterValue.InvalidParameterValueError"),
        ("SkipCheckItem", {"JobId": 5, "StepIds": []}, "InvalidParameterValue.InvalidParameterValueError"),
        ("PauseMigrateJob", {}, "InvalidParameter.InvalidParameterError"),
        ("PauseMigrateJob", {"JobId": "dts-1", "Bogus": 1}, "InvalidParameter.InvalidParameterError"),
        ("ResumeMigrateJob", {"JobId": "dts-1", "ResumeOption": "?"}, "InvalidParameterValue.InvalidParameterValue"),
        # This one documents no code for a wrong request: the common one is sent.
        ("RecoverMigrateJob", {}, "MissingParameter"),
    ],
    anew="emulator",
)
def test_wrong_parameters_get_the_code_their_action_documents(
    emulator: Emulator, seen: Seen, action: str, params: dict[str, Any], code: str
) -> None:
    seen.clear()
    assert refusal(client(emulator), action, params) == code
    assert seen == []


def test_codes_for_wrong_parameters_are_documented_or_common() -> None:
    from tencent_dts.emulator.http.wire import CODES, documented

    for action in spec.load().actions.values():
        for families in CODES.values():
            code = documented(action, *families, default=families[0])
            assert code in action.errors or code == families[0]


def test_body_of_the_largest_size_is_read_and_one_larger_refused(emulator: Emulator, seen: Seen) -> None:
    body = b'{"JobName": "' + b"x" * (10 * MIB - 15) + b'"}'
    assert len(body) == 10 * MIB
    assert Raw(emulator.endpoint, body=body).sign().code() == ""
    assert len(seen[0]["JobName"]) == 10 * MIB - 15
    assert Raw(emulator.endpoint, body=body + b" ").sign().code() == "RequestSizeLimitExceeded"


def test_endless_body_is_refused_at_once(emulator: Emulator) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.headers |= {"Content-Length": str(10**12)}
    raw.method, raw.body = "POST", b""
    before = time.monotonic()
    connection_answer = _announce(raw)
    assert b"RequestSizeLimitExceeded" in connection_answer
    assert time.monotonic() - before < 5


def _announce(raw: Raw) -> bytes:
    """Send the head alone, and return what comes back."""
    import http.client

    host, _, port = raw.endpoint.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
    for name, value in raw.headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return connection.getresponse().read()
    finally:
        connection.close()


def test_long_query_string_is_refused(emulator: Emulator, seen: Seen) -> None:
    raw = Raw(emulator.endpoint, method="GET", query="JobName=" + "x" * 32 * 1024).sign()
    assert raw.code() == "RequestSizeLimitExceeded"


def test_other_paths_do_not_exist(emulator: Emulator) -> None:
    import http.client

    connection = http.client.HTTPConnection(emulator.endpoint, timeout=10)
    connection.request("POST", "/v2/index.php", body=b"{}")
    assert connection.getresponse().status == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from([*spec.load().actions["ModifyMigrationJob"].request, "Info", "Key", ""])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=st.dictionaries(NAMES, JSON, max_size=6))
def test_whatever_the_parameters_are_the_answer_is_one_of_the_api(
    emulator: Emulator, seen: Seen, params: dict[str, Any]
) -> None:
    raw = Raw(emulator.endpoint, body=json.dumps(params).encode()).sign("ModifyMigrationJob")
    assert not raw.code().startswith("Internal")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_whatever_the_body_is_the_answer_is_one_of_the_api(emulator: Emulator, seen: Seen, body: bytes) -> None:
    assert not Raw(emulator.endpoint, body=body).sign().code().startswith("Internal")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.dictionaries(st.from_regex("(Limit|TagFilters|[A-Z0-9.])([.][A-Za-z0-9]*){0,4}"), st.text(max_size=9)))
def test_whatever_the_query_is_the_answer_is_one_of_the_api(
    emulator: Emulator, seen: Seen, names: dict[str, str]
) -> None:
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in names.items())
    assert not Raw(emulator.endpoint, method="GET", query=query).sign().code().startswith("Internal")


RIGHT = {"X-TC-Region": REGIONS, "X-TC-Action": spec.load().actions, "X-TC-Version": VERSIONS}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(header="X-TC-Region", value="ap-seoul")
@given(
    header=st.sampled_from(["Authorization", "X-TC-Timestamp", "X-TC-Action", "X-TC-Version", "X-TC-Region"]),
    value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])),
)
def test_whatever_the_headers_are_the_answer_is_one_of_the_api(
    emulator: Emulator, seen: Seen, header: str, value: str
) -> None:
    raw = Raw(emulator.endpoint).sign()
    raw.headers[header] = value
    code = raw.code()
    assert code != "InternalError.InternalErrorError"
    if not code:  # Hypothesis tries texts of the program, too: some of them are right, as `ap-seoul` for a region
        assert value.strip() in RIGHT.get(header, ())


def test_refusal_by_the_handler_reaches_the_caller_and_changes_nothing(emulator: Emulator, stub: Any) -> None:
    def handler(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        world.store.put("job", caller.scope, "dts-1", {"Status": "running"})
        raise ApiError("FailedOperation.StatusInConflict", "not now")

    def count(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        return {"TotalCount": len(world.store.all("job")), "JobList": []}

    stub("StartMigrateJob", handler)
    stub(ACTION, count)
    sdk = client(emulator)
    assert refusal(sdk, "StartMigrateJob", {"JobId": "dts-1"}) == "FailedOperation.StatusInConflict"
    assert call(sdk, ACTION)["TotalCount"] == 0


def test_broken_handler_is_an_internal_error_and_fails_the_test_that_met_it(stub: Any) -> None:
    def handler(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        world.store.put("job", caller.scope, "dts-1", {})
        raise KeyError("nobody thought of this")

    stub("StartMigrateJob", handler)
    emulator = Emulator().start()
    assert refusal(client(emulator), "StartMigrateJob", {"JobId": "dts-1"}) == "InternalError.InternalErrorError"
    assert emulator.journal()[-1]["code"] == "InternalError.InternalErrorError"
    with pytest.raises(EmulatorBroken, match="nobody thought of this"):
        emulator.stop()


def test_jobs_are_seen_by_their_own_account_in_their_own_region_only(stub: Any) -> None:
    def buy(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        world.store.put("job", caller.scope, params["JobId"], {"JobId": params["JobId"]})
        return {}

    def listing(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        jobs = world.store.all("job", caller.scope)
        return {"TotalCount": len(jobs), "JobList": jobs}

    stub("StartMigrateJob", buy)
    stub(ACTION, listing)
    with Emulator(accounts={"AKIDone": "1", "AKIDtwo": "2"}) as emulator:
        call(client(emulator, ("AKIDone", "1")), "StartMigrateJob", {"JobId": "dts-1"})
        assert call(client(emulator, ("AKIDone", "1")), ACTION)["JobList"] == [{"JobId": "dts-1"}]
        assert call(client(emulator, ("AKIDtwo", "2")), ACTION)["JobList"] == []
        assert call(client(emulator, ("AKIDone", "1"), region="ap-shanghai"), ACTION)["JobList"] == []


def test_many_clients_at_once_are_all_answered(emulator: Emulator, seen: Seen) -> None:
    def work(_: int) -> int:
        sdk = client(emulator)
        return sum(call(sdk, ACTION)["TotalCount"] == 0 for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 160
    assert len({entry["request_id"] for entry in emulator.journal()}) == 160


def test_accounts_of_the_international_site_pay_nothing() -> None:
    accounts = {"AKIDhome": "1", "AKIDabroad": "2"}
    with Emulator(accounts=accounts, international=["AKIDabroad"]) as emulator:
        for secret_id, trade in (("AKIDhome", "normal"), ("AKIDabroad", "notBilled")):
            sdk = client(emulator, (secret_id, accounts[secret_id]))
            (job,) = call(sdk, "CreateMigrationService", PURCHASE)["JobIds"]
            assert call(sdk, "DescribeMigrationDetail", {"JobId": job})["TradeInfo"]["TradeStatus"] == trade
