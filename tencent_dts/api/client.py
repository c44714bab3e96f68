"""One action against the DTS API: check, sign, send, classify, retry, redact.

Everything that talks to DTS goes through :meth:`DtsClient.call`; there is no synchronous twin and no
second retry policy. A client belongs to the event loop it was opened in.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import tenacity

from tencent_dts import metrics, settings, spec
from tencent_dts.api import answers
from tencent_dts.api.answers import Request
from tencent_dts.api.pacing import PACER, drawn
from tencent_dts.api.redaction import silence_bodies
from tencent_dts.errors import OUTAGES, DtsError, Invalid, InvalidInput, OutcomeUnknown, Throttled
from tencent_dts.model.answers import Item

if TYPE_CHECKING:
    from tencent_dts.model.operation import Operation
    from tencent_dts.model.resource import Resource


log = logging.getLogger(__name__)

_LONGEST_PAUSE = 20.0
_SECONDS_FOR_AN_ANSWER = 30.0  # from the first byte sent to the last one received
_NOTHING: Request = {}
_NOT_ASCII = "a header of the request holds a character outside ASCII; look at the connection"
# What the HTTP library reads from the environment of the process when it opens a client.
_ENVIRONMENT = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@dataclass(frozen=True)
class ClientSettings:
    """Where and as whom to call; made from an Airflow connection by :class:`tencent_dts.hooks.dts.DtsHook`.

    :param endpoint: host, with port where it is not the default one; no scheme.
    :param quota_share: the part of the published rate that this host may use, above 0 up to 1.
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


class Book(Protocol):
    """What is known of jobs beyond DTS's answers: which run holds one, and how it ended.

    Every changing call asks it, and every read of a job reports to it what was seen.
    """

    async def allow(self, resource: Resource, job_id: str, item: Item) -> None:
        """Before each changing call; raises where a living run holds the job."""

    def saw(self, resource: Resource, job_id: str, item: Item) -> None:
        """A job was seen in an answer."""

    async def missing(self, resource: Resource, job_id: str, *, for_good: bool = False) -> None:
        """A job was not found; raises unless its ending is known."""

    async def ending(self, job_id: str) -> object:
        """How a job ended, for people; ``None`` where that is not known."""

    def called(self) -> None:
        """A call that changes something is about to be sent."""

    async def sending(self, operation: Operation, job_id: str, item: Item) -> None:
        """A call is about to be sent."""

    async def refused(self, operation: Operation, job_id: str) -> None:
        """It was refused: it did nothing."""

    async def accepted(self, operation: Operation, job_id: str, item: Item) -> None:
        """It was accepted."""


_A_MOMENT = 1.0  # seconds


@dataclass(frozen=True)
class Latest:
    """A resource as a client has read it last of all.

    :param what: the action, and the ids that it was asked for.
    :param sent: how many calls the client had sent by then; once it has sent another, this is not the last any more.
    :param at: when, by ``time.monotonic()``.
    """

    what: tuple[str, Request]
    item: Item
    sent: int
    at: float

    def stands_for(self, what: tuple[str, Request], sent: int) -> bool:
        """Whether another look could hardly show more: nothing was called since, and it was a moment ago."""
        return what == self.what and sent == self.sent and time.monotonic() - self.at < _A_MOMENT


