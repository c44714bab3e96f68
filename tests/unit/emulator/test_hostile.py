"""Whatever comes over the wire, the server answers or closes, breaks on nothing, and lets nobody in unsigned."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.http import signatures
from tencent_dts.emulator.http.signatures import Key
from tencent_dts.emulator.http.visitors import is_local
from tencent_dts.emulator.http.wire import Request
from tencent_dts.emulator.world.kernel import ApiError
from tests.rules import for_every
from tests.unit.emulator.cloud import PURCHASE
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY, Raw, call, client
from tests.unit.emulator.wire_bytes import Heard, exchange, request, signed

JSON_TYPE = "Content-Type: application/json"
MIB = 1024 * 1024


class Stranger:
    """Whoever sends bytes: nothing is carried out of them or logged as broken, and the server goes on answering."""

    def __init__(self, emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
        self.emulator, self.caplog = emulator, caplog
        self.looked = 0  # the number of the last call that was our own look
        caplog.set_level(logging.ERROR)

    def __call__(self, sent: bytes) -> Heard:
        heard = exchange(self.emulator.endpoint, sent)
        assert not heard.status.startswith("5"), heard.whole
        assert b"InternalError" not in heard.whole
        return heard

    def after_each(self) -> None:
        """Nothing was carried out or logged as broken, and the server answers."""
        logged = [record.getMessage() for record in self.caplog.records]
        self.caplog.clear()
        assert logged == []
        assert [entry for entry in self.emulator.journal(after=self.looked) if not entry["code"]] == []
        assert self.emulator.jobs() == []
        assert call(client(self.emulator), "DescribeMigrationJobs")["TotalCount"] == 0
        self.looked = self.emulator.journal()[-1]["sequence"]


@pytest.fixture
def hostile(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> Iterator[Stranger]:
    """Send bytes; that they did no harm is looked at in the end, and after each value of a rule."""
    stranger = Stranger(emulator, caplog)
    yield stranger
    stranger.after_each()


def nested(depth: int, opening: bytes = b"[", inner: bytes = b"", closing: bytes = b"]") -> bytes:
    return opening * depth + inner + closing * depth


NO_HTTP = {
    "noise": b"\x00\xff\x80" * 100,
    "nothing": b"",
    "an empty line": b"\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "one long line": b"A" * 200_000,
}
FRAMING = {
    "two hosts": b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
    "no host": b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0": b"POST / HTTP/1.0\r\n\r\n",
    "line feeds alone": b"POST / HTTP/1.1\nHost: x\n\n",
    "two lengths": request("POST", "/", "Content-Length: 1", "Content-Length: 2", body=b"ab", length=False),
    "a negative length": request("POST", "/", "Content-Length: -1"),
    "a huge length": request("POST", "/", "Content-Length: " + "9" * 19),
    "a length beyond counting": request("POST", "/", "Content-Length: " + "9" * 5000),
    "a length in other digits": request("POST", "/", "Content-Length: \xb2"),
    "length and chunks": request("POST", "/", "Content-Length: 3", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "a chunk without a size": request("POST", "/", "Transfer-Encoding: chunked", body=b"zz\r\nabc\r\n", length=False),
    "a chunk too large": request("POST", "/", "Transfer-Encoding: chunked", body=b"F" * 16 + b"\r\nabc", length=False),
    "another encoding": request("POST", "/", "Transfer-Encoding: gzip", body=b"abc", length=False),
    "half a body": request("POST", "/", "Content-Length: 100", body=b"{}", length=False),
    "one long header": request("POST", "/", "X: " + "a" * 200_000),
    "many headers": request("POST", "/", *(f"X-{number}: 1" for number in range(3000))),
    "a zero byte": request("POST", "/", "X: a\x00b"),
    "a folded header": request("POST", "/", "X: a", " b: c"),
    "two authorizations": request("POST", "/", "Authorization: a", "Authorization: b"),
    "bytes above ASCII": request("POST", "/", "X-TC-Action: \xff\xfe", "Authorization: \xb5\xdf"),
    "a body that is announced and awaited": request("POST", "/", "Expect: 100-continue", body=b"{}"),
    "a web socket": request("GET", "/", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"),
    "HTTP/2 on request": request("GET", "/", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"),
    "CONNECT": request("CONNECT", "elsewhere.example:80"),
    "CONNECT to the API": request("CONNECT", "/"),
    "another server": request("GET", "http://elsewhere.example/"),
    "no path": request("OPTIONS", "*"),
    "a made-up method": request("BUY", "/"),
    "a body that is too large": request("POST", "/", JSON_TYPE, body=b" " * (10 * MIB + 1)),
}
PATHS = (
    *("/../", "//", "/%2e%2e/", "/%2F", "/.", "/./", "/%00", "/%ff", "/%", "/;/", "/\\..\\", "/v2/index.php"),
    *("/?%ff", "/??", "/?X-TC-Action=%ff&Signature=%ff", "/?" + "a" * 40_000, "/" + "a" * 60_000, "/?a[]=1&a=2&.=3"),
    *("/_emulator", "/_emulator/", "/_emulator/../", "/_emulator//health", "//_emulator/health", "/_EMULATOR/health"),
    *("/_emulator/%2e%2e/", "/_emulator/health/", "/_emulator/health/../../", "/_emulator/journal?after=x"),
    *("/_emulator/journal?after=" + "9" * 20, "/_emulator/journal?after=" + "9" * 6000, "/_emulator/faults?id=-"),
    "/_emulator/journal?action=%00%ff",
)


@for_every("name", [*NO_HTTP, *FRAMING], anew="hostile")
def test_what_is_hardly_http_is_answered_or_closed(hostile: Stranger, name: str) -> None:
    heard = hostile((NO_HTTP | FRAMING)[name])
    if heard.status == "200" and b"100 Continue" not in heard.whole:
        code = json.loads(heard.body)["Response"]["Error"]["Code"]
        assert code.split(".")[0] in ("AuthFailure", "UnsupportedProtocol", "RequestSizeLimitExceeded")


@for_every("path", PATHS, anew="hostile")
def test_no_path_leads_anywhere_else(hostile: Stranger, path: str) -> None:
    for method in ("GET", "POST"):
        heard = hostile(request(method, path, JSON_TYPE, body=b"{}" if method == "POST" else b""))
        if heard.status == "200" and not path.startswith("/_emulator/"):
            assert json.loads(heard.body)["Response"]["Error"]["Code"]
        assert b"location:" not in heard.whole.lower()


BODIES = {
    **{f"{depth} lists": b'{"JobName":' + nested(depth) + b"}" for depth in (40, 600, 970, 990, 100_000)},
    **{f"{depth} objects": nested(depth, b'{"a":', b"1", b"}") for depth in (40, 600, 970, 990, 100_000)},
    "half a pair": b'{"JobName": "\\ud800"}',
    "one name twice": b'{"Limit": 1, "Limit": "x"}',
    "ten thousand names": json.dumps({f"n{number}": number for number in range(10_000)}).encode(),
    "a list of two million": b'{"TagFilters": [' + b"1," * 2_000_000 + b"1]}",
    "a list of ten thousand": b'{"TagFilters": [' + b"1," * 10_000 + b"1]}",
    "zero bytes": b'{"JobName": "\\u0000"}\x00',
}


@for_every("fault", [None, {"code": "InternalError"}, {"when": "after", "code": "X"}], ids=str)
@for_every("name", BODIES, anew="emulator")
def test_a_signed_body_of_any_shape_is_an_error_of_the_api(emulator: Emulator, name: str, fault: Any) -> None:
    if fault:
        emulator.add_fault(fault)
    answer = Raw(emulator.endpoint, body=BODIES[name]).sign().answer()
    assert answer["Error"]["Code"].split(".")[0] in (
        *("UnknownParameter", "InvalidParameter", "InvalidParameterValue"),
        *("InternalError", "X"),
    )
    assert emulator.journal()[-1]["code"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.binary(max_size=300))
@example(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\x00\r\n\r\n")
def test_random_bytes_are_answered_or_closed(hostile: Stranger, sent: bytes) -> None:
    assert hostile(sent).status in ("", "400", "404", "200")


HEADER_NAMES = st.sampled_from(
    ["Authorization", "X-TC-Action", "X-TC-Timestamp", "X-TC-Token", "Content-Type", "Content-Length", "Host", "X"]
)
HEADER_TEXTS = st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=st.lists(st.tuples(HEADER_NAMES, HEADER_TEXTS), max_size=5), body=st.binary(max_size=50))
def test_random_headers_open_nothing(hostile: Stranger, headers: list[tuple[str, str]], body: bytes) -> None:
    heard: Heard = hostile(request("POST", "/", *(f"{name}: {text}" for name, text in headers), body=body))
    if heard.status == "200":
        assert b'"Error"' in heard.whole


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_signed_request_with_one_byte_changed_is_never_carried_out(hostile: Stranger, at: int, flip: int) -> None:
    """The purchase is what its signature says, or nothing: headers that are not signed are read but change no body."""
    raw = Raw("127.0.0.1", body=json.dumps(PURCHASE).encode(), signed=["content-type", "host", "x-tc-action"])
    raw.sign("CreateMigrationService")
    part = (raw.body, raw.headers["Authorization"].encode())[at % 2]
    place = at // 2 % len(part)
    changed = part[:place] + bytes([part[place] ^ flip]) + part[place + 1 :]
    body = changed if at % 2 == 0 else raw.body
    headers = {
        **raw.headers,
        "Authorization": raw.headers["Authorization"] if at % 2 == 0 else changed.decode("latin-1"),
    }
    lines = [f"{name}: {value}" for name, value in headers.items() if name != "Host"]
    hostile(request("POST", "/", *lines, body=body))


def test_a_replay_within_five_minutes_is_a_second_call_and_after_them_none(emulator: Emulator) -> None:
    """Signature v3 has no nonce: what was sent twice buys twice, as with the real service."""
    raw = Raw(emulator.endpoint, body=json.dumps(PURCHASE).encode()).sign("CreateMigrationService")
    assert (raw.code(), raw.code()) == ("", "")
    assert len(emulator.jobs()) == 2
    replayed = Request("POST", "", {name.lower(): value for name, value in raw.headers.items()}, raw.body)
    keys = {SECRET_ID: Key(SECRET_KEY)}
    assert signatures.authenticate(replayed, keys, raw.timestamp + 300)
    for seconds in (301, -301):
        with pytest.raises(ApiError, match=r"AuthFailure\.SignatureExpire"):
            signatures.authenticate(replayed, keys, raw.timestamp + seconds)


def test_a_replay_to_another_host_or_as_another_action_is_refused(emulator: Emulator) -> None:
    raw = Raw(emulator.endpoint, signed=["content-type", "host", "x-tc-action"]).sign("DescribeMigrationJobs")
    for header, value in (("Host", "elsewhere.example"), ("X-TC-Action", "CreateMigrationService")):
        spoilt = Raw(emulator.endpoint, headers=dict(raw.headers))
        spoilt.headers[header] = value
        assert spoilt.code() == "AuthFailure.SignatureFailure"


def test_a_client_that_stops_in_the_middle_holds_nobody_else(emulator: Emulator) -> None:
    import socket

    host, _, port = emulator.endpoint.rpartition(":")
    stalled = [socket.create_connection((host, int(port))) for _ in range(50)]
    try:
        for connection in stalled:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        before = time.monotonic()
        assert call(client(emulator), "DescribeMigrationJobs")["TotalCount"] == 0
        assert time.monotonic() - before < 2
    finally:
        for connection in stalled:
            connection.close()


SEEDS = (
    *('{"match": {"any": true}, "compare": {"rows": 1}}', '{"match": {"any": true}, "compare": {"rows": [1]}}'),
    *('{"match": {"any": true}, "checks": {"OptimizeCheck": []}}', '{"match": {"Tag": []}}', '{"instances": 5}'),
    *('{"match": {"any": true}, "lag": {"seconds": "x"}}', '{"match": {"any": true}, "lag": {"drain": -1}}'),
    *(
        '{"match": {"any": true}, "compare": {"different_tables": "x"}}',
        '{"instances": [5]}',
        '{"match": {"Tag": [1]}}',
    ),
    *(
        '{"match": {"any": true}, "compare": {"skipped_tables": true}}',
        '{"match": {"any": true}, "lag": {"drain": 1e99}}',
    ),
    *('{"match": {"any": true}, "compare": {"message": 5}}', '{"match": {"any": true}, "force_status": "\\ud800"}'),
    '{"match": {"any": true}, "compare": {"rows": [{"Db": 1, "Table": 2}]}}',
)
ARGUMENTS = [
    *(("clock", body) for body in ('{"advance": 1e308}', '{"advance": 1e12}', '{"advance": NaN}', '{"speed": 1e308}')),
    *(
        ("clock", body)
        for body in ('{"advance": ' + "9" * 400 + "}", '{"speed": Infinity}', '{"speed": -1}', "null", "")
    ),
    *(("faults", body) for body in ('{"code": "\\ud800"}', '{"latency": 1e308}', '{"latency": NaN}', '{"drop": {}}')),
    *(("faults", body) for body in ('{"code": "a", "seed": ' + "9" * 4000 + "}", '{"status": 301}', '{"code": ["a"]}')),
    *(("seed", body) for body in SEEDS),
    *((name, nested(600).decode()) for name in ("clock", "faults", "seed")),
    *((name, '{"a":' * 40 + "1" + "}" * 40) for name in ("clock", "faults", "seed")),
    *((name, " " * (MIB + 1)) for name in ("clock", "faults", "seed")),
]


@for_every("name, body", ARGUMENTS, anew="emulator")
def test_wrong_arguments_of_the_admin_api_change_nothing(emulator: Emulator, name: str, body: str) -> None:
    call(client(emulator), "CreateMigrationService", PURCHASE)
    before = (emulator.clock()["now"], emulator.faults(), emulator.meter())
    heard = exchange(emulator.endpoint, request("POST", f"/_emulator/{name}", JSON_TYPE, body=body.encode()))
    assert heard.status == "400", heard.whole
    assert json.loads(heard.body)["error"]
    assert (emulator.clock()["now"], emulator.faults(), emulator.meter()) == before


@for_every(
    "headers",
    [
        ["Origin: https://page.example"],
        ["Origin: null"],
        ["Origin: http://127.0.0.1:1"],
        ["Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-site"],
    ],
    ids=str,
)
@for_every("method, name", [("POST", "reset"), ("GET", "journal"), ("DELETE", "faults")], anew="emulator")
def test_a_page_of_another_place_may_not_use_the_admin_api(
    emulator: Emulator, method: str, name: str, headers: list[str]
) -> None:
    emulator.add_fault({"code": "InternalError"})
    heard = exchange(emulator.endpoint, request(method, f"/_emulator/{name}", *headers, host=emulator.endpoint))
    assert heard.status == "403"
    assert b"access-control-allow" not in heard.whole.lower()
    assert len(emulator.faults()) == 1


def test_a_name_that_was_made_to_point_here_may_not_use_the_admin_api(emulator: Emulator) -> None:
    for host in (
        "rebound.example",
        "rebound.example:8021",
        "127.0.0.1.rebound.example",
        "[::1",
        "",
        "localhost.",
        "\xff.",
    ):
        heard = exchange(emulator.endpoint, request("POST", "/_emulator/reset", "Content-Length: 0", host=host))
        assert heard.status in ("400", "403"), host
    for host in ("127.0.0.1:8021", "localhost:8021", "LOCALHOST", "[::1]:8021", "emulator:8021", "dts.localhost"):
        assert is_local(host)


FROM_ELSEWHERE: list[dict[str, str]] = [
    {"Origin": "https://page.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "rebound.example"},
    {"Host": "127.0.0.1.rebound.example:8021"},
]


@for_every("headers", FROM_ELSEWHERE, ids=str, anew="emulator")
def test_a_page_of_another_place_may_not_use_the_api(emulator: Emulator, headers: dict[str, str]) -> None:
    """Whatever it signs: with a published key it can sign a GET, which a browser sends without asking first."""
    listing = Raw(emulator.endpoint, method="GET", headers=headers, query="Limit=1").sign("DescribeMigrationJobs")
    purchase = Raw(emulator.endpoint, body=json.dumps(PURCHASE).encode(), headers=headers)
    assert listing.code() == purchase.sign("CreateMigrationService").code() == "UnauthorizedOperation"
    host = headers.get("Host", emulator.endpoint)
    given = {
        "Action": "DescribeMigrationJobs",
        "Version": "2021-12-06",
        "Region": REGION,
        "SecretId": SECRET_ID,
        "Timestamp": str(int(time.time())),
        "Nonce": "7",
    }
    text = f"GET{host}/?" + "&".join(f"{name}={given[name]}" for name in sorted(given))
    signature = base64.b64encode(hmac.new(SECRET_KEY.encode(), text.encode(), "sha1").digest()).decode()
    query = urlencode({**given, "Signature": signature})
    lines = [f"{name}: {value}" for name, value in headers.items() if name != "Host"]
    heard = exchange(emulator.endpoint, request("GET", f"/?{query}", *lines, host=host))
    assert json.loads(heard.body)["Response"]["Error"]["Code"] == "UnauthorizedOperation"
    assert emulator.jobs() == []
    assert [entry["code"] for entry in emulator.journal()] == ["UnauthorizedOperation"] * 3


def test_a_page_of_the_emulator_itself_and_a_program_may(emulator: Emulator) -> None:
    for headers in (
        [],
        [f"Origin: http://{emulator.endpoint}", "Sec-Fetch-Site: same-origin"],
        ["Sec-Fetch-Site: none"],
    ):
        sent = request("GET", "/_emulator/health", *headers, host=emulator.endpoint)
        assert exchange(emulator.endpoint, sent).status == "200"


def test_no_answer_lets_another_page_read_it(emulator: Emulator) -> None:
    raw = Raw(emulator.endpoint, headers={"Origin": "https://page.example"}).sign()
    _, headers, _ = raw.send()
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert REGION in raw.headers["X-TC-Region"]
    assert b"access-control" not in exchange(emulator.endpoint, signed(emulator.endpoint, b"{}")).whole.lower()
