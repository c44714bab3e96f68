"""Something that happens while a task is at work: another hand in the console, right before a call or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tencent_dts.api.client import DtsClient
from tencent_dts.errors import DtsError

Happen = Callable[[], Any]


@dataclass
class Meanwhile:
    """Lets something happen right before the nth sending of an action."""

    patch: pytest.MonkeyPatch

    def before(self, action: str, nth: int, happen: Happen) -> None:
        really = DtsClient._send
        count = 0

        async def send(client: DtsClient, sent: str, request: dict[str, Any]) -> Any:
            nonlocal count
            count += sent == action
            if sent == action and count == nth:
                happen()
            return await really(client, sent, request)

        self.patch.setattr(DtsClient, "_send", send)

    def after(self, action: str, happen: Happen) -> None:
        """Lets it happen once, right after an action was accepted."""
        really, left = DtsClient._send, [happen]

        async def send(client: DtsClient, sent: str, request: dict[str, Any]) -> Any:
            answer = await really(client, sent, request)
            if sent == action and left:
                left.pop()()
            return answer

        self.patch.setattr(DtsClient, "_send", send)

    def after_trouble(self, action: str, happen: Happen) -> None:
        """Lets it happen once, right after an action came to an error."""
        really, left = DtsClient._send, [happen]

        async def send(client: DtsClient, sent: str, request: dict[str, Any]) -> Any:
            try:
                return await really(client, sent, request)
            except DtsError:
                if sent == action and left:
                    left.pop()()
                raise

        self.patch.setattr(DtsClient, "_send", send)

    def behind(self, look: str, order: str, times: int) -> None:
        """Lets so many looks after the first order show what the last one before it has shown."""
        really, last, left, ordered = DtsClient._send, None, times, False

        async def send(client: DtsClient, sent: str, request: dict[str, Any]) -> Any:
            nonlocal last, left, ordered
            if sent == look and ordered and left:
                left -= 1
                return last
            ordered = ordered or sent == order
            answer = await really(client, sent, request)
            last = answer if sent == look else last
            return answer

        self.patch.setattr(DtsClient, "_send", send)
