"""A fresh start: what lets one purchase task buy another job on purpose, ordered by a person outside of any run.

It ends the bill of the old job, then raises the generation in the task's state store and makes the store forget the
old job; the next clear buys a job of that generation, once. Nothing is kept between two orders: each reads the store
and the jobs, so that one that broke off is simply ordered again.

API document: IsolateMigrateJob, IsolateSyncJob, IsolateSubscribe; DeleteMigrateJob (version 2018-03-30).
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.sdk.exceptions import AirflowException
from airflow.utils.state import State

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.commands.airflow_rest import AirflowApi, Answer, RestShelf, RestStore, TaskAddress
from tencent_dts.engine.book import Book, book_for, open_client
from tencent_dts.engine.converge import converge
from tencent_dts.engine.identity import TAG_DEPLOYMENT, TAG_OWNER, TAG_RUN, TAG_TASK, Identity, generation_of, tags_of
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.purchases import JobPurchase
from tencent_dts.engine.records import Place
from tencent_dts.engine.surplus import AtRest, wanted_at_rest
from tencent_dts.engine.wording import elsewhere, state_of
from tencent_dts.errors import DeadlinePassed, IdentityConflict, Impossible, InvalidInput, JobNotFound
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.planning import valid_title
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item
from tencent_dts.tasks.purchase import PurchaseTask

log = logging.getLogger(__name__)

_PAUSE = 5.0
_NEW_RUN = "Trigger a new run of the DAG instead; it buys a job of its own."


@dataclass(frozen=True)
class Plan:
    """What a fresh start has found, and what it is about to do.

    :param living: jobs to isolate (or delete), by id, with their states.
    :param ended: jobs of the task that cost nothing any more, likewise.
    :param generation: the generation that a clear is to buy.
    :param kept: the generation that the store keeps now.
    :param remembers: whether the store still leads back to an old job.
    """

    kind: Purchasable
    account: ClientSettings
    living: Mapping[str, str]
    ended: Mapping[str, str]
    generation: int
    kept: int
    remembers: bool

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do: a clear buys as it is."""
        return not self.living and not self.remembers and self.generation == self.kept

    def lines(self) -> list[str]:
        """What it will do, a line each."""
        action = self.kind.isolate.action
        return [
            *(f"{action}: {job_id} ({state})" for job_id, state in self.living.items()),
            *(f"nothing to do for {job_id} ({state})" for job_id, state in self.ended.items()),
            f"the task's state store: generation {self.kept} becomes {self.generation}, the old job is forgotten",
        ]


