"""What every wait for a check does: report each failed item, skip what was asked for, and check again after a clear.

API document: DescribeMigrationCheckJob, DescribeCheckSyncJobResult, DescribeModifyCheckSyncJobResult.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.answers import Request
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.checking import has_ended, is_unconfigured, order_void_check
from tencent_dts.engine.converge import converge, read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.verdicts import explain_items, failed_items, skipped_steps
from tencent_dts.engine.waiting import Event, Watch
from tencent_dts.engine.wording import cause_of, out_of_service, state_of
from tencent_dts.errors import CheckNotPassed, Impossible, JobFailed, Permanent
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.check import CheckFamily
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.kinds.sides import SIDES, shown_side, sides_of
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.check import skip_request
from tencent_dts.tasks.sensor import BUY_ANOTHER, DtsSensor
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

_CONFIGURE = "Clear `configure` with its downstream: it sends the configuration, and has it checked."
FIX = (
    "Fix each item; a wrong user, password or host is corrected in the Airflow connection named above. Then clear this "
    "task with its downstream."
)


def _counted(items: int) -> str:
    return f"{items} {'item' if items == 1 else 'items'} failed" if items else "it broke before any item was judged"


class CheckPassedSensor(DtsSensor):
    """Base of the sensors that wait for a check.

    A subclass names the family of rows, and what makes the request that is checked; connections are read
    only where they will be sent.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param configuration: the plan of the run, as its first task returns it.
    """

    on_clear = (
        "waits again; after a failed check it first sends the configuration, with freshly read connections, and orders "
        "a new check"
    )
    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    family: ClassVar[CheckFamily]
    # Of the job's id, the plan, and the connections of its sides: the request that is checked.
    configure: ClassVar[Callable[..., Request]]
    sides: ClassVar[tuple[str, ...]] = SIDES  # of the plan, each with a connection
    error = CheckNotPassed
    _job: Item | None = None  # as last read, for its two sides
    _status: str | None = None  # on the family's axis, as last read; ``None`` where something was ordered since

    def __init_subclass__(cls, **kwargs: object) -> None:
        if "family" in vars(cls):
            cls.goal = cls.family.passed
        super().__init_subclass__(**kwargs)

    def __init__(self, *, job_id: str | XComArg, configuration: AnyPlan | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.configuration = rendered(configuration)

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read the databases' connections only where they will be sent."""
        if self.memory_of(context).was_cleared_after_report():
            super().prepare(context, account)
            self.databases = databases_of(self.configuration, self.sides)

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Configure again and order a new check, unless the job is past that."""
        family = self.family
        job = await read(client, family.configure.resource, self.ids())
        if family.axis.of(job or {}) in family.before:
            self.log.info("cleared after a failed check: sending the configuration and checking again")
            configuration = self.configure(self.job_id, self.configuration, *self.databases)
            await converge(client, family.configure, self.ids(), configuration)
            await converge(client, family.check, self.ids(), self.ids())
            self._status = None

    async def fix(self, client: DtsClient, memory: Memory, item: Item | None) -> bool:
        """Skip what the plan says to skip, once, and check again."""
        if item is None or self.family.skip is None:
            return False
        failed = {entry["step_id"] for entry in failed_items(item)}
        wanted = [skip for skip in self.configuration["skips"] if skip["step_id"] in failed]
        pending = [skip for skip in wanted if skip["step_id"] not in skipped_steps(item)]
        if not pending or failed - {skip["step_id"] for skip in wanted}:
            return False
        for skip in pending:
            asked = f"asked for by {self.configuration['requested_by']} at {self.configuration['requested_at']}"
            self.log.warning("skipping check item %s, %s: %s", skip["step_id"], asked, skip["reason"])
        step_ids = [skip["step_id"] for skip in pending]
        request = skip_request(self.job_id, step_ids, self.configuration.get("foreign_key_flag"))
        await converge(client, self.family.skip, self.ids(), request)
        await converge(client, self.family.check, self.ids(), self.ids())
        return True

    def next_step(self, item: Item | None) -> str:
        """What fixes a check that did not pass."""
        return FIX

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """Every failed item, with reason, solution and help."""
        if item is None:
            return await super().failure(client, item)
        items = failed_items(item)
        cause = explain_items(items) or str(item.get("BriefMsg") or "the check itself broke; nothing more is told")
        return CheckNotPassed(
            f"The pre-check did not pass: {_counted(len(items))}",
            job_id=self.ids()["JobId"],
            state=f"{self.goal.axis.name} {self.goal.axis.of(item) or 'not reported'}",
            cause=self.with_sides(cause, [entry["step_id"] for entry in items]),
            next_step=self.next_step(item),
        )

    def with_sides(self, cause: str, steps: Sequence[str] = ()) -> str:
        """What a check complains of, and the databases that it can be about: connection, user and host of each."""
        sides = [shown_side(side, self.configuration, self._job or {}) for side in sides_of(steps)]
        return "\n    ".join([cause, *sides])

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> dict[str, object]:
        """The verdict, and what was skipped on whose word."""
        if self._status in self.family.contradicting:
            raise memory.report(
                CheckNotPassed(
                    "The last check says that it passed, but the job does not: it is not that of this configuration",
                    job_id=self.ids()["JobId"],
                    state=f"{self.family.axis.name} {self._status}",
                    next_step=self.next_step(item),
                )
            )
        skipped = skipped_steps(item)
        asked = {"requested_by": self.configuration["requested_by"], "requested_at": self.configuration["requested_at"]}
        record = [{**skip, **asked} for skip in self.configuration.get("skips", ()) if skip["step_id"] in skipped]
        return self._passed(record)

    def _passed(self, skipped: list[dict[str, str]]) -> dict[str, object]:
        name, value = self.family.shown_by
        left_out = ", ".join(str(skip.get("step_id")) for skip in skipped) or "nothing"
        self.log.info("the pre-check of %s has passed; skipped: %s", self.ids()["JobId"], left_out)
        return {**self.ids(), name: value, "skipped": skipped}

    def _unconfigured(self, job: Item) -> Impossible:
        kind = self.family.configure.resource
        return Impossible(
            f"The {kind.name} is not configured, so nothing of it can be checked",
            job_id=self.ids()["JobId"],
            state=state_of(kind, job),
            next_step=self.family.check.instead.get(self.family.axis.of(job), _CONFIGURE),
        )

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """A job that has started has passed its check; while one runs, the last result is not its own."""
        family, kind = self.family, self.family.configure.resource
        job = await read(client, kind, self.ids())
        self._job, self._status = job, family.axis.of(job or {})
        if self._status in family.past:
            return self._passed([])
        if job is not None and kind.job.is_released(job):
            raise JobFailed(
                "The job is out of service; its check will not end",
                job_id=self.ids()["JobId"],
                state=state_of(kind.job, job),
                next_step=out_of_service(kind.job),
            )
        over = job is None or has_ended(family, job)
        if job is not None and not over and not memory.has_verdict() and is_unconfigured(family, job):
            raise self._unconfigured(job)
        if self._status in family.checking and memory.reported() is None and not over:
            # No configuration is taken while a check runs: what was corrected could not be sent yet.
            return Watch(self.ids(), goal=self.goal.name)
        if not memory.has_verdict() and await order_void_check(client, family, self.ids(), job, self.log.info):
            return Watch(self.ids(), goal=self.goal.name)
        result = await super().act(client, memory, event)
        ended = kind.job.axis.of(job or {})
        if isinstance(result, Watch) and ended in family.ended:
            raise JobFailed(
                "The job has ended; its check will not pass any more",
                job_id=self.ids()["JobId"],
                state=state_of(kind.job, job),
                cause=cause_of(job),
                next_step=family.check.bar(job or {}) or family.check.instead.get(ended, BUY_ANOTHER),
            )
        return result
