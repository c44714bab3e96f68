"""Whose request is it? Verifies signatures as the API documents "Signature v3", "Signature" and "Common Params" say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from tencent_dts.emulator.http.wire import Request
from tencent_dts.emulator.world.kernel import ApiError

SERVICE = "dts"
CLOUD = ".tencentcloudapi.com"
"""The real endpoints: a name below this domain says which service it is."""
MAX_SKEW_SECONDS = 300

KIB = 1024
MIB = 1024 * KIB
MAX_GET_BYTES = 32 * KIB

UNSIGNED = "UNSIGNED-PAYLOAD"
AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<secret_id>[^/,]*)/(?P<date>[^/,]*)/(?P<service>[^/,]*)/(?P<end>[^/,]*),"
    r"\s*SignedHeaders=(?P<headers>[^,]*),\s*Signature=\s*(?P<signature>[0-9a-f]*)\s*"
)


@dataclass(frozen=True)
class Key:
    """A SecretId's other half.

    ``token`` makes it a temporary key, whose requests must carry this X-TC-Token. Keys with the same ``account``
    see the same jobs; "" gives the key an account of its own.
    """

    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    account: str = ""


@dataclass(frozen=True)
class Scheme:
    """One way of signing: which requests use it, how it is verified, how large a POST body it allows, in bytes.

    ``verify`` takes the request, the keys by SecretId and the real time in epoch seconds; it returns the SecretId
    or raises ApiError.
    """

    recognises: Callable[[Request], bool]
    verify: Callable[[Request, Mapping[str, Key], float], str]
    max_post_bytes: int


def authenticate(request: Request, keys: Mapping[str, Key], now: float) -> str:
    """Return the account that a request belongs to.

    ``now`` is the real time in epoch seconds: clients sign with their own clock, which knows no virtual time.
    Raises ApiError with an AuthFailure code when the signature, its time, the key or the token is wrong.
    """
    secret_id = _scheme(request).verify(request, keys, now)
    key = keys[secret_id]
    if not hmac.compare_digest(request.common("Token").encode(), key.token.encode()):
        raise ApiError("AuthFailure.TokenFailure", "The token is not the one that belongs to this SecretId.")
    return account_of(secret_id, key)


@lru_cache(maxsize=1024)
def account_of(secret_id: str, key: Key) -> str:
    """Return the account that a key belongs to; without one of its own, a number that is always the same."""
    if key.account:
        return key.account
    return str(100_000_000_000 + int.from_bytes(hashlib.sha256(secret_id.encode()).digest()[:8]) % 900_000_000_000)


def size_limit(request: Request) -> int:
    """Return how many bytes the query string (GET) or the body (POST) may have; it looks at the headers only."""
    return MAX_GET_BYTES if request.method == "GET" else _scheme(request).max_post_bytes


def _scheme(request: Request) -> Scheme:
    return next((scheme for scheme in SCHEMES if scheme.recognises(request)), TC3)


def check_time(timestamp: str, now: float) -> datetime:
    """Return the time of a request. Raises ApiError when it is not a time, or more than five minutes off."""
    if not timestamp:
        raise ApiError("MissingParameter", "The common parameter Timestamp is missing.")
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise ApiError("InvalidParameterValue", "The common parameter Timestamp must be a UNIX time in seconds.")
    if abs(now - int(timestamp)) > MAX_SKEW_SECONDS:
        raise ApiError(
            "AuthFailure.SignatureExpire", f"The time {timestamp} differs from the server's by over five minutes."
        )
    return datetime.fromtimestamp(int(timestamp), UTC)


def find_key(secret_id: str, keys: Mapping[str, Key]) -> Key:
    """Return the key of a SecretId. Raises ApiError when there is none."""
    if secret_id in keys:
        return keys[secret_id]
    if not re.fullmatch("AKID[0-9A-Za-z_-]+", secret_id):
        raise ApiError("AuthFailure.InvalidSecretId", "The SecretId is not that of a Tencent Cloud API key.")
    raise ApiError("AuthFailure.SecretIdNotFound", "The SecretId does not exist.")


def verify_tc3(request: Request, keys: Mapping[str, Key], now: float) -> str:
    """Verify a TC3-HMAC-SHA256 signature, over the headers as they came, in each spelling of the official SDKs."""
    found = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise ApiError("AuthFailure.InvalidAuthorization", "The header Authorization is missing or malformed.")
    key = find_key(found["secret_id"], keys)
    timestamp = request.common("Timestamp")
    date = check_time(timestamp, now).strftime("%Y-%m-%d")
    service = found["service"]
    if service not in services(request.headers.get("host", "")) or (found["date"], found["end"]) != (
        date,
        "tc3_request",
    ):
        message = f"The credential's scope must be {date}/{SERVICE}/tc3_request."
        raise ApiError("AuthFailure.SignatureFailure", message)
    signed = found["headers"].split(";")
    if not {"content-type", "host"}.issubset(signed) or not request.headers.keys() >= set(signed):
        raise ApiError("AuthFailure.SignatureFailure", "The headers content-type and host must be sent and signed.")
    signing_key = _signing_key(key.secret_key, date, service)
    for canonical in _canonicals(request, signed):
        text = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{hashlib.sha256(canonical).hexdigest()}"
        if hmac.compare_digest(_hmac(signing_key, text).hex(), found["signature"]):
            return found["secret_id"]
    raise ApiError(
        "AuthFailure.SignatureFailure", "The signature does not match what was sent, or the SecretKey is wrong."
    )


def services(host: str) -> frozenset[str]:
    """Return the service names that a request to this Host may be signed for.

    That is ``dts``. Most SDK families (Java, Node.js, PHP, Ruby, .NET, C++) take whatever stands before the first dot
    of the endpoint, with or without its port, which for an address such as 127.0.0.1:8021 is ``127``. A host below
    tencentcloudapi.com names its service, so there it has to be the right one.
    """
    bare = without_port(host)
    if bare.lower().endswith(CLOUD):
        return frozenset({SERVICE})
    return frozenset({SERVICE} | {name.partition(".")[0] for name in (host, bare)} - {""})


def without_port(host: str) -> str:
    """Return a Host without its port; ``[::1]:8021`` keeps its brackets."""
    return re.sub(":[0-9]*$", "", host)


def hosts(request: Request) -> tuple[str, ...]:
    """Return the hosts that may have been signed: as it was sent and, as the Node.js SDK does, without its port."""
    sent = request.headers.get("host", "").strip()
    return tuple(dict.fromkeys((sent, without_port(sent))))


def _canonicals(request: Request, signed: list[str]) -> Iterator[bytes]:
    """Every canonical request that a client may have signed for what was sent."""
    payload = b"" if request.method == "GET" else request.body
    if request.headers.get("x-tc-content-sha256") == UNSIGNED:
        payload = UNSIGNED.encode()
    hashed = hashlib.sha256(payload).hexdigest()
    for host in hosts(request):
        values = {**request.headers, "host": host}
        text = "".join(f"{name}:{values[name].strip()}\n" for name in signed)
        for headers in (text.lower(), text):  # the document asks for values in lower case; the SDKs keep them
            query = request.query if request.method == "GET" else ""
            yield "\n".join((request.method, "/", query, headers, ";".join(signed), hashed)).encode("latin-1")


@lru_cache(maxsize=1024)
def _signing_key(secret_key: str, date: str, service: str) -> bytes:
    return _hmac(_hmac(_hmac(f"TC3{secret_key}".encode(), date), service), "tc3_request")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signs_parameters(request: Request) -> bool:
    """Whether the request is signed in its parameters: HmacSHA1 or HmacSHA256, which use no Authorization header."""
    if "authorization" in request.headers:
        return False
    return request.is_form or (request.method == "GET" and "Signature" in request.flat_parameters)


def verify_hmac(request: Request, keys: Mapping[str, Key], now: float) -> str:
    """Verify a signature over the parameters: HmacSHA256 where SignatureMethod says so, else HmacSHA1."""
    given = request.flat_parameters
    for name in ("SecretId", "Signature", "Nonce"):
        if not given.get(name):
            raise ApiError("MissingParameter", f"The common parameter {name} is missing.")
    if not re.fullmatch("[1-9][0-9]{0,19}", given["Nonce"]):
        raise ApiError("InvalidParameterValue", "The common parameter Nonce must be a positive integer.")
    key = find_key(given["SecretId"], keys)
    check_time(given.get("Timestamp", ""), now)
    signed = "&".join(f"{name}={value}" for name, value in sorted(given.items()) if name != "Signature")
    algorithm = hashlib.sha256 if given.get("SignatureMethod") == "HmacSHA256" else hashlib.sha1
    sent = given["Signature"].strip().encode()  # Ruby's ends in a newline
    for host in hosts(request):
        text = f"{request.method}{host}/?{signed}"
        digest = hmac.new(key.secret_key.encode(), text.encode(), algorithm).digest()
        if hmac.compare_digest(base64.b64encode(digest), sent):
            return given["SecretId"]
    raise ApiError(
        "AuthFailure.SignatureFailure", "The signature does not match what was sent, or the SecretKey is wrong."
    )


TC3 = Scheme(recognises=lambda request: "authorization" in request.headers, verify=verify_tc3, max_post_bytes=10 * MIB)

HMAC = Scheme(recognises=signs_parameters, verify=verify_hmac, max_post_bytes=MIB)

SCHEMES = (HMAC, TC3)
"""Ways of signing, tried in turn."""
