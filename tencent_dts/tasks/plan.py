"""What the first task of every run is made of: it checks everything together, and buys nothing."""

from __future__ import annotations

import asyncio
import re
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts import settings
from tencent_dts.api.answers import Request
from tencent_dts.api.connections import Connection, Findings, check_distinct, extra_of, name_of, region
from tencent_dts.api.endpoints import database_type_of
from tencent_dts.engine.book import book_for, open_client
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import TaskStore
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import DtsProblem, InvalidInput, given_in, with_clearing
from tencent_dts.hooks.dts import DtsHook, connection_id
from tencent_dts.hooks.reading import read_connection
from tencent_dts.kinds.cutover import Window, asked_window
from tencent_dts.kinds.planning import (
    AnyPlan,
    Database,
    Parameters,
    Rule,
    TwoSidedPlan,
    asked_run_time,
    valid_title,
)
from tencent_dts.kinds.sides import SIDES
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource
from tencent_dts.params import Form
from tencent_dts.sizes import DAY
from tencent_dts.spec import VERSION_2021, load
from tencent_dts.spec.regions import REGIONS
from tencent_dts.tasks.bills import Known, job_of_run
from tencent_dts.tasks.steps import Step, refuse_skippers
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

# A database's connection as a part of a request.
Endpoint = Callable[..., Mapping[str, object]]
# A request that a later task will send: the action, and what is known of it.
Planned = tuple[str, Request]
_A_YEAR = 366 * DAY
_NATIVE = (
    "With render_template_as_native_obj=True, Airflow makes a number of a text such as 2024 and a boolean of True: "
    "leave that option out, or write the text in quotes of its own, as \"'2024'\"."
)


