"""Tagging a job that was bought elsewhere, so that it is found, polled and accounted for as this run's.

API document: ModifyMigrationJob (Tags, which replaces all tags of the job).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import TAG_DAG, TAG_DEPLOYMENT, TAG_GENERATION, TAG_RUN, tags_of
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Watch
from tencent_dts.tasks.base import DtsTask, identity_of

if TYPE_CHECKING:
    from airflow.sdk import Context


class AdoptionGate(DtsTask):
    """Sends Tags with the configuration of an adopted job, and only then: its own ones and ours."""

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Know whose run this is."""
        super().prepare(context, account)
        self._identity = identity_of(context)
        self.adoption: dict[str, Any] = {}  # until the job has been read: an outage asks for the request before

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Compare the job's tags with this run's."""
        item = await read(client, self.resource, self.ids())
        ours = {tag["TagKey"]: tag["TagValue"] for tag in self._identity.tags(0)}
        theirs = tags_of(item or {})
        self.adoption = {}
        if item is not None and any(theirs.get(key) != ours[key] for key in (TAG_DEPLOYMENT, TAG_DAG, TAG_RUN)):
            self.log.info("the job was bought elsewhere; tagging it as this run's")
            # The generation counts the fresh starts of the run that bought the job. Were it taken back to ours, that
            # run would take its job for an older one when it is cleared, and buy another.
            generation = {name: theirs[name] for name in (TAG_GENERATION,) if name in theirs}
            tags = {**theirs, **ours, **generation}
            self.adoption = {"Tags": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}
        return None
