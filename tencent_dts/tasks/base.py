"""What every task of this package does around its one API action.

A task runs in legs: ``execute``, and once more each time its trigger wakes it. Every leg does the
same: resolve the connections, open one client, read the resource, and let the state table decide. A task that
waits on its worker has the same legs, one after the other in one process.
So a cleared, killed or repeated task needs no memory of how far it came.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from airflow.sdk import XComArg
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR

from tencent_dts import settings, sizes
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.api.console import console_url
from tencent_dts.engine.book import book_for, open_client
from tencent_dts.engine.identity import Identity
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.runs import TaskContext
from tencent_dts.engine.waiting import Event, Watch, own_turns, wait_until
from tencent_dts.errors import InvalidInput, with_clearing
from tencent_dts.hooks.dts import DtsHook, connection_id
from tencent_dts.model.resource import Resource
from tencent_dts.tasks.given import check_plan, ids_of
from tencent_dts.tasks.going_on import (
    Woken,
    at_stake,
    deadline_passed,
    forget_breaks,
    net_below,
    outlasting,
    pause_after_break,
)
from tencent_dts.tasks.links import LINK_KEY, VERSION_KEY, DtsConsoleLink
from tencent_dts.tasks.outcomes import act_once
from tencent_dts.tasks.steps import Step
from tencent_dts.templated import rendered
from tencent_dts.triggers.kill import Killed, act_on_kill, choices
from tencent_dts.triggers.wait import DtsWaitTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

WAITS = ("defer", "sync", "no")
_DEFERRABLE = {True: "defer", False: "sync"}


class DtsTask(Step):
    """Base of operators and sensors: legs, and waiting.

    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``; default ``tencentcloud_default``.
    :param region: region of the job, as ``ap-guangzhou``; default: the connection's.
    :param wait: ``"defer"`` (default) waits without a worker, ``"sync"`` waits on the worker, ``"no"`` does not wait.
        Either wait reads the connections again for each of its legs, and after an outage.
    :param deferrable: the same under Airflow's usual name: true: ``"defer"``, false: ``"sync"``. The default does not
        follow ``[operators] default_deferrable``, which is false: a wait of days would hold a worker.
    :param timeout: seconds (or a ``timedelta``) to wait at most, over all legs of a try;
        default ``[tencent_dts] wait_timeout``. When they have passed the task fails and the job is left as it is.
    :param poll_interval: seconds between two looks; default ``[tencent_dts] poll_interval``.
    :param when_killed: what happens to the job when a person marks the waiting task failed or the run
        times out: ``"leave"`` (default), ``"pause"`` or ``"stop"`` (which cannot be undone), as far as the kind of job
        knows them.
    :param wanted: false: the task returns at once and does nothing; for steps that a run can leave out.
    """

    resource: ClassVar[Resource]
    identified_by: ClassVar[tuple[str, ...]] = ()  # the parameters that say which resource
    keeps_outcome: ClassVar[bool] = False  # said by the row of an operator or a sensor, see tencent_dts.tasks.outcomes
    operator_extra_links = (DtsConsoleLink(),)
    # A class names the template fields that it adds; __init_subclass__ joins them along the class tree.
    adds_fields: ClassVar[tuple[str, ...]] = ("tencentcloud_conn_id", "region", "timeout", "wanted")
    json_fields: ClassVar[tuple[str, ...]] = ()
    template_fields: Sequence[str] = adds_fields
    ui_color = "#d6e8ff"
    at_stake = at_stake
    waits: ClassVar[tuple[str, ...]] = WAITS
    begins_again: ClassVar[bool] = False  # it waits for nothing that is watched; a leg that could not read is run again
    timeout = sizes.Size(above=True, optional=True)
    poll_interval = sizes.Size(most=sizes.DAY, above=True, optional=True)
    wanted = sizes.Flag()

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        tree = [vars(base) for base in reversed(cls.__mro__)]
        cls.template_fields = tuple(dict.fromkeys(name for own in tree for name in own.get("adds_fields", ())))
        cls.template_fields_renderers = {name: "json" for own in tree for name in own.get("json_fields", ())}

    def __init__(
        self,
        *,
        tencentcloud_conn_id: str | XComArg | None = None,
        region: str | XComArg | None = None,
        wait: Literal["defer", "sync", "no"] | None = None,
        deferrable: bool | None = None,
        timeout: float | str | timedelta | XComArg | None = None,
        poll_interval: float | timedelta | None = None,
        when_killed: Killed = "leave",
        wanted: bool | str | XComArg = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        sizes.check_choice("when_killed", when_killed, choices(self.resource.job))
        self.tencentcloud_conn_id = connection_id(tencentcloud_conn_id)
        self.region = rendered(region)
        self.wait = _chosen(wait, deferrable, self.waits)
        vars(self).pop("timeout", None)  # a default of Airflow's sensors; what is given is judged as the first value
        self.timeout = rendered(timeout)
        self.poll_interval = poll_interval
        self.when_killed = when_killed
        self.wanted = rendered(wanted)

    def ids(self) -> dict[str, str]:
        """The request fields that identify the resource; empty before there is one."""
        return ids_of(self, self.identified_by)

    # --- What a kind of task says ---

    @abstractmethod
    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """One leg: do what the state asks for; a :class:`~tencent_dts.engine.waiting.Watch` is what to wait for."""

    def watch_for(self, event: Event) -> Watch | None:
        """What to wait for where DTS could not be read; ``None`` for a task that waits for nothing."""
        return None

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read what must be read before the event loop runs, such as further connections."""

    def finish(self, context: Context, account: ClientSettings, result: Any) -> object:
        """What the task returns, once nothing is left to wait for."""
        return result

    def execute(self, context: Context) -> object:
        """The first leg."""
        if not sizes.is_true(self.wanted, "wanted"):
            self.log.info("this step is not wanted in this run; nothing was done")
            _show_no_link(context)
            return None
        return self._leg(context, {})

    def resume(self, context: Context, event: Event) -> object:
        """A later leg: the trigger saw something, or the deadline."""
        forget_breaks(self.memory_of(context))
        return self._leg(context, event)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> object:
        """A trigger that broke or timed out says nothing of the job: look at it, and wait again if need be.

        :raises AirflowRescheduleException: it breaks again and again; the task comes back after a pause that grows.
        """
        if next_method == TRIGGER_FAIL_REPR:
            with with_clearing(self.clearing()):
                memory = self.memory_of(context)
                pause_after_break(memory, context["ti"], self.interval(), self.deadline_of(memory), self.log)
            return self._leg(context, {})
        return super().resume_execution(next_method, next_kwargs, context)

    def _leg(self, context: Context, event: Event) -> object:
        with with_clearing(self.clearing()), self.telling(context):
            while isinstance(result := self._look_and_act(context, event), Woken):
                event = result.event
            return result

    def _look_and_act(self, context: Context, event: Event) -> object:
        check_plan(self)
        account = DtsHook(self.tencentcloud_conn_id, self.region).resolve()
        self.identity = identity_of(context)  # whose run this is
        self.prepare(context, account)
        memory = self.memory_of(context)
        event = event or {"called": memory.was_called()}  # a trigger that broke, or a pause after that, says nothing
        if memory.job_id:
            show_link(self, context, account, memory.job_id)
        else:
            _show_no_link(context)
        self._book = book_for(context, account, self.log.warning)
        result = outlasting(self, context, lambda: asyncio.run(self._run(account, memory, event)), event)
        if isinstance(result, Watch):
            if result.called and not event.get("called"):
                memory.note_called()
            _defer(self, result, account, memory)
        return result if isinstance(result, Woken) else self.finish(context, account, result)

    def memory_of(self, context: Context) -> Memory:
        """What the task remembers of its job."""
        return Memory(context, self.ids().get(self.resource.job.key, ""))

    async def _run(self, account: ClientSettings, memory: Memory, event: Event) -> object:
        async with open_client(account, self.resource.version, self._book, memory.job_id) as client:
            sizes.check_all(self)
            acting = act_once(self, client, memory, event) if self.keeps_outcome else self.act(client, memory, event)
            result = await acting
            if not isinstance(result, Watch):
                return result
            deadline = self.deadline_of(memory)
            if time.time() >= deadline:
                raise await deadline_passed(client, result, self.patience())
            return result if self.wait != "sync" else await _wait_here(self, client, result, deadline)

    def on_kill(self) -> None:
        """The worker's process is being ended: by a clear, or by a person; see :mod:`tencent_dts.triggers.kill`."""
        act_on_kill(self, self.when_killed)

    def patience(self) -> float:
        """Seconds to wait at most, over all legs of a try."""
        return DtsTask.timeout.of(self) or settings.wait_timeout()

    def deadline_of(self, memory: Memory) -> float:
        """When this try gives up waiting, in epoch seconds."""
        return memory.deadline(self.patience())

    def interval(self) -> float:
        """Seconds between two looks."""
        return DtsTask.poll_interval.of(self) or settings.poll_interval()


