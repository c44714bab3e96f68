"""A DTS to hold against its documents: the emulator or the real service, both through the official SDK alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.dts.v20180330.dts_client import DtsClient as Client2018
from tencentcloud.dts.v20211206.dts_client import DtsClient as Client2021

from tencent_dts.spec import VERSION_2018, VERSION_2021, Field, load
from tests.contract.shapes import missing, strangers

CLIENTS = {VERSION_2021: Client2021, VERSION_2018: Client2018}
SECONDS = 60
THROTTLED_TIMES = 60


class Refusal(Exception):
    """The service refused a call, or no answer came: then ``code`` is the SDK's own, such as ClientNetworkError."""

    def __init__(self, action: str, error: TencentCloudSDKException) -> None:
        self.code = str(error.get_code())
        self.request_id = str(error.get_request_id() or "")
        # The message may repeat what was sent, so only the code is shown.
        super().__init__(f"{action}: {self.code} (RequestId {self.request_id or 'none'})")


@dataclass(frozen=True)
class Service:
    """One account in one region of a DTS.

    ``endpoint``: host and port; ``protocol``: http or https. ``pause`` lets seconds pass: really, or on an emulator's
    clock. ``interval``: seconds from one look at a job to the next.
    """

    endpoint: str
    protocol: str
    region: str
    secret_id: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    interval: float = 10.0
    pause: Callable[[float], None] = time.sleep
    findings: list[str] = field(default_factory=list)

    def call(self, action: str, params: Mapping[str, Any] | None = None, version: str = VERSION_2021) -> dict[str, Any]:
        """Make a call, once, and hold the answer against the documents' data types.

        :raises Refusal: the service refused it, or no answer came.
        """
        profile = ClientProfile(
            httpProfile=HttpProfile(protocol=self.protocol, endpoint=self.endpoint, reqTimeout=SECONDS),
            language="en-US",
        )
        client = CLIENTS[version](Credential(self.secret_id, self.secret_key, self.token or None), self.region, profile)
        answer: dict[str, Any] = self._admitted(lambda: client.call_json(action, dict(params or {})), action)[
            "Response"
        ]
        shapes = load(version)
        fields = {**shapes.actions[action].response, "RequestId": Field("String")}
        self.found(action, strangers(shapes.types, fields, answer))
        return answer

    def _admitted(self, send: Callable[[], Any], action: str) -> Any:
        """Send a call; again only where it was refused, before anything else, because there were too many."""
        for _ in range(THROTTLED_TIMES):
            try:
                return send()
            except TencentCloudSDKException as error:
                refusal = Refusal(action, error)
            if not refusal.code.startswith("RequestLimitExceeded"):
                break
            time.sleep(1)
        raise refusal

    def like(self, action: str, example: Any, answer: Any) -> None:
        """Note where an answer lacks what the documents' example has."""
        self.found(action, missing(example, answer))

    def found(self, action: str, differences: Any) -> None:
        """Note differences between an answer and the documents: paths and types, never values."""
        for difference in differences:
            text = f"{action} {difference}"
            if text not in self.findings:
                self.findings.append(text)
