"""One action against the DTS API: check, sign, send, classify, retry, redact.

Everything that talks to DTS goes through :meth:`DtsClient.call`; there is no synchronous twin and no
second retry policy. A client belongs to the event loop it was opened in.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self

import tenacity

from tencent_dts import settings, spec
from tencent_dts.errors import DtsError, Invalid, OutcomeUnknown, Throttled, Unavailable, classify
from tencent_dts.pacing import PACER
from tencent_dts.redaction import silence_bodies

# Fields without which an answer cannot be relied on, whatever the documentation says of null.
_INDISPENSABLE: dict[str, tuple[str, ...]] = {
    "CreateMigrationService": ("JobIds",),
    "CreateCompareTask": ("CompareTaskId",),
    "DescribeMigrationJobs": ("TotalCount",),
    "DescribeMigrationDetail": ("JobId", "Status"),
    "DescribeMigrationCheckJob": ("Status",),
    "DescribeMigrateDBInstances": ("TotalCount",),
    "DescribeCompareTasks": ("TotalCount",),
    "DescribeCompareReport": ("Abstract",),
    "CreateSyncJob": ("JobIds",),
    "DescribeSyncJobs": ("TotalCount",),
    "DescribeCheckSyncJobResult": ("Status",),
    "DescribeModifyCheckSyncJobResult": ("Status",),
    "CreateSyncCompareTask": ("CompareTaskId",),
    "DescribeSyncCompareTasks": ("TotalCount",),
    "DescribeSyncCompareReport": ("Abstract",),
    "CreateMigrateJob": ("JobId",),
    "DescribeMigrateJobs": ("TotalCount",),
    "DescribeMigrateCheckJob": ("Status",),
    "CreateSubscribe": ("SubscribeIds",),
    "ActivateSubscribe": ("AsyncRequestId",),
    "ModifySubscribeObjects": ("AsyncRequestId",),
    "DescribeSubscribes": ("TotalCount",),
    "DescribeSubscribeConf": ("SubscribeId", "Status"),
    "DescribeAsyncRequestInfo": ("Status",),
}
_SECONDS_FOR_AN_ANSWER = 30
_LONGEST_PAUSE = 20.0


@dataclass(frozen=True)
class ClientSettings:
    """Where and as whom to call; made from an Airflow connection by :class:`tencent_dts.hooks.dts.DtsHook`.

    :param endpoint: host, with port where it is not the default one; no scheme.
    :param quota_share: the part of the published rate that this process may use, above 0 up to 1.
    :param credentials: ``static`` for the keys here, ``default`` for the SDK's provider chain.
    """

    region: str
    endpoint: str = "dts.tencentcloudapi.com"
    protocol: Literal["https", "http"] = "https"
    secret_id: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    token: str | None = field(default=None, repr=False)
    role_arn: str | None = None
    credentials: Literal["static", "default"] = "static"
    language: str = "en-US"
    quota_share: float = 0.5
    connection_id: str = ""


def _build_credential(account: ClientSettings) -> Any:
    """The SDK's credential object; may do network I/O, so it runs in a thread."""
    from tencentcloud.common import credential

    if account.credentials == "default":
        return credential.DefaultCredentialProvider().get_credential()
    if account.role_arn:
        session = "airflow-tencent-dts"
        return credential.STSAssumeRoleCredential(account.secret_id, account.secret_key, account.role_arn, session)
    return credential.Credential(account.secret_id, account.secret_key, account.token)


