"""Tagging a job that was bought elsewhere, so that it is found, polled and accounted for as this run's.

API document: ModifyMigrationJob (Tags, which replaces all tags of the job).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import TAG_DAG, TAG_DEPLOYMENT, TAG_GENERATION, TAG_RUN, Identity, tags_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.gate import Call, Gate

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import TagItem


@dataclass(frozen=True)
class Adopted(Gate):
    """Sends Tags with the configuration of an adopted job, and only then: its own ones and ours."""

    async def look(self, call: Call) -> Watch | None:
        """Compare the job's tags with this run's."""
        if _tagged(call, await read(call.client, call.task.resource, call.ids, again=False)):
            call.task.log.info("the job was bought elsewhere; tagging it as this run's")
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Its own ones as they are now: one may have been added while the call was throttled."""
        _tagged(call, item)
        return None


def _tagged(call: Call, item: Item | None) -> bool:
    """Add the tags to the request while the job lacks ours, else leave them out; whether it lacks them."""
    call.fields.pop("Tags", None)
    identity: Identity = call.task.identity
    ours = tags_of({"Tags": identity.tags(0)})
    theirs = tags_of(item or {})
    if item is None or all(theirs.get(key) == ours[key] for key in (TAG_DEPLOYMENT, TAG_DAG, TAG_RUN)):
        return False
    # The generation counts the fresh starts of the run that bought the job. Were it taken back to ours, that
    # run would take its job for an older one when it is cleared, and buy another.
    generation = {name: theirs[name] for name in (TAG_GENERATION,) if name in theirs}
    tags = {**theirs, **ours, **generation}
    sent: list[TagItem] = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    call.fields["Tags"] = sent
    return True
