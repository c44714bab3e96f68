"""Something that happens while a task is at work: another hand in the console, right before a call or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tencent_dts.api.client import DtsClient

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
