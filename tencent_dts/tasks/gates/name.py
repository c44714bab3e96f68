"""Renaming without losing what a purchase is found by.

API document: ModifyMigrateName, ModifySubscribeName.
"""

from __future__ import annotations

from dataclasses import dataclass

from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import TAG_OWNER, tags_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.kinds.purchasable import JOB_NAME_LIMIT
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.gate import Call, Gate


@dataclass(frozen=True)
class KeepsPrefix(Gate):
    """Reads the job's name, so that the hash that it begins with is kept before the new ``job_name``.

    :param longest: characters that a name may have.
    """

    longest: int = JOB_NAME_LIMIT

    async def look(self, call: Call) -> Watch | None:
        """Put the job's own prefix before the new name."""
        self._name(call, await read(call.client, call.task.resource, call.ids, again=False))
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """The prefix that it has now: it may have been given its name back while the call was throttled."""
        self._name(call, item)
        return None

    def _name(self, call: Call, item: Item | None) -> None:
        title = call.task.resource.title
        owner, name = tags_of(item or {}).get(TAG_OWNER, ""), call.task.job_name
        prefixed = bool(owner) and str((item or {}).get(title) or "").startswith(owner)
        call.fields[title] = (f"{owner}-{name}" if prefixed else name)[: self.longest]
