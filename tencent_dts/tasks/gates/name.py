"""Renaming without losing what a purchase is found by.

API document: ModifyMigrateName, ModifySubscribeName.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import TAG_OWNER, tags_of
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Watch
from tencent_dts.kinds.purchasable import JOB_NAME_LIMIT
from tencent_dts.tasks.base import DtsTask
from tencent_dts.templated import rendered


class NameGate(DtsTask):
    """Reads the job's name, so that the hash that it begins with is kept."""

    adds_fields: ClassVar[tuple[str, ...]] = ("job_name",)
    longest: ClassVar[int] = JOB_NAME_LIMIT

    def __init__(self, *, job_name: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_name = rendered(job_name)

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Put the job's own prefix before the new name."""
        item = await read(client, self.resource, self.ids())
        owner = tags_of(item or {}).get(TAG_OWNER, "")
        prefixed = bool(owner) and str((item or {}).get(self.resource.title) or "").startswith(owner)
        self.full_name = (f"{owner}-{self.job_name}" if prefixed else self.job_name)[: self.longest]
        return None
