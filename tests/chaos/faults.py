"""What can go wrong with one call, at the emulator or on the way to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest import mock

import httpx
from tencentcloud.common.abstract_client_async import AbstractClient

from tests.chaos.fast_run import WorkerKilled

Way = Literal["refused", "killed before", "killed after"]


@dataclass(frozen=True)
class Fault:
    """One way for a call to go wrong.

    :param rule: what the emulator does, see :class:`tencent_dts.emulator.http.faults.Rule`; empty where it never knows.
    :param way: what happens on this side instead.
    :param repeated: so many calls in a row meet it.
    :param creating: only calls that create something can meet it.
    """

    name: str
    rule: dict[str, Any] = field(default_factory=dict)
    way: Way | None = None
    repeated: int = 1
    creating: bool = False


def _code(name: str, code: str) -> Fault:
    return Fault(f"refused: {name}", {"code": code})


FAULTS = (
    _code("Throttled", "RequestLimitExceeded"),
    _code("Unavailable", "InternalError.InternalErrorError"),
    _code("WrongState", "OperationDenied.OperationDeniedError"),
    _code("NotFound", "ResourceNotFound.ResourceNotFoundError"),
    _code("Refused", "LimitExceeded.LimitExceededError"),
    _code("Denied", "UnauthorizedOperation.UnauthorizedOperationError"),
    _code("Invalid", "InvalidParameter.InvalidParameterError"),
    Fault("throttled 5 times", {"code": "RequestLimitExceeded"}, repeated=5),
    Fault("502", {"status": 502}),
    Fault("502 after commit", {"status": 502, "when": "after"}),
    Fault("internal error after commit", {"code": "InternalError.InternalErrorError", "when": "after"}),
    Fault("connection refused", way="refused"),
    Fault("dropped before", {"drop": "before"}),
    Fault("dropped after commit", {"drop": "after"}),
    Fault("truncated answer", {"truncate": True}),
    Fault("answer after the time-out", {"latency": 0.3}),
    Fault("list lags 5 s behind", {"visibility_delay": 5.0}, creating=True),
    Fault("worker killed before the call", way="killed before"),
    Fault("worker killed after the call", way="killed after"),
)


@dataclass
class Wire:
    """Every call of this process on its way out: counted, watched, and, where a fault says so, met by it.

    :param before: told of each call before it leaves.
    """

    before: Callable[[str, dict[str, Any]], None] = lambda action, params: None
    calls: list[str] = field(default_factory=list)
    way: Way | None = None
    at: tuple[str, int] = ("", 0)

    @contextlib.contextmanager
    def tapped(self) -> Iterator[None]:
        """Stand between the SDK's client and the network."""
        really = AbstractClient.call_and_deserialize

        async def call(client: Any, action: str, params: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            self.calls.append(action)
            struck = self.way if (action, self.calls.count(action)) == self.at else None
            self.before(action, params)
            if struck == "refused":
                raise httpx.ConnectError("All connection attempts failed")
            if struck == "killed before":
                raise WorkerKilled(f"before {action}")
            answer = await really(client, action, params, *args, **kwargs)
            if struck == "killed after":
                raise WorkerKilled(f"after {action}")
            return answer

        with mock.patch.object(AbstractClient, "call_and_deserialize", call):
            yield