class DtsClient:
    """An open connection to DTS, used as ``async with DtsClient(settings) as client``.

    :param account: where and as whom to call.
    :param version: API version, ``2021-12-06`` or ``2018-03-30``.
    :param book: the records of jobs; without it nothing can be changed through this client.
    """

    def __init__(self, account: ClientSettings, version: str = spec.VERSION_2021, *, book: Book | None = None) -> None:
        self.book = book
        self.account = account
        self.version = version
        self.patience = settings.call_timeout
        """How many seconds a call is tried that names no end itself."""
        self._sdk: Any = None
        self._credential: Any = None
        self._paced_as = account.secret_id or account.connection_id
        self._turns: set[str] = set()  # actions whose next call need not wait
        self.sent = 0  # calls, repeats included
        self.latest: Latest | None = None
        self._dated: tuple[float, float] | None = None  # the service's time, and our clock when it arrived

    async def __aenter__(self) -> Self:
        silence_bodies()
        await self._in_a_thread(self._authenticate)
        try:
            self._sdk = await asyncio.to_thread(self._open)
        except Exception as error:  # noqa: BLE001 - of whatever class: its text may hold a proxy's password
            # A proxy, a certificate file or a language cannot be used; ours names the class of that error alone.
            raise self._unusable(type(error).__name__) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sdk.close()

    def _authenticate(self) -> None:
        self._credential = _build_credential(self.account)

    def _refresh(self) -> None:
        """Renew temporary keys that have run out; this is blocking I/O to another service."""
        self._credential.get_credential_info()

    async def _in_a_thread(
        self, work: Callable[[], None], action: str = "credentials", request: Request = _NOTHING
    ) -> None:
        """Do what the SDK does for credentials, beside the loop and not for ever; its errors become ours.

        :raises DtsError: the SDK has no credentials, or the service that provides them refuses or does not answer.
        """
        from tencentcloud.common.exception import TencentCloudSDKException

        try:
            async with asyncio.timeout(_SECONDS_FOR_AN_ANSWER):
                return await asyncio.to_thread(work)
        except TencentCloudSDKException as error:
            failure = _from_sdk(error, action, request)
        except Exception as error:  # noqa: BLE001 - of whatever class: its text may hold what was read of a key
            failure = answers.lost(f"no credentials could be had: {type(error).__name__}", action, request)
        failure.called_with(self.account.connection_id)
        raise failure

    def _unusable(self, what: str) -> InvalidInput:
        given = [name for name in _ENVIRONMENT if os.environ.get(name) or os.environ.get(name.lower())]
        environment = f", or {', '.join(given)} in the environment of this process" if given else ""
        # Neither a value nor the library's own words: a proxy's address may hold a password.
        return InvalidInput(
            f"connection {self.account.connection_id}{environment}",
            f"no client can be opened ({what})",
            origin="connection",
        )

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
            date = parsedate_to_datetime(response.headers.get("Date") or "")
        except ValueError:  # none, or none that can be read: the last one goes on being counted from
            return
        self._dated = (date.timestamp(), time.monotonic())

    def now(self) -> float:
        """The time in epoch seconds by the clock of the service, as its answers date themselves.

        What the service says of its times is judged by this, not by the clock of a worker, which may be wrong. Ours is
        taken where no answer was dated.
        """
        if self._dated is None:
            return time.time()
        at, since = self._dated
        return at + time.monotonic() - since

    async def call(self, action: str, params: Request | None = None, *, until: float | None = None) -> Any:
        """Call one action and return the fields of its answer.

        Reads are retried through throttling, outages and lost answers. A changing call is sent once: what was judged
        before it may no longer hold when it is sent again, so the caller looks again first, see
        :func:`tencent_dts.engine.converge.converge`.

        :param params: the request; ``None`` values are left out.
        :param until: when to stop trying a read, by ``time.monotonic()``; default: ``[tencent_dts] call_timeout`` from
            now.
        :raises DtsError: of the class that the error code belongs to.
        """
        request = {name: value for name, value in (params or {}).items() if value is not None}
        self._check(action, request)
        if not spec.only_reads(action):
            if self.book is not None:
                self.book.called()
            answer = await self._send(action, request)
            log.info("%s was accepted: %s", action, _named({**request, **answer}))
            return answer
        return await self._retrying(until)(self._send, action, request)

    async def take_turn(self, action: str, *, until: float | None = None) -> None:
        """Wait for the turn of a call that changes something, and renew the keys for it.

        Both can take long. Done before what the call depends on is read for the last time, they leave nothing between
        that reading and the call: the next call of this action is sent at once.

        :param until: when to stop trying, by ``time.monotonic()``; default ``[tencent_dts] call_timeout`` from now.
        """
        await self._retrying(until)(self._prepare, action, _NOTHING)
        self._turns.add(action)

    def _retrying(self, until: float | None) -> tenacity.AsyncRetrying:
        deadline = until if until is not None else time.monotonic() + self.patience()
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(OUTAGES),
            wait=lambda state: backoff(state.attempt_number),
            stop=lambda _: time.monotonic() >= deadline,
            before_sleep=_warn_once,
            reraise=True,
        )

    def _check(self, action: str, request: Request) -> None:
        if problems := spec.load(self.version).problems(action, request):
            raise Invalid(
                "InvalidParameter (found before sending)",
                "; ".join(problem.message for problem in problems),
                action=action,
                job_id=answers.job_of(request),
            )

    async def _prepare(self, action: str, request: Request) -> None:
        """Wait for a turn, unless one is kept, and renew keys that run out."""
        if action not in self._turns:
            published = spec.load(self.version).actions[action].rate_per_second
            began = time.monotonic()
            await PACER.wait_turn(self._paced_as, action, published * self.account.quota_share)
            metrics.send(metrics.TURN_TIME, 1000 * (time.monotonic() - began), action=action)
        if self.account.role_arn or self.account.credentials == "default":
            await self._in_a_thread(self._refresh, action, request)

    async def _send(self, action: str, request: Request) -> answers.Fields:
        if action in self._turns:
            self._turns.remove(action)
        else:
            await self._prepare(action, request)
        began, code = time.monotonic(), "cancelled"
        try:
            answer = await self._exchange(action, request)
            found = answers.fields_of(answer, spec.load(self.version), action, request)
            code = "OK"
            PACER.passed(self._paced_as, action)
        except DtsError as error:
            code = metrics.of_code(error.code)
            if isinstance(error, Throttled):
                PACER.refused(self._paced_as, action)
                metrics.send(metrics.THROTTLED, action=action)
            error.called_with(self.account.connection_id)
            raise
        finally:
            metrics.send(metrics.CALLS, action=action, code=code)
            metrics.send(metrics.CALL_TIME, 1000 * (time.monotonic() - began), action=action)
        return found

    async def _exchange(self, action: str, request: Request) -> object:
        import httpx
        from tencentcloud.common.exception import TencentCloudSDKException

        self.sent += 1
        try:
            # The SDK bounds each read; a server that drips a byte at a time would hold the call for ever.
            async with asyncio.timeout(_SECONDS_FOR_AN_ANSWER):
                return await self._sdk.call_and_deserialize(action, request, resp_cls=dict)
        except TimeoutError:
            failure: DtsError = answers.lost(f"no whole answer within {_SECONDS_FOR_AN_ANSWER:g} s", action, request)
        except TencentCloudSDKException as error:
            failure = _from_sdk(error, action, request)
        except (httpx.NetworkError, httpx.TimeoutException) as error:  # the operating system's own words
            failure = answers.lost(f"{type(error).__name__}: {error}", action, request)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = answers.lost(type(error).__name__, action, request)
        except UnicodeEncodeError:
            failure = Invalid("InvalidParameter (found before sending)", _NOT_ASCII, action=action)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            failure = answers.unfit(["it is no JSON of an answer"], action, request)
        except RuntimeError:  # as the HTTP library says it
            failure = answers.lost("the client was closed meanwhile", action, request)
        # Raised out here, the error has no context: what was caught may hold the body, and a log would show it.
        raise failure


