"""The tasks of a fleet that stand between its waves: begin one, ask for it, and sum up.

API document: none; they read Airflow alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import TriggerRule
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts import metrics, settings
from tencent_dts.engine import line as lines
from tencent_dts.engine.line import GO, WAIT, Line, Number, Standing
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event
from tencent_dts.errors import DeadlinePassed, DtsProblem, InvalidInput, with_clearing
from tencent_dts.kinds.form import Values
from tencent_dts.sizes import Size
from tencent_dts.tasks.asking import ASKED, ApprovalRefused, ask, harmless, wait_if_asked
from tencent_dts.tasks.bills import Known
from tencent_dts.tasks.in_line import FleetIncomplete, FleetStopped, is_late, stopped, wait_in_line
from tencent_dts.tasks.inherited import Arguments
from tencent_dts.tasks.steps import Step
from tencent_dts.triggers.line import ALONE

if TYPE_CHECKING:
    from airflow.sdk import Context

_SHOWN = 20


@dataclass(frozen=True)
class FleetMember:
    """One migration of a fleet.

    :param name: by which people know it; each once in a fleet.
    :param request: the parameters of its migration, see :data:`tencent_dts.params.MIGRATION`.
    :param after: names of members that stand before it, and must have ended well before it buys.
    """

    name: str
    request: Values
    after: Sequence[str] = ()


class Mapped(TypedDict):
    """What the tasks of one member are mapped over."""

    member: str
    request: Values
    after: list[Number]


class _Standing(Step):
    """Base of the tasks that look where the fleet stands.

    :param line: what is fixed of the fleet.
    :param wave: number of the wave that the task is of, or before which it stands.
    """

    def __init__(self, *, line: Line, wave: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.line = line
        self.wave = wave

    def at_stake(self, context: Context, problem: DtsProblem) -> Known | None:
        """Nothing of its own: each member says what it costs."""
        return None

    def standing(self, context: Context) -> Standing:
        """Where the fleet stands now."""
        return asyncio.run(lines.look(self.line, context["ti"].dag_id, context["ti"].run_id))

    def names(self, context: Context) -> dict[Number, str]:
        """The names of the members of the waves that have begun."""
        begun = [wave.begin for wave in self.line.waves]
        told = {name: context["ti"].xcom_pull(task_ids=name, key="names") or [] for name in begun}
        return {(at, index): name for at, begin in enumerate(begun) for index, name in enumerate(told[begin])}


class DtsBeginWaveOperator(_Standing):
    """Begin a wave of a fleet once those before it have ended, and return its members for the tasks mapped over them.

    Waits without a worker. The members of a run and their order stay what they were when their wave began, whatever
    becomes of the file; their parameters are read again when the task is cleared.

    :param members: of the wave.
    :param timeout: seconds to wait at most for the waves before it.

    API document: none; it reads Airflow alone.
    """

    on_clear = "looks again whether the waves before this one have ended, and begins this one"
    timeout = Size(above=True)

    def __init__(self, *, members: Sequence[FleetMember], timeout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = list(members)
        self.timeout = timeout

    def execute(self, context: Context) -> list[Mapped]:
        """The first leg."""
        return self.resume(context, {})

    def resume(self, context: Context, event: Event) -> list[Mapped]:
        """A leg: look, and wait or begin.

        :raises FleetStopped: a wave before has failed, or never began.
        """
        with with_clearing(self.on_clear):
            if self.wave:
                self._wait_for_the_others(context, event)
            return self._mapped(context)

    def resume_execution(self, next_method: str, next_kwargs: Arguments | None, context: Context) -> object:
        """A trigger that broke says nothing: come back after an interval."""
        event = {ALONE: True} if next_method == TRIGGER_FAIL_REPR else (next_kwargs or {}).get("event") or {}
        return self.resume(context, event)

    def _wait_for_the_others(self, context: Context, event: Event) -> None:
        standing = self.standing(context)
        verdict = standing.wave_turn(self.wave)
        if verdict == GO:
            return
        if verdict != WAIT:
            raise self._not_begun(standing, context)
        deadline = Memory(context).deadline(self.timeout)
        if is_late(deadline):
            raise DeadlinePassed(
                f"The waves before this one have not ended in {self.timeout:.0f} s; nothing of it was bought",
                next_step="See which members are not over. Then clear this task with its downstream.",
            )
        number, interval = (self.wave, -1), settings.poll_interval()
        self.log.info("the waves before this one have not ended yet")
        wait_in_line(self, context, self.line, number, event=event, deadline=deadline, interval=interval)

    def _not_begun(self, standing: Standing, context: Context) -> FleetStopped:
        at = next(at for at in range(self.wave) if standing.has_failed(at) or not standing.began(at))
        if standing.has_failed(at):
            return stopped(standing, at, self.names(context))
        return FleetStopped(
            f"Wave {self.line.waves[at].name} never began, so that this one does not; nothing more is bought",
            next_step=f"Fix what is red before {self.line.waves[at].purchase} and clear it with its downstream; then "
            "clear this task with its downstream.",
        )

    def _mapped(self, context: Context) -> list[Mapped]:
        """The members, of the same names in the same order as when the wave began."""
        names, store = [member.name for member in self.members], context["task_state_store"]
        kept: Any = store.get("members") or names
        if kept != names:
            changed = next((a or b for a, b in zip([*kept, ""], [*names, ""], strict=False) if a != b), names[-1])
            raise InvalidInput(
                "members",
                "the members of a run stay what they were when their wave began, in that order: a member's place is "
                "how its job is known; put them back, or trigger a new run for others",
                changed,
            )
        store.set("members", [*names], retention=NEVER_EXPIRE)
        context["ti"].xcom_push(key="names", value=names)
        before = {name: at for at, name in self.names(context).items() if at[0] < self.wave}
        before |= {name: (self.wave, index) for index, name in enumerate(names)}
        return [_mapped(member, before) for member in self.members]


def _mapped(member: FleetMember, numbers: Mapping[str, Number]) -> Mapped:
    if unknown := [name for name in member.after if name not in numbers]:
        raise InvalidInput(f"{member.name}, after", "no member of this name has begun before it", unknown[0])
    request = {"job_title": member.name, **member.request}
    return {"member": member.name, "request": request, "after": [numbers[name] for name in member.after]}


class DtsApproveWaveOperator(_Standing, ApprovalOperator):
    """Ask a person whether a wave of a fleet may begin; rejected or not answered in time, nothing of it is bought.

    :param timeout: seconds to wait for an answer.

    API document: none; "Required Actions" of Airflow.
    """

    on_clear = "shows where the fleet stands, and asks again"
    template_fields: Sequence[str] = ("subject", "body")
    template_fields_renderers: ClassVar[dict[str, str]] = {}
    timeout = Size(above=True)

    def __init__(self, *, timeout: float = 86400, **kwargs: Any) -> None:
        kwargs.setdefault("defaults", self.REJECT)
        waiting = timedelta(seconds=timeout)
        super().__init__(fail_on_reject=True, response_timeout=waiting, **kwargs)
        self.notifiers = [harmless(notifier, self.log) for notifier in self.notifiers]
        self.timeout = timeout

    @with_clearing(on_clear)
    def execute(self, context: Context) -> object:
        """Ask, unless an earlier try has asked already."""
        standing = self.standing(context)
        self.body = page(standing, self.names(context), upto=self.wave)
        memory = Memory(context)
        wait_if_asked(self, context, memory, self.wave)
        until = datetime.now(UTC) + timedelta(seconds=self.timeout)
        return ask(memory, self.wave, until, lambda: super(DtsApproveWaveOperator, self).execute(context))

    def resume_execution(self, next_method: str, next_kwargs: Arguments | None, context: Context) -> object:
        """Ask again where the question of an earlier try is not there any more."""
        if next_method == TRIGGER_FAIL_REPR:
            Memory(context).forget(ASKED)
            return self.execute(context)
        return super().resume_execution(next_method, next_kwargs, context)

    @with_clearing(on_clear)
    def execute_complete(self, context: Context, event: Arguments) -> object:
        """Approve goes on; everything else is red."""
        try:
            answer = super().execute_complete(context, event)
        except HITLRejectException:
            user = (event.get("responded_by_user") or {}).get("name")
            metrics.send(metrics.APPROVALS_ANSWERED, answer="rejected" if user else "silence")
            raise ApprovalRefused(
                f"The wave was rejected by {user}" if user else "The wave was not approved in time",
                next_step="Nothing of it was bought. Clear this task with its downstream when it may begin.",
            ) from None
        metrics.send(metrics.APPROVALS_ANSWERED, answer="approved")
        user = (answer["responded_by_user"] or {}).get("name")
        self.log.info("wave %s was approved by %s", self.line.waves[self.wave].name, user or "nobody named")
        return {"asked": True, "responded_by": user}


def page(standing: Standing, names: Mapping[Number, str], *, upto: int) -> str:
    """How the waves have ended, as Markdown.

    :param upto: number of the wave that is asked for; those before it are summed up, its members are named.
    """
    lines_of = [f"- {_told(standing, names, at)}" for at in range(upto)]
    wave = standing.line.waves[upto].name
    coming = [name for at, name in names.items() if at[0] == upto]
    paid = len(standing.holders())
    return "\n".join(
        [
            *(["**So far:**", "", *lines_of, ""] if lines_of else []),
            f"**Wave {wave}** buys {len(coming)} migration jobs, at most {standing.line.in_flight} at once "
            f"({paid} are paid for now): {_listed(coming)}.",
        ]
    )


def _told(standing: Standing, names: Mapping[Number, str], wave: int) -> str:
    """One line about a wave that has ended."""
    members = [at for at in standing.isolates if at[0] == wave]
    red = [names.get(at, f"index {at[1]}") for at in sorted(members) if standing.is_red(at)]
    green = sum(map(standing.is_green, members))
    return f"{standing.line.waves[wave].name}: {green} of {len(members)} green" + (
        f", red: {_listed(red)}" if red else ""
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


class DtsFleetSummaryOperator(_Standing):
    """Sum a fleet up: green if every member is. Clearing a member that is red, and then this task, ends it well.

    API document: none; it reads Airflow alone.
    """

    on_clear = "sums up again"

    def __init__(self, **kwargs: Any) -> None:
        # It stands after every member, red ones too.
        super().__init__(trigger_rule=TriggerRule.ALL_DONE, wave=-1, **kwargs)

    @with_clearing(on_clear)
    def execute(self, context: Context) -> dict[str, object]:
        """The states of all members by wave and name.

        :raises FleetIncomplete: a member is not green, or a wave never began.
        """
        standing, names = self.standing(context), self.names(context)
        for at in range(len(self.line.waves)):
            self.log.info("%s", _told(standing, names, at))
        bad = [*self._red(standing, names), *self._missing(standing)]
        if not bad:
            lines.forget(self.line, context["ti"].dag_id, context["ti"].run_id)
            members = {wave.name: self._names(names, at) for at, wave in enumerate(self.line.waves)}
            return {"members": len(standing.isolates), "waves": members}
        paid = _listed([names.get(at, str(at)) for at in sorted(standing.holders())])
        raise FleetIncomplete(
            f"{len(bad)} of the fleet are not green",
            cause=_listed(bad),
            bill=f"members that hold a job which costs until it is isolated: {paid}" if paid else None,
            next_step="Fix each red member and clear what is red of it with its downstream, which is this member's "
            "alone; then clear this task, unless it was cleared along.",
        )

    @staticmethod
    def _names(names: Mapping[Number, str], wave: int) -> list[str]:
        return [name for at, name in names.items() if at[0] == wave]

    def _red(self, standing: Standing, names: Mapping[Number, str]) -> Iterable[str]:
        for at, state in sorted(standing.isolates.items()):
            if not standing.is_green(at):
                kept = " (kept from buying)" if at in standing.stopped else ""
                yield f"{names.get(at, f'index {at[1]}')} in {self.line.waves[at[0]].name}: {state or 'not run'}{kept}"

    def _missing(self, standing: Standing) -> Iterable[str]:
        missing = (wave.name for at, wave in enumerate(self.line.waves) if not standing.began(at))
        return (f"wave {name}: never began" for name in missing)