class DtsClient:
    """An open connection to DTS, used as ``async with DtsClient(settings) as client``.

    :param account: where and as whom to call.
    :param version: API version, ``2021-12-06`` or ``2018-03-30``.
    """

    def __init__(self, account: ClientSettings, version: str = spec.VERSION_2021) -> None:
        self.account = account
        self.version = version
        self._sdk: Any = None
        self._credential: Any = None
        self._told: tuple[float, float] | None = None  # the service's time, and our clock when it was told

    async def __aenter__(self) -> Self:
        silence_bodies()
        self._credential = await asyncio.to_thread(self._authenticate)
        self._sdk = await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sdk.close()

    def _authenticate(self) -> Any:
        from tencentcloud.common.exception import TencentCloudSDKException

        try:
            return _build_credential(self.account)
        except TencentCloudSDKException as error:
            raise _from_sdk(error, "credentials", {}) from error

    def _open(self) -> Any:
        """Import the SDK here, in a thread: it takes half a second, which parsing a DAG must not."""
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile

        if self.version == spec.VERSION_2018:
            from tencentcloud.dts.v20180330.dts_client_async import DtsClient as SdkClient
        else:
            from tencentcloud.dts.v20211206.dts_client_async import DtsClient as SdkClient
        http = HttpProfile(
            protocol=self.account.protocol,
            endpoint=self.account.endpoint,
            reqTimeout=_SECONDS_FOR_AN_ANSWER,
            keepAlive=True,
        )
        # The SDK's own retryer sends a call again that has succeeded; its region breaker is broken. Both stay off.
        profile = ClientProfile(httpProfile=http, language=self.account.language, request_client="airflow-tencent-dts")
        profile.disable_region_breaker = True
        sdk = SdkClient(self._credential, self.account.region, profile)
        sdk.http_client.event_hooks["response"].append(self._note_time)
        return sdk

    async def _note_time(self, response: Any) -> None:
        try:
            told = parsedate_to_datetime(response.headers.get("Date") or "")
        except ValueError:  # none, or none that can be read: the last one goes on being counted from
            return
        self._told = (told.timestamp(), time.monotonic())

    def now(self) -> float:
        """The time in epoch seconds by the clock of the service, as its answers date themselves.

        What the service says of its times is judged by this, not by the clock of a worker, which may be wrong. Ours is
        taken where no answer was dated.
        """
        if self._told is None:
            return time.time()
        at, since = self._told
        return at + time.monotonic() - since

    async def call(self, action: str, params: Mapping[str, Any] | None = None, *, until: float | None = None) -> Any:
        """Call one action and return the fields of its answer.

        Reads are retried through throttling, outages and lost answers. A changing call is sent once: what was judged
        before it may no longer hold when it is sent again, so the caller looks again first, see
        :func:`tencent_dts.converge.converge`.

        :param params: the request; ``None`` values are left out.
        :param until: epoch seconds to go on trying a read until; default ``[tencent_dts] call_deadline`` from now.
        :raises DtsError: of the class that the error code belongs to.
        """
        request = {name: value for name, value in (params or {}).items() if value is not None}
        self._check(action, request)
        if not action.startswith("Describe"):
            return await self._send(action, request)
        deadline = until if until is not None else time.time() + settings.call_deadline()
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type((Throttled, Unavailable, OutcomeUnknown)),
            wait=lambda state: backoff(state.attempt_number),
            stop=lambda _: time.time() >= deadline,
            reraise=True,
        )
        return await retrying(self._send, action, request)

    def _check(self, action: str, request: Mapping[str, Any]) -> None:
        if problems := spec.load(self.version).problems(action, request):
            raise Invalid(
                "InvalidParameter (found before sending)",
                "; ".join(problem.message for problem in problems),
                action=action,
                job_id=request.get("JobId"),
            )

    async def _send(self, action: str, request: dict[str, Any]) -> Any:
        published = spec.load(self.version).actions[action].rate_per_second
        key = self.account.secret_id or self.account.connection_id
        await PACER.wait_turn(key, action, published * self.account.quota_share)
        if self.account.role_arn or self.account.credentials == "default":
            await asyncio.to_thread(self._refresh, action, request)
        answer = await self._exchange(action, request)
        body = answer.get("Response") if isinstance(answer, dict) else None
        wanted = ("RequestId", *_INDISPENSABLE.get(action, ()))
        missing = [name for name in wanted if not isinstance(body, dict) or body.get(name) in (None, "", [])]
        if missing:
            raise OutcomeUnknown(
                "IncompleteAnswer",
                f"the answer lacks {', '.join(missing)}",
                action=action,
                job_id=request.get("JobId"),
            )
        return body

    def _refresh(self, action: str, request: Mapping[str, Any]) -> None:
        """Renew temporary keys that have run out, in a thread: it is blocking I/O to another service."""
        from tencentcloud.common.exception import TencentCloudSDKException

        try:
            self._credential.get_credential_info()
        except TencentCloudSDKException as error:
            raise _from_sdk(error, action, request) from error

    async def _exchange(self, action: str, request: dict[str, Any]) -> Any:
        import httpx
        from tencentcloud.common.exception import TencentCloudSDKException

        try:
            return await self._sdk.call_and_deserialize(action, request, resp_cls=dict)
        except TencentCloudSDKException as error:
            raise _from_sdk(error, action, request) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise _lost(f"{type(error).__name__}: {error}", action, request) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _lost("the answer is no JSON of the documented form", action, request) from error


def backoff(attempt: int) -> float:
    """Seconds to pause after so many failed attempts in a row: exponential, with full jitter, 20 at most."""
    return random.uniform(0, min(_LONGEST_PAUSE, 2.0 ** (attempt - 1)))  # noqa: S311 - spreads load, guards nothing


def _from_sdk(error: Any, action: str, request: Mapping[str, Any]) -> DtsError:
    code = str(error.get_code())
    # For an HTTP status other than 200 the SDK passes the whole body as message; it may hold anything.
    message = "the server answered without a result" if code == "ServerNetworkError" else str(error.get_message())
    kind = classify(code)
    return kind(code, message, action=action, request_id=error.get_request_id(), job_id=request.get("JobId"))


def _lost(reason: str, action: str, request: Mapping[str, Any]) -> OutcomeUnknown:
    return OutcomeUnknown("ClientNetworkError", reason, action=action, job_id=request.get("JobId"))