class PlanOperator(Step):
    """Base of the tasks that validate a run as a whole and return the plan that the later tasks work by.

    Reads the connections and checks what a form cannot: rules that concern several fields, the fields
    that each access type needs, a start time in the past. Changes nothing in DTS; a run that is about an
    existing job is refused at once where there is no such job.

    :param request: parameters by name, those of the form; default: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``, where the parameters name none.
    :param hands_on: further values for the tasks after it, each an XCom of its own.
    """

    on_clear = "reads the connections and checks everything again; the parameters of a run stay as they are"
    form: ClassVar[Form]
    rules: ClassVar[tuple[Rule, ...]] = ()
    version: ClassVar[str] = VERSION_2021  # of the API that the later tasks call
    about: ClassVar[tuple[str, Resource] | None] = None  # an existing job: the field of its id, and its kind
    adopts: ClassVar[tuple[str, Resource] | None] = None  # likewise, one that may be given in place of a purchase
    region: str | None = None  # of the job, once it is known
    template_fields: Sequence[str] = ("request", "tencentcloud_conn_id", "hands_on")
    ui_color = "#d6e8ff"

    def __init__(
        self,
        *,
        request: Parameters | XComArg | None = None,
        tencentcloud_conn_id: str | XComArg | None = None,
        hands_on: Mapping[str, Any] | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.request = rendered(request)
        self.tencentcloud_conn_id = connection_id(tencentcloud_conn_id)
        self.hands_on = rendered(hands_on)

    # --- What a kind of run says ---

    def located(self, request: Parameters) -> Parameters:
        """The request with what its connections say: here the region of the cloud connection."""
        region = DtsHook(self.tencentcloud_conn_id, request["region"]).resolve().region
        return {**request, "region": region}

    @abstractmethod
    def plan(self, request: Parameters, context: Context) -> AnyPlan:
        """The plan of a request that keeps all rules."""

    def parts(self, plan: Any) -> dict[str, object]:
        """Single values, for the template fields of tasks that need no more; each deadline is one of them."""
        return {**{name: value for name, value in plan.items() if name != "deadlines"}, **plan["deadlines"]}

    @abstractmethod
    def requests(self, plan: Any) -> Iterator[Planned]:
        """What later tasks will send, as far as it is known; checked against the wire shapes, sent by none."""

    # --- The task ---

    def execute(self, context: Context) -> AnyPlan:
        """Check and return the plan; its parts that other tasks template are XComs of their own."""
        with with_clearing(self.clearing()), self.telling(context):
            self._refuse_skippers()
            plan = self.checked(context)
            if self.about is not None:
                self._see(context, plan["region"], *self.about, plan)
        parts = {**(self.hands_on or {}), **self.parts(plan), "tencentcloud_conn_id": self.tencentcloud_conn_id}
        for name, value in parts.items():
            context["ti"].xcom_push(key=name, value=value)
        self.log.info("plan: %s", plan)
        return plan

    def at_stake(self, context: Context, problem: DtsProblem) -> Known | None:
        """The job that the run has bought before, or that it was given; both go on costing while the run is red."""
        return job_of_run(self, context["ti"]) or self._given_job(context)

    def _given_job(self, context: Context) -> Known | None:
        """The job that the run is about or adopts; its place becomes known with it, however early the plan failed."""
        field, resource = self.about or self.adopts or ("", None)
        if resource is None:
            return None
        given = self._as_given(context)
        job_id = given.get(field)
        if not isinstance(job_id, str) or not re.fullmatch(self.form.schema[field]["pattern"], job_id) or not job_id:
            return None
        self.tencentcloud_conn_id = given.get("cloud_connection") or self.tencentcloud_conn_id
        self.region = self.region or given.get("region") or given.get("target_region")
        return resource, job_id

    def _as_given(self, context: Context) -> Parameters:
        """What was asked for, unchecked: Airflow may not have merged the run's conf."""
        if isinstance(self.request, Mapping):
            return dict(self.request)
        return {**context["params"], **(context["dag_run"].conf or {})}

    def _refuse_skippers(self) -> None:
        """Look at the graph as it is now: its author may have linked more to it than was there when it was built."""
        plan: Any = self
        if plan.has_dag():
            below = self.get_flat_relatives(upstream=False)
            refuse_skippers(self, [task for task in below if getattr(task, "lifecycle", None) == self.task_id])

    def checked(self, context: Context) -> AnyPlan:
        """The plan of what was asked for; no call is made.

        :raises InvalidInput: names the first thing that is wrong.
        """
        settings.check_all()
        with self._native_named(context), given_in("parameter" if self.request is None else "argument"):
            return self._check_together(context)

    @contextmanager
    def _native_named(self, context: Context) -> Iterator[None]:
        """Say of a value of a wrong type which option made it: with it Airflow renders even a plain "2024" as 2024."""
        try:
            yield
        except InvalidInput as problem:
            own = self.render_template_as_native_obj
            native = context["dag"].render_template_as_native_obj if own is None else own
            if problem.mistyped and native and self.request is not None:
                problem.next_step = f"{_NATIVE} {problem.next_step}"
            raise

    def _check_together(self, context: Context) -> AnyPlan:
        request = self.form.complete(self._given(context))
        self.tencentcloud_conn_id = request["cloud_connection"] or self.tencentcloud_conn_id
        request = self.located(request)
        self.region = request.get("region") or request.get("target_region")
        for rule in self.rules:
            rule(request)
        plan = self.plan(request, context)
        for action, wire in self.requests(plan):
            if problems := load(self.version).problems(action, wire):
                raise InvalidInput(problems[0].path, problems[0].message, mistyped=problems[0].kind == "type")
        return plan

    def _see(self, context: Context, region: str, field: str, resource: Resource, plan: AnyPlan) -> None:
        """Look at the job that the run is about: a mistyped id, or another region, must not look like an ended job."""
        account = DtsHook(self.tencentcloud_conn_id, region).resolve()
        book = book_for(context, account, self.log.warning)

        async def look() -> Item | None:
            async with open_client(account, resource.version, book, plan[field]) as client:
                item: Item | None = await read(client, resource, {resource.key: plan[field]})
                return item

        item = asyncio.run(look())
        self.log.info("%s: %s", plan[field], state_of(resource, item))

    def _given(self, context: Context) -> Parameters:
        """What was asked for: by the DAG's author, or by the run's parameters."""
        refuse_unmerged(context)  # a request may be made of the run's parameters, too
        if self.request is not None:
            return dict(self.request)
        params: Parameters = dict(context["params"])
        self.form.refuse_unknown(context["dag_run"].conf or {}, context["dag"].params)
        return {name: value for name, value in params.items() if name in self.form.schema}


class TwoSidedPlanOperator(PlanOperator):
    """Base of the plans of links between two databases, each of them an Airflow connection.

    ``endpoints`` makes of a connection what a later task sends of it: of the source, and of the target.
    """

    endpoints: ClassVar[tuple[Endpoint, Endpoint]]

    def located(self, request: Parameters) -> Parameters:
        """The request with the database types and regions that its connections say; the job is the target's.

        All connections are read, the cloud's among them, and what is wrong with any of them is reported at once.
        """
        findings = Findings()
        more: tuple[str, ...] = ()
        with findings.noted():
            more = DtsHook(self.tencentcloud_conn_id).more_regions()
        read: list[Connection] = []
        for side, endpoint in zip(SIDES, self.endpoints, strict=True):
            with findings.noted():
                conn = read_connection(request[f"{side}_connection"])
                read.append(conn)
                request = {**request, **_database(request, side, conn, endpoint, more)}
        if len(read) == len(SIDES):
            with findings.noted():
                check_distinct(*read)
        place = request["target_region"]
        with findings.noted():  # what else is wrong with the cloud's connection is reported beside a wrong region
            DtsHook(self.tencentcloud_conn_id, place if place in (*REGIONS, *more) else REGIONS[0]).resolve()
        findings.tell()
        return request

    def shared(self, request: Parameters, context: Context) -> TwoSidedPlan:
        """What the plan of every link between two databases says."""
        expect_run_time, delay = run_time(request, context["task_state_store"])
        requested_by, requested_at = asked_by(context)
        return {
            "source": database_of(request, "source"),
            "target": database_of(request, "target"),
            "job_title": title_for(request["job_title"], context),
            "existing_job_id": request["existing_job_id"] or "",
            "run_mode": request["run_mode"],
            "expect_run_time": expect_run_time,
            "start_delay": delay,
            "hold_seconds": request["hold_seconds"],
            "requested_by": requested_by,
            "requested_at": requested_at,
        }


def _database(
    request: Parameters, side: str, conn: Connection, endpoint: Endpoint, more: tuple[str, ...]
) -> dict[str, str]:
    """Database type and region of one side, whose connection holds all that a later task sends of it."""
    database_type = request[f"{side}_database_type"] or database_type_of(conn)
    if not database_type:
        raise InvalidInput(f"{side}_database_type", f"connection type {conn.conn_type} does not imply one; give it")
    given, own = request[f"{side}_region"], extra_of(conn).get("region")
    if not (given or own):
        raise InvalidInput(f"{side}_region", "give it, as ap-guangzhou (or in the connection's extra)")
    findings = Findings()
    where = f"{side}_region" if given else f"{name_of(conn)}, extra region"
    with findings.noted(), nullcontext() if given else given_in("connection"):
        region(given or own, where, more)
    with findings.noted():
        endpoint(conn, region=given or own, database_type=str(database_type))
    findings.tell()
    return {f"{side}_database_type": str(database_type), f"{side}_region": str(given or own)}


def refuse_unmerged(context: Context) -> None:
    """What a run was asked for must be what its parameters say; else the form's example would be bought.

    :raises InvalidInput: Airflow did not merge the run's conf into its parameters.
    """
    params = context["params"]
    for name, asked in (context["dag_run"].conf or {}).items():
        if name in params and params[name] != asked:
            raise InvalidInput(
                f"[core] dag_run_conf_overrides_params, {name}",
                "the run's conf was not merged into its parameters; set this option of Airflow to True, and trigger "
                "another run",
            )


def database_of(request: Parameters, side: str) -> Database:
    """One side of a request that has been located."""
    return {
        "connection": request[f"{side}_connection"],
        "database_type": request[f"{side}_database_type"],
        "region": request[f"{side}_region"],
    }


def asked_by(context: Context) -> tuple[str, str]:
    """Who asked for a run, and when."""
    run = context["dag_run"]
    name = getattr(run, "triggering_user_name", None) or run.run_type
    return str(name), str(getattr(run, "run_after", None) or datetime.now(UTC))


def title_for(given: str | None, context: Context, longest: int = 100) -> str:
    """The readable part of a name: what was given, or the DAG's id."""
    return valid_title(given or context["ti"].dag_id)[:longest]


def run_time(request: Parameters, store: TaskStore) -> tuple[str, float]:
    """When a timed run starts, in Beijing time, and the seconds until then.

    :param store: the task state store.
    :raises InvalidInput: it is in the past, or more than a year away.
    """
    moment = asked_run_time(request)
    if moment is None:
        return "", 0.0
    delay = accepted_delay("expect_run_time", str(request["expect_run_time"]), moment, store, " (Beijing time)")
    return moment.strftime("%Y-%m-%d %H:%M:%S"), delay


def accepted_delay(field: str, text: str, at: datetime, store: TaskStore, clock: str = "") -> float:
    """The seconds until a time that a run was given.

    A time that was accepted once stays accepted: the task may be cleared when it has passed.

    :param field: the parameter; ``text`` is its value.
    :param store: the task state store.
    :param clock: by whose clock it is, for the error.
    :raises InvalidInput: it is in the past, or more than a year away.
    """
    delay = at.timestamp() - time.time()
    if delay <= 0 and store.get(f"accepted_{field}") != text:
        raise InvalidInput(field, f"it must lie in the future{clock}", text)
    if delay > _A_YEAR:
        raise InvalidInput(field, "it must lie within a year", text)
    store.set(f"accepted_{field}", text, retention=NEVER_EXPIRE)
    return max(0.0, delay)


def cutover_hours(request: Parameters, store: TaskStore) -> tuple[Window, float]:
    """When a migration may be cut over, and the seconds until then.

    A window that has begun already is open; one that has passed is refused.

    :param store: the task state store.
    :raises InvalidInput: it has passed, or is more than a year away.
    """
    window = asked_window(request)
    if window.not_after is not None:
        accepted_delay("cutover_not_after", str(request["cutover_not_after"]), window.not_after, store)
    elif window.not_before is not None and window.seconds_until_open(time.time()) > _A_YEAR:
        raise InvalidInput("cutover_not_before", "it must lie within a year", request["cutover_not_before"])
    return window, window.seconds_until_open(time.time())


def cutover_deadlines(deadlines: Mapping[str, float], delay: float) -> dict[str, float]:
    """How long is waited at most where a window has to open first, by the tasks that wait for that.

    :param deadlines: those of the form, in seconds.
    :param delay: seconds until the window opens.
    """
    last = deadlines["complete_deadline"]
    return {"opening_deadline": max(deadlines["ready_deadline"], delay + last), "cutover_deadline": delay + last}
