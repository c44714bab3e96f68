"""The base of the operators that read: one action, its answer returned whole, page by page where it is a list."""

from __future__ import annotations

from typing import Any, ClassVar

from tencent_dts.api.answers import Request
from tencent_dts.api.client import DtsClient
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.paging import read_all, read_nested
from tencent_dts.engine.waiting import Event
from tencent_dts.sizes import Size
from tencent_dts.spec.secrecy import redacted
from tencent_dts.tasks.base import DtsTask


class DescribeOperator(DtsTask):
    """Base of the operators that return what a Describe action answers.

    ``items`` names the list that the answer is; ``nested`` the lists within it, see
    :func:`tencent_dts.engine.paging.read_nested`.

    :param limit: for lists: maximum number of items that are returned of each; default: all, read page by page.
    """

    on_clear = "reads it all again; nothing is changed"
    action: ClassVar[str]
    items: ClassVar[str] = ""
    nested: ClassVar[dict[str, str]] = {}
    limit = Size("items", least=1, most=1_000_000_000, whole=True, optional=True)

    def __init__(self, *, limit: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def request(self) -> Request:
        """The request, filters included."""
        return self.ids()

    def result(self, answer: Any) -> object:
        """What the task returns: the answer, or the list."""
        return answer

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """One read, or one list page by page; secrets in answers are masked."""
        most = None if self.limit is None else int(DescribeOperator.limit.of(self))
        if self.items:
            found = await read_all(client, self.action, self.items, self.request(), at_most=most)
            return self.result(redacted(found))
        answer = await read_nested(client, self.action, self.request(), self.nested, at_most=most)
        return self.result(redacted({key: value for key, value in answer.items() if key != "RequestId"}))
