"""HmacSHA1 and HmacSHA256: the official clients are accepted as they are, in every form, and mistakes have codes."""

from __future__ import annotations

import asyncio
import base64
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator, Key
from tests.rules import for_every
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY, Raw, async_client, call, client, refusal

ACTION = "DescribeMigrationJobs"
ARGUMENTS = {
    "Limit": 5,
    "JobName": "größe 1+1=2 & ähnlich",
    "TagFilters": [{"TagKey": f"key {number}", "TagValue": ["a b", "ü/&="]} for number in range(12)],
}
METHODS = ("HmacSHA1", "HmacSHA256", "TC3-HMAC-SHA256")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Seen = list[dict[str, Any]]


def options(signing: str, verb: str) -> dict[str, Any]:
    return {"signMethod": signing, "http": {"reqMethod": verb}}


@for_every("verb", ["GET", "POST"])
@for_every("signing", METHODS, anew="emulator")
def test_synchronous_sdk_is_accepted_with_every_profile(
    emulator: Emulator, seen: Seen, signing: str, verb: str
) -> None:
    seen.clear()
    assert call(client(emulator, **options(signing, verb)), ACTION, ARGUMENTS)["TotalCount"] == 0
    assert seen == [ARGUMENTS]


@for_every("verb", ["GET", "POST"])
@for_every("signing", METHODS, anew="emulator")
def test_asynchronous_sdk_is_accepted_with_every_profile(
    emulator: Emulator, seen: Seen, signing: str, verb: str
) -> None:
    seen.clear()

    async def main() -> Any:
        async with async_client(emulator, **options(signing, verb)) as sdk:
            return await sdk.call_and_deserialize(ACTION, ARGUMENTS, resp_cls=dict)

    assert asyncio.run(main())["Response"]["TotalCount"] == 0
    assert seen == [ARGUMENTS]


def test_a_boolean_that_the_sdk_signs_otherwise_than_it_sends_it_is_a_signature_failure(emulator: Emulator) -> None:
    params = {"JobId": "dts-00000000", "CompareTaskId": "none", "ForceStop": True}

    async def code(verb: str) -> str:
        async with async_client(emulator, **options("HmacSHA1", verb)) as sdk:
            with pytest.raises(TencentCloudSDKException) as raised:
                await sdk.call_and_deserialize("StopCompare", params, resp_cls=dict)
        return str(raised.value.get_code())

    missing = "ResourceNotFound.ResourceNotFoundError"
    for verb, expected in (("GET", "AuthFailure.SignatureFailure"), ("POST", missing)):
        assert asyncio.run(code(verb)) == expected
        assert refusal(client(emulator, **options("HmacSHA1", verb)), "StopCompare", params) == missing


@pytest.mark.parametrize("signing", METHODS[:2])
def test_wrong_secret_key_is_a_signature_failure(emulator: Emulator, seen: Seen, signing: str) -> None:
    sdk = client(emulator, (SECRET_ID, "another-secret"), **options(signing, "POST"))
    assert refusal(sdk, ACTION) == "AuthFailure.SignatureFailure"
    assert seen == []


@pytest.mark.parametrize("signing", METHODS[:2])
def test_unknown_secret_id_is_not_found(emulator: Emulator, seen: Seen, signing: str) -> None:
    sdk = client(emulator, ("AKIDunknown", SECRET_KEY), **options(signing, "GET"))
    assert refusal(sdk, ACTION) == "AuthFailure.SecretIdNotFound"


def test_token_must_be_the_one_of_the_key(seen: Seen) -> None:
    with Emulator(accounts={"AKIDtemporary": Key("key", token="session-token")}) as emulator:
        keys = [("AKIDtemporary", "key", "session-token"), ("AKIDtemporary", "key", "another")]
        right, wrong = (client(emulator, key, **options("HmacSHA256", "POST")) for key in keys)
        assert call(right, ACTION)["TotalCount"] == 0
        assert refusal(wrong, ACTION) == "AuthFailure.TokenFailure"


def parameters(raw: Raw, changes: dict[str, str]) -> dict[str, str]:
    """The parameters of a request as the document's example has them: no SignatureMethod, which means HmacSHA1."""
    common = {
        "Action": ACTION,
        "Nonce": "11886",
        "Region": REGION,
        "SecretId": SECRET_ID,
        "Timestamp": str(raw.timestamp),
        "Version": "2021-12-06",
        "Limit": "20",
    }
    return {name: value for name, value in (common | changes).items() if value}


def signature(raw: Raw, given: dict[str, str], algorithm: str) -> str:
    text = f"{raw.method}{raw.endpoint}/?" + "&".join(f"{name}={given[name]}" for name in sorted(given))
    return base64.b64encode(hmac.new(SECRET_KEY.encode(), text.encode(), algorithm).digest()).decode()