_NAMES = ("JobId", "JobIds", "SubscribeId", "SubscribeIds", "CompareTaskId", "StepIds", "AsyncRequestId", "RequestId")


def _named(fields: Request) -> str:
    """The ids among the fields of a request and of its answer: what a call was about, and nothing secret."""
    return ", ".join(f"{name} {fields[name]}" for name in _NAMES if fields.get(name))


def _warn_once(state: tenacity.RetryCallState) -> None:
    """Say that retrying begins, once for each call; how it ends shows by itself."""
    failure = state.outcome.exception() if state.outcome else None
    if state.attempt_number == 1 and isinstance(failure, DtsError):
        log.warning("%s; trying again (%s)", failure.what, _named({"RequestId": failure.request_id}) or failure.cause)


def backoff(attempt: int) -> float:
    """Seconds to pause after a number of failed attempts in a row: exponential, with full jitter, 20 at most."""
    return drawn(0.0, min(_LONGEST_PAUSE, 2.0 ** (attempt - 1)))


def _from_sdk(error: Any, action: str, request: Request) -> DtsError:
    code = error.get_code()
    if code == "ServerNetworkError":
        # For an HTTP status other than 200 the SDK passes the whole body as message; it may hold anything.
        reason = "the server answered without a result"
        return OutcomeUnknown(code, reason, action=action, job_id=answers.job_of(request))
    return answers.refused(code, error.get_message(), error.get_request_id(), action, request)
