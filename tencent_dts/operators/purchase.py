"""The purchase of a migration job, exactly once.

API document: CreateMigrationService.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from tencent_dts import settings
from tencent_dts.client import ClientSettings, DtsClient
from tencent_dts.configuration.common import valid_title
from tencent_dts.configuration.migration import INSTANCE_CLASSES
from tencent_dts.converge import Item, read, state_of
from tencent_dts.errors import IdentityConflict, InvalidInput
from tencent_dts.identity import TAG_DAG, TAG_DEPLOYMENT, TAG_OWNER, TAG_RUN, create_once, tags_of
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DtsTask, identity_of
from tencent_dts.purchases import MIGRATION, JobPurchase
from tencent_dts.states import migration as table

if TYPE_CHECKING:
    from airflow.sdk import Context

_ALIVE = ("running", "queued", "restarting")


class CreateMigrationServiceOperator(DtsTask):
    """Buy a migration job, exactly once, and return its JobId.

    However often the task is retried, cleared or killed, its run ends with one job: one bought before
    is found by its tags and adopted. A stopped or failed one makes way for a new one; an isolated one
    is never recovered by itself.

    :param src_database_type: as ``mysql``; it cannot be changed after the purchase.
    :param dst_database_type: as ``cynosdbmysql``.
    :param src_region: region of the source, as ``ap-guangzhou``.
    :param dst_region: region of the target; the job is bought there.
    :param instance_class: ``small``, ``medium``, ``large``, ``xlarge`` or ``2xlarge``.
    :param job_title: readable part of the job's name.
    :param existing_job_id: adopt this job, bought elsewhere, instead of buying one.

    API document: CreateMigrationService.
    """

    resource = table.MIGRATION_JOB
    adds_fields: ClassVar[tuple[str, ...]] = (
        "src_database_type",
        "dst_database_type",
        "src_region",
        "dst_region",
        "instance_class",
        "job_title",
        "existing_job_id",
    )

    def __init__(
        self,
        *,
        src_database_type: str,
        dst_database_type: str,
        src_region: str,
        dst_region: str,
        instance_class: str,
        job_title: str = "migration",
        existing_job_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("region", dst_region)  # the request's region must be the target's
        super().__init__(**kwargs)
        self.src_database_type = src_database_type
        self.dst_database_type = dst_database_type
        self.src_region = src_region
        self.dst_region = dst_region
        self.instance_class = instance_class
        self.job_title = job_title
        self.existing_job_id = existing_job_id

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Check the order while nothing has been bought, and know whose it is."""
        if self.instance_class not in INSTANCE_CLASSES:
            raise InvalidInput("instance_class", f"allowed: {', '.join(INSTANCE_CLASSES)}", self.instance_class)
        self._ti = context["ti"]
        self._identity = identity_of(context)

    async def act(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> str:
        """Adopt or buy."""
        if self.existing_job_id:
            job_id = await self._adopt(client, self.existing_job_id)
        elif (kept := memory.purchased()) and await self._is_over(client, kept):
            return kept
        else:
            job_id = await create_once(client, self._purchase(memory), memory, self.log.info)
        memory.remember_purchase(job_id)
        return job_id

    def finish(self, context: Context, account: ClientSettings, result: str) -> str:
        """Show id and link as soon as there is a job."""
        self._show(context, account, result)
        return result

    def _purchase(self, memory: Memory) -> JobPurchase:
        order = {
            "SrcDatabaseType": self.src_database_type,
            "DstDatabaseType": self.dst_database_type,
            "SrcRegion": self.src_region,
            "DstRegion": self.dst_region,
            "InstanceClass": self.instance_class,
        }
        return JobPurchase(
            kind=MIGRATION,
            identity=self._identity,
            order=order,
            title=valid_title(self.job_title),
            bought_before=memory.announced() or memory.purchased() is not None,
            generation=memory.generation(),
            known_id=memory.purchased(),
            note=self.log.info,
        )

    async def _is_over(self, client: DtsClient, job_id: str) -> bool:
        """Whether the job is gone and its run done: cleared alone, nothing is left to do.

        :raises IdentityConflict: later tasks were cleared, too, and have no job left to look at.
        """
        if await read(client, table.MIGRATION_JOB, {"JobId": job_id}) is not None:
            return False
        later = sorted(self.get_flat_relative_ids(upstream=False))
        run_id = self._ti.run_id
        states = self._ti.get_task_states(dag_id=self._ti.dag_id, task_ids=later, run_ids=[run_id])
        if later and set(states.get(run_id, {}).values()) == {"success"}:
            self.log.warning("job %s is gone and its run is done; nothing is bought", job_id)
            return True
        if self._has_succeeded(job_id, later):
            raise IdentityConflict(
                "The job of this run has succeeded, and is gone; nothing is bought",
                job_id=job_id,
                state=state_of(table.MIGRATION_JOB, None),
                next_step="The migration is done: mark this run as success. To migrate again, trigger a new run.",
            )
        return False

    def _has_succeeded(self, job_id: str, later: list[str]) -> bool:
        """What later tasks returned, which a clear keeps until they run again, says so."""
        told = self._ti.xcom_pull(task_ids=later, map_indexes=self._ti.map_index) if later else []
        return any(
            isinstance(word, Mapping) and word.get("JobId") == job_id and word.get("Status") in table.ENDED_WELL
            for word in told
        )

    async def _adopt(self, client: DtsClient, job_id: str) -> str:
        item = await read(client, table.MIGRATION_JOB, {"JobId": job_id})
        if item is None:
            raise InvalidInput("existing_job_id", f"no such job in region {client.account.region}", job_id)
        self._refuse_foreign(job_id, item)
        if table.MIGRATION_JOB.is_released(item) and table.MIGRATION_STATUS.of(item) not in table.ENDED_WELL:
            raise self._conflict(job_id, item, "The job is isolated", "Order RecoverMigrateJob first.")
        self.log.info("adopted %s (%s)", job_id, state_of(table.MIGRATION_JOB, item))
        return job_id

    def _refuse_foreign(self, job_id: str, item: Item) -> None:
        """Another deployment's job, or that of a run that is alive, is somebody else's."""
        tags = tags_of(item)
        own_run = (tags.get(TAG_DAG), tags.get(TAG_RUN)) == (self._ti.dag_id, self._ti.run_id)
        if not tags.get(TAG_OWNER) or (own_run and tags.get(TAG_DEPLOYMENT) == settings.deployment()):
            return
        if tags.get(TAG_DEPLOYMENT) != settings.deployment():
            deployment = tags.get(TAG_DEPLOYMENT)
            raise self._conflict(
                job_id, item, f"The job belongs to deployment {deployment}", "Adopt it from that Airflow."
            )
        dag_id, run_id = tags.get(TAG_DAG, ""), tags.get(TAG_RUN, "")
        if self._ti.get_dagrun_state(dag_id, run_id) in _ALIVE:
            raise self._conflict(
                job_id, item, f"The job belongs to run {run_id} of {dag_id}, which is alive", "End that run first."
            )

    @staticmethod
    def _conflict(job_id: str, item: Item, what: str, next_step: str) -> IdentityConflict:
        return IdentityConflict(
            f"{what}; it was not adopted",
            job_id=job_id,
            state=state_of(table.MIGRATION_JOB, item),
            next_step=f"{next_step} Then clear this task.",
        )