def signed(
    emulator: Emulator, verb: str, algorithm: str = "sha1", late: dict[str, str] | None = None, **changes: str
) -> Raw:
    """A request signed by hand; ``late`` is what is changed after signing."""
    raw = Raw(emulator.endpoint, method=verb, headers={"Host": emulator.endpoint, **FORM})
    given = parameters(raw, changes)
    given["Signature"] = signature(raw, given, algorithm)
    text = urlencode({name: value for name, value in (given | (late or {})).items() if value})
    if verb == "GET":
        raw.query = text
    else:
        raw.body = text.encode()
    return raw


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_without_a_signature_method_it_is_hmac_sha1(emulator: Emulator, seen: Seen, verb: str) -> None:
    assert signed(emulator, verb).code() == ""
    assert signed(emulator, verb, "sha256", SignatureMethod="HmacSHA256").code() == ""
    assert seen == [{"Limit": 20}] * 2
    assert signed(emulator, verb, "sha256").code() == "AuthFailure.SignatureFailure"
    assert signed(emulator, verb, "sha1", SignatureMethod="HmacSHA256").code() == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_newline_behind_the_signature_is_of_no_account(emulator: Emulator, seen: Seen, verb: str) -> None:
    raw = signed(emulator, verb)
    given = parameters(raw, {})
    ended = signature(raw, given, "sha1") + "\n"  # as Ruby's SDK sends it
    assert signed(emulator, verb, late={"Signature": ended}).code() == ""


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_the_host_may_be_signed_without_its_port_and_is_bound(emulator: Emulator, seen: Seen, verb: str) -> None:
    raw = Raw("127.0.0.1", method=verb)
    bare = {"Signature": signature(raw, parameters(raw, {}), "sha1")}
    assert signed(emulator, verb, late=bare).code() == ""
    raw = Raw("127.0.0.2", method=verb)
    elsewhere = {"Signature": signature(raw, parameters(raw, {}), "sha1")}
    assert signed(emulator, verb, late=elsewhere).code() == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_what_is_changed_on_the_way_is_a_signature_failure(emulator: Emulator, seen: Seen, verb: str) -> None:
    late: list[dict[str, str]] = [{"Limit": "21"}, {"Offset": "1"}, {"Limit": ""}, {"Signature": "ü"}]
    for changed in late:
        assert signed(emulator, verb, late=changed).code() == "AuthFailure.SignatureFailure"
    raw = signed(emulator, verb)
    raw.headers["Host"] = "dts.tencentcloudapi.com"
    assert raw.code() == "AuthFailure.SignatureFailure"
    assert seen == []


@for_every(
    "changes, code",
    [
        ({"SecretId": ""}, "MissingParameter"),
        ({"Nonce": ""}, "MissingParameter"),
        ({"Nonce": "-1"}, "InvalidParameterValue"),
        ({"Timestamp": ""}, "MissingParameter"),
        ({"Timestamp": "now"}, "InvalidParameterValue"),
        ({"Timestamp": "1465185768"}, "AuthFailure.SignatureExpire"),
        ({"SecretId": "1250000000"}, "AuthFailure.InvalidSecretId"),
        ({"Action": ""}, "MissingParameter"),
        ({"Action": "DescribeEverything"}, "InvalidAction"),
        ({"Version": "2017-03-12"}, "NoSuchVersion"),
        ({"Region": "ap-atlantis"}, "UnsupportedRegion"),
        ({"Limit": "many"}, "InvalidParameter.InvalidParameterError"),
        ({"Bogus": "1"}, "UnknownParameter.UnknownParameterError"),
    ],
)
@for_every("verb", ["GET", "POST"], anew="emulator")
def test_each_mistake_has_its_code(
    emulator: Emulator, seen: Seen, verb: str, changes: dict[str, str], code: str
) -> None:
    seen.clear()
    assert signed(emulator, verb, "sha1", None, **changes).code() == code
    assert seen == []


def test_a_form_without_a_signature_or_with_that_of_another_method_is_refused(emulator: Emulator, seen: Seen) -> None:
    assert signed(emulator, "POST", late={"Signature": ""}).code() == "MissingParameter"
    assert Raw(emulator.endpoint, body=b"Limit=1", headers=FORM).sign().code() == "InvalidParameter"
    assert seen == []


def test_a_form_must_be_utf_8_and_at_most_a_megabyte(emulator: Emulator, seen: Seen) -> None:
    raw = signed(emulator, "POST")
    raw.body += b"&JobName=%ff"
    assert raw.code() == "InvalidParameter"
    raw = signed(emulator, "POST", JobName="a" * 1024 * 1024)
    assert raw.code() == "RequestSizeLimitExceeded"
    assert seen == []


def test_no_part_of_the_signature_reaches_the_journal(emulator: Emulator, seen: Seen) -> None:
    assert signed(emulator, "POST").code() == ""
    assert emulator.journal(ACTION)[-1]["parameters"] == {"Limit": 20}


# Names that a form may hold: those there are, parts of them, and anything.
NAMES = st.one_of(
    st.sampled_from(["Limit", "TagFilters", "TagFilters.0", "TagFilters.0.TagKey", "TagFilters.-1.TagKey", "a.", "."]),
    st.text(st.characters(codec="utf-8"), max_size=12),
)


@given(flat=st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=12), max_size=4))
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_form_holds_the_answer_is_one_of_the_api(
    emulator: Emulator, seen: Seen, flat: dict[str, str]
) -> None:
    flat = {name: value for name, value in flat.items() if name and value}
    for verb in ("GET", "POST"):
        code = signed(emulator, verb, "sha1", None, **flat).code()
        assert code.partition(".")[0] in ("", "InvalidParameter", "InvalidParameterValue", "UnknownParameter")