class FreshStart:
    """The fresh start of one purchase task.

    :param api: Airflow's REST API, logged in.
    :param address: the task instance.
    :param even_if_running: end a job that is at work, too, where DTS does so.
    :param although_not_found: pass over a job that is not found and whose ending was never seen: a person says that it
        has ended.
    :param note: called with a line for each thing that was done.
    """

    def __init__(
        self,
        api: AirflowApi,
        address: TaskAddress,
        *,
        even_if_running: bool,
        although_not_found: bool = False,
        note: Callable[[str], None],
    ) -> None:
        self._api = api
        self._address = address
        self._even_if_running = even_if_running
        self._although_not_found = although_not_found
        self._note = note
        self._memory = Memory({"task_state_store": RestStore(api, address), "ti": None})
        self._identity = Identity(
            settings.deployment(), address.dag_id, address.run_id, address.task_id, address.map_index
        )

    def plan(self) -> Plan:
        """Read the task, its store and its jobs; changes nothing.

        :raises Impossible: the run is alive on the job, or the job is at work.
        :raises IdentityConflict: the job belongs to someone else.
        """
        kind = self._kind_of_a_task_at_rest()
        fields = self._api.call("GET", self._address.instance)["rendered_fields"]
        known = self._memory.purchased()
        account, book = asyncio.run(self._where(self._account(fields), known))
        self._refuse_an_open_purchase()
        purchase = JobPurchase(
            kind=kind,
            identity=self._identity,
            order={},
            title=valid_title(str(fields.get("job_title") or "")),
            bought_before=True,
            generation=self._memory.generation(),
            remembered=lambda: known,
            made=lambda: self._memory.ledger().known(),
            note=self._note,
        )
        found = asyncio.run(self._find(purchase, account, book))
        living = [item for item in found if not kind.resource.is_released(item)]
        for item in living:
            self._refuse_foreign(kind, item)
            self._at_rest(kind).admit(item)
        states = {kind.id_of(item): state_of(kind.resource, item) for item in found}
        alive = {kind.id_of(item) for item in living}
        gone = {known: state_of(kind.resource, None)} if known and known not in states else {}
        return Plan(
            kind=kind,
            account=account,
            living={job_id: state for job_id, state in states.items() if job_id in alive},
            ended={job_id: state for job_id, state in states.items() if job_id not in alive} | gone,
            generation=self._next_generation(purchase.generation, found, known),
            kept=purchase.generation,
            remembers=known is not None or self._memory.announced(),
        )

    def carry_out(self, plan: Plan) -> None:
        """Do what the plan says, unless what it was made from has changed since.

        :raises Impossible: it has.
        """
        if self.plan() != plan:
            raise Impossible(
                "The task or its job has changed since you were asked; nothing was done",
                next_step="Run the command again and look at what it shows.",
            )
        # Written as it is, for a user who may not write must learn so before a job is ended.
        self._memory.raise_generation(plan.kept)
        asyncio.run(self._let_go(plan))
        # The generation first: from then on the old job is passed over, whatever else the store says.
        self._memory.raise_generation(plan.generation)
        self._memory.forget_purchase()
        self._note(f"the task's state store: generation {plan.generation}, no job")

    # --- Airflow ---

    def _kind_of_a_task_at_rest(self) -> Purchasable:
        """What the task buys, from its class; neither it nor a task after it may be alive."""
        tasks = {task["task_id"]: task for task in self._api.call("GET", f"{self._address.dag}/tasks")["tasks"]}
        if self._address.task_id not in tasks:
            raise InvalidInput("--task", f"the DAG has none of this name; it has {', '.join(tasks)}")
        kind = self._kind_of(tasks[self._address.task_id]["class_ref"])
        concerned, left = set(), [self._address.task_id]
        while left:
            task_id = left.pop()
            if task_id in tasks and task_id not in concerned:
                concerned.add(task_id)
                left += tasks[task_id]["downstream_task_ids"]
        index = {"map_index": self._address.map_index} if self._address.map_index >= 0 else {}
        for found in self._api.pages(self._address.instances, "task_instances", **index):
            if found["task_id"] in concerned and found["state"] in State.unfinished:
                raise Impossible(
                    f"The run is alive on this job: task {found['task_id']} is {found['state'] or 'not scheduled yet'}",
                    next_step="Wait until it has ended, or mark the run as failed, which leaves the job as it is; "
                    "then run the command again.",
                )
        return kind

    def _kind_of(self, reference: Answer) -> Purchasable:
        module, name = str(reference["module_path"]), str(reference["class_name"])
        try:
            cls = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            fix = f"its class {name} of {module} cannot be imported here; run the command where tasks run"
            raise InvalidInput("--task", fix, self._address.task_id) from error
        if not (isinstance(cls, type) and issubclass(cls, PurchaseTask)):
            fix = f"a {name} buys nothing; name the task that does, as `purchase` or `create`"
            raise InvalidInput("--task", fix, self._address.task_id)
        return cls.kind

    def _account(self, fields: Answer) -> ClientSettings:
        """The settings that the task itself works with, from its connection as this machine can read it."""
        conn_id = fields.get("tencentcloud_conn_id")
        if not conn_id:
            raise Impossible(
                "Airflow does not keep (any more) with which connection the task ran",
                cause="the task never ran, or [core] max_num_rendered_ti_fields_per_task runs came after it",
                next_step=_NEW_RUN,
            )
        if fields.get("existing_job_id"):
            raise Impossible(
                "The task buys nothing: it adopts the job that the run names as existing_job_id, now and after a clear",
                job_id=str(fields["existing_job_id"]),
                next_step="Trigger a new run without existing_job_id; it buys a job of its own.",
            )
        team = DagModel.get_team_name(self._address.dag_id) if conf.getboolean("core", "multi_team") else None
        try:
            connection = Connection.get_connection_from_secrets(str(conn_id), team_name=team)
        except (AirflowException, PermissionError) as error:
            fix = "this machine cannot read it; run the command where workers or the API server run"
            raise InvalidInput(f"connection {conn_id}", f"{fix}: {error}") from error
        return DtsHook(str(conn_id), fields.get("region") or None).settings_from(connection)

    def _refuse_an_open_purchase(self) -> None:
        """A purchase whose answer was lost may still become visible: what it bought must be found first."""
        since = self._memory.pending_since()
        left = since + settings.settle_time() - time.time() if since is not None else 0.0
        if left > 0:
            raise Impossible(
                "The outcome of the last purchase is not known yet; what it may have bought is not visible yet",
                next_step=f"Run the command again in {left:.0f} s.",
            )

    # --- DTS ---

    def _book(self, account: ClientSettings) -> Book:
        """The records, for the task that buys: what it may do, this command may."""
        return book_for({"ti": self._address}, account, log.warning, RestShelf(self._api))

    async def _where(self, account: ClientSettings, known: str | None) -> tuple[ClientSettings, Book]:
        """Look where the job was bought, whatever region the task has been given since.

        :raises WrongPlace: the connection leads to another site than that of the job.
        """
        book = self._book(account)
        place = self._memory.place()
        record = await book.record(known) if known else None
        there = record.place if record is not None else Place(**place) if place else book.place
        if there.site != book.place.site:
            raise elsewhere(book.place, there, job_id=known, bill=None)
        account = replace(account, region=there.region)
        return account, self._book(account)

    async def _find(self, purchase: JobPurchase, account: ClientSettings, book: Book) -> list[Item]:
        """The jobs of the task; none of them may be held by another run that is alive."""
        async with open_client(account, purchase.kind.resource.version, book) as client:
            try:
                found = await purchase.find(client)
                purchase.unseen(found)
            except JobNotFound:
                if not self._although_not_found:
                    raise
                purchase.remembered = lambda: None
                found = await purchase.find(client)
            for item in found:
                await book.refuse_other(purchase.kind.resource, purchase.kind.id_of(item), item)
            return found

    @staticmethod
    def _next_generation(kept: int, found: list[Item], known: str | None) -> int:
        """Above that of every job there is; the same again where a fresh start broke off before it forgot the job.

        Where the job is gone its generation cannot be read: one may be left out then, which harms nothing.
        """
        if found:
            return max(kept, max(map(generation_of, found)) + 1)
        return kept + 1 if known else kept

    def _refuse_foreign(self, kind: Purchasable, item: Item) -> None:
        tags, owner = tags_of(item), self._identity.owner
        named = str(item.get(kind.resource.title) or "").startswith(f"{owner}-")
        if tags.get(TAG_OWNER, owner if named else "") != owner:
            traces = ", ".join(f"{name} {tags[name]}" for name in (TAG_DEPLOYMENT, TAG_RUN, TAG_TASK) if name in tags)
            raise IdentityConflict(
                "The job that this task remembers carries another owner's tags, or none; it was not touched",
                job_id=kind.id_of(item),
                state=state_of(kind.resource, item),
                cause=f"its tags: {traces or 'none of ours'}; this machine's deployment: {self._identity.deployment}",
                next_step="Run the command where [tencent_dts] deployment is that of the run. If that is so here, "
                f"another run has taken the job over. {_NEW_RUN}",
            )

    def _at_rest(self, kind: Purchasable) -> AtRest:
        """What was shown to a person may be old by the time that the order is taken: the run is asked again, too."""
        return wanted_at_rest(
            kind,
            f"Order {kind.stop} first, then run the command again; --even-if-running orders {kind.isolate.action} "
            "all the same.",
            even_if_running=self._even_if_running,
            ask=self._kind_of_a_task_at_rest,
        )

    async def _let_go(self, plan: Plan) -> None:
        """End the bills, and wait until they have ended: a fresh start leaves none behind."""
        deadline = time.time() + settings.call_timeout()
        async with open_client(plan.account, plan.kind.resource.version, self._book(plan.account)) as client:
            for job_id in plan.living:
                await self._isolate(client, plan.kind, job_id, deadline)

    async def _isolate(self, client: DtsClient, kind: Purchasable, job_id: str, deadline: float) -> None:
        """A free job goes on showing its bill until it is gone, so what is waited for is the end, not the call."""
        ids = {kind.resource.key: job_id}
        called = False
        while True:
            outcome = await converge(client, kind.isolate, ids, ids, called=called, guard=self._at_rest(kind))
            called = outcome.called
            state = state_of(kind.resource, outcome.item)
            if outcome.item is None or kind.resource.is_released(outcome.item):
                self._note(f"{kind.isolate.action}: {job_id} ({state})")
                return
            if time.time() >= deadline:
                raise DeadlinePassed(
                    f"{kind.isolate.action} was ordered, and DTS has not carried it out yet",
                    job_id=job_id,
                    state=state,
                    next_step="Run the command again: it goes on from there.",
                )
            await asyncio.sleep(min(_PAUSE, settings.poll_interval()))