def _chosen(wait: str | None, deferrable: bool | None, allowed: Sequence[str]) -> str:
    """How a task waits.

    :raises InvalidInput: it cannot wait like that, or both ways are given.
    """
    if wait is not None:
        sizes.check_choice("wait", wait, allowed)
    if deferrable is None or wait == "no":
        return wait or "defer"
    if not isinstance(deferrable, bool):
        raise InvalidInput("deferrable", "give True or False", deferrable)
    if wait not in (None, _DEFERRABLE[deferrable]):
        raise InvalidInput("deferrable", f"leave it or `wait` out: wait={wait!r} says something else", deferrable)
    return _DEFERRABLE[deferrable]


async def _wait_here(task: DtsTask, client: DtsClient, watch: Watch, deadline: float) -> Woken:
    turns = own_turns(client, task.interval())
    return Woken(await wait_until(watch, turns, deadline=deadline, logger=task.log, reconnects=True))


def _defer(task: DtsTask, watch: Watch, account: ClientSettings, memory: Memory) -> None:
    deadline = task.deadline_of(memory)
    trigger = DtsWaitTrigger(
        watch=watch.to_dict(),
        conn_id=task.tencentcloud_conn_id,
        region=account.region,
        deployment=settings.deployment(),
        listing=task.resource.job.listing,
        interval=task.interval(),
        deadline=deadline,
        first_look=settings.first_look(),
        when_killed=task.when_killed,
    )
    task.defer(trigger=trigger, method_name="resume", timeout=net_below(deadline))


def show_link(task: DtsTask, context: Context, account: ClientSettings, job_id: str) -> None:
    """Push id and link of a task's job before anything waits, so that people can look while it does."""
    context["ti"].xcom_push(key="job_id", value=job_id)
    link = console_url(job_id, account.region, account.endpoint, task.resource.job.console)
    context["ti"].xcom_push(key=LINK_KEY, value=link)
    context["ti"].xcom_push(key=VERSION_KEY, value=task.resource.version)


def _show_no_link(context: Context) -> None:
    """Airflow asks for the link of every task that has ended, and logs an error where there is none."""
    context["ti"].xcom_push(key=LINK_KEY, value="")


def identity_of(context: TaskContext) -> Identity:
    """The identity of a task instance, under which it buys and by which what it bought is found.

    :param context: the task's context.
    :returns: of an operator that buys nothing, ``run_key`` alone is of use: it names the run.
    """
    ti = context["ti"]
    return Identity(settings.deployment(), ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
