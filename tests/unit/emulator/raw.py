"""Requests made by hand: signed as the API documents "Signature v3" says, then spoilt at will."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.dts.v20211206.dts_client import DtsClient
from tencentcloud.dts.v20211206.dts_client_async import DtsClient as AsyncDtsClient

SECRET_ID = "AKIDemulator"
SECRET_KEY = "emulator-secret"
REGION = "ap-guangzhou"


class Server(Protocol):
    """Whatever serves the API."""

    @property
    def endpoint(self) -> str: ...


def profile(emulator: Server, **options: Any) -> ClientProfile:
    """Return the SDK's settings for talking to an emulator."""
    http_options = {"reqTimeout": 10, "keepAlive": True, **options.pop("http", {})}
    endpoint = http_options.pop("endpoint", emulator.endpoint)
    settings = ClientProfile(
        httpProfile=HttpProfile(protocol="http", endpoint=endpoint, **http_options), language="en-US"
    )
    for name, value in options.items():
        setattr(settings, name, value)
    return settings


def client(
    emulator: Server, key: tuple[str, ...] = (SECRET_ID, SECRET_KEY), region: str = REGION, **options: Any
) -> DtsClient:
    """Return the official synchronous client."""
    return DtsClient(Credential(*key), region, profile(emulator, **options))


def async_client(emulator: Server, **options: Any) -> AsyncDtsClient:
    """Return the official asynchronous client."""
    return AsyncDtsClient(Credential(SECRET_ID, SECRET_KEY), REGION, profile(emulator, **options))


def call(sdk: DtsClient, action: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """Make a call through the SDK and return what is inside ``Response``."""
    response: dict[str, Any] = sdk.call_json(action, params or {})["Response"]
    return response


def refusal(sdk: DtsClient, action: str, params: dict[str, Any] | None = None) -> str:
    """Make a call that must fail, and return its code."""
    try:
        answer = call(sdk, action, params)
    except TencentCloudSDKException as error:
        return str(error.get_code())
    raise AssertionError(f"{action} succeeded: {answer}")


@dataclass
class Raw:
    """A request signed by hand. ``sign`` fills in what is missing; whatever is changed after it spoils it."""

    endpoint: str
    body: bytes = b"{}"
    method: str = "POST"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    signed: list[str] = field(default_factory=lambda: ["content-type", "host"])
    secret_id: str = SECRET_ID
    secret_key: str = SECRET_KEY
    service: str = "dts"
    signed_host: str = ""
    timestamp: int = field(default_factory=lambda: int(time.time()))
    date: str = ""

    def sign(self, action: str = "DescribeMigrationJobs") -> Raw:
        """Sign, and return itself."""
        content_type = "application/x-www-form-urlencoded" if self.method == "GET" else "application/json"
        self.headers = {
            "Host": self.endpoint,
            "Content-Type": content_type,
            "X-TC-Action": action,
            "X-TC-Version": "2021-12-06",
            "X-TC-Region": REGION,
            "X-TC-Timestamp": str(self.timestamp),
            **self.headers,
        }
        date = self.date or datetime.fromtimestamp(self.timestamp, UTC).strftime("%Y-%m-%d")
        lower = {name.lower(): value.lower() for name, value in self.headers.items()}
        lower["host"] = self.signed_host or lower["host"]
        payload = b"" if self.method == "GET" else self.body
        canonical = "\n".join(
            (
                self.method,
                "/",
                self.query if self.method == "GET" else "",
                "".join(f"{name}:{lower[name]}\n" for name in self.signed),
                ";".join(self.signed),
                hashlib.sha256(payload).hexdigest(),
            )
        )
        scope = f"{date}/{self.service}/tc3_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"TC3{self.secret_key}".encode()
        for part in (date, self.service, "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = f"TC3-HMAC-SHA256\n{self.timestamp}\n{scope}\n{hashed}"
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        self.headers["Authorization"] = (
            f"TC3-HMAC-SHA256 Credential={self.secret_id}/{scope}, "
            f"SignedHeaders={';'.join(self.signed)}, Signature={signature}"
        )
        return self

    def send(self) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send, and return status, headers and body."""
        host, _, port = self.endpoint.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            connection.putrequest(
                self.method, f"/?{self.query}" if self.query else "/", skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                connection.putheader(name, value)
            if self.method != "GET":
                connection.putheader("Content-Length", str(len(self.body)))
            connection.endheaders(None if self.method == "GET" else self.body)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def answer(self) -> dict[str, Any]:
        """Send, check that the answer is one of the API, and return what is inside ``Response``."""
        status, headers, body = self.send()
        assert (status, headers.get_all("Content-Type")) == (200, ["application/json"]), body[:500]
        response: dict[str, Any] = json.loads(body)["Response"]
        assert response["RequestId"]
        return response

    def code(self) -> str:
        """Send, and return the error code; "" for success."""
        return str(self.answer().get("Error", {}).get("Code", ""))
