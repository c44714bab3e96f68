"""Many migrations in waves, in one DAG: a canary first, at most so many paid jobs at once, and a line that stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Unpack

from airflow.sdk import TaskGroup, task_group
from airflow.sdk.definitions._internal.mixins import DependencyMixin

from tencent_dts.engine.line import Line, WaveTasks
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.fleet import CANARY, DAG_ID
from tencent_dts.kinds.fleet import TEXTS as OF_FLEETS
from tencent_dts.kinds.migration.texts import TEXTS as OF_MIGRATIONS
from tencent_dts.operators.fleet import (
    DtsApproveWaveOperator,
    DtsBeginWaveOperator,
    DtsFleetSummaryOperator,
    FleetMember,
)
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.sizes import Size
from tencent_dts.task_groups.common import TaskOptions, Tasks, settle
from tencent_dts.task_groups.lifecycle import Migration, Own
from tencent_dts.task_groups.migrate import ORDER, link
from tencent_dts.tasks.in_line import InLine
from tencent_dts.tasks.inherited import Arguments

TEXTS = OF_FLEETS[DAG_ID]
_MEMBER = {**OF_MIGRATIONS["dts_migrate"], "purchase": TEXTS["purchase"]}
_MAPPED = "migrate"
_NAME_OF_PLAN = "{{ task.hands_on.member }}"
# The plan keeps the name as an XCom of its own; the list of all members is not read again by each task of each.
_NAME = "{{ ti.xcom_pull(task_ids=task.lifecycle, key='member', map_indexes=ti.map_index) }}"
_HOURS = 3600.0
_PAID = Size("paid jobs", least=1, whole=True)
_FAILURES = Size("members", whole=True)
BeforeCutover = Callable[[Any], Own]
"""Builds an author's own tasks that stand before the cutover of each member."""


@dataclass(frozen=True)
class Wave:
    """Members that are migrated beside each other, once the wave before has ended.

    :param name: of the wave, and of its task group.
    :param members: in the order in which they buy.
    :param max_failed: failed members up to which the line goes on; ``None``: as the fleet says.
    :param approval: a person is asked before anything of it is bought; silence is a no.
    :param approval_deadline: hours to wait for the answer.
    """

    name: str
    members: Sequence[FleetMember]
    max_failed: int | None = None
    approval: bool = False
    approval_deadline: float = 24.0


def migrate_fleet(
    group_id: str | None = "fleet",
    *,
    waves: Sequence[Wave],
    canary: str | None = None,
    in_flight: int = 20,
    max_failed: int = 0,
    turn_deadline: float = 336.0,
    before_cutover: BeforeCutover | None = None,
    max_report_age: float = 3600,
    **options: Unpack[TaskOptions],
) -> DtsFleetSummaryOperator:
    """Build the tasks of a fleet: of each wave ``begin``, ``approve`` where it is asked for, and ``migrate()``, mapped.

    At most ``in_flight`` jobs are paid for at once, whatever is killed, retried or cleared. A red member goes on
    costing and counts as one, until it is green or its ``isolate`` is marked as success. Where more than ``max_failed``
    members of a wave have failed, what runs goes on to its end, and nothing more is bought.

    :param group_id: id of the task group around all; ``None``: the waves stand in what is open already.
    :param waves: in the order of their run; names of members are unique in the fleet.
    :param canary: name of the member that goes first, alone, in a wave of this name; it may not fail.
    :param in_flight: maximum number of jobs that are paid for at once.
    :param max_failed: members of a wave that may fail while the line goes on.
    :param turn_deadline: hours that a member waits at most for its turn, and a wave for the one before.
    :param before_cutover: called once, in the group that is mapped, with the member's name (an ``XComArg``); returns
        tasks of your own that run before the final comparison of each member, see ``migrate()``.
    :param max_report_age: seconds for which a compare report is good; older, the comparison is repeated.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the task ``summary``, which is red if a member is. It waits for all; link what comes after to it.
    :raises InvalidInput: a name is there twice, or a member comes after one that does not stand before it.
    """
    lined = _with_canary(waves, canary)
    _check(lined)
    with nullcontext() if group_id is None else TaskGroup(group_id):
        groups = [TaskGroup(wave.name) for wave in lined]
        limits = [_FAILURES.check("max_failed", max_failed if w.max_failed is None else w.max_failed) for w in lined]
        tasks = [_tasks_of(group, int(limit or 0)) for group, limit in zip(groups, limits, strict=True)]
        line = Line(tuple(tasks), int(_PAID.check("in_flight", in_flight) or 0))
        summary = DtsFleetSummaryOperator(task_id="summary", line=line, doc_md=TEXTS["summary"].doc_md)
        settle(summary, options, "line", "doc_md")
        build = _Builder(line, turn_deadline * _HOURS, max_report_age, before_cutover, options)
        for number, (wave, group) in enumerate(zip(lined, groups, strict=True)):
            with group:
                build.wave(number, wave) >> summary
    return summary


def _with_canary(waves: Sequence[Wave], canary: str | None) -> list[Wave]:
    """The waves with the canary taken out of its own and put before them."""
    if canary is None:
        return list(waves)
    found = [member for wave in waves for member in wave.members if member.name == canary]
    if not found:
        raise InvalidInput("canary", "no member has this name", canary)
    rest = [replace(wave, members=[one for one in wave.members if one.name != canary]) for wave in waves]
    return [Wave(CANARY, found[:1], max_failed=0), *(wave for wave in rest if wave.members)]


def _check(waves: Sequence[Wave]) -> None:
    """Names are unique, and each member comes after such as stand before it: no two can wait for each other."""
    if not waves:
        raise InvalidInput("waves", "give at least one")
    for field, names in (("waves", [wave.name for wave in waves]), ("members", _names(waves))):
        if twice := [name for at, name in enumerate(names) if name in names[:at]]:
            raise InvalidInput(field, "this name is there twice", twice[0])
    before: set[str] = set()
    for wave in waves:
        if not wave.members:
            raise InvalidInput(f"wave {wave.name}", "it has no members")
        for member in wave.members:
            if unknown := [name for name in member.after if name not in before]:
                raise InvalidInput(f"{member.name}, after", "name a member that stands before this one", unknown[0])
            before.add(member.name)


def _names(waves: Sequence[Wave]) -> list[str]:
    return [member.name for wave in waves for member in wave.members]


def _tasks_of(group: TaskGroup, max_failed: int) -> WaveTasks:
    mapped = group.child_id(_MAPPED)
    name = str(group.label)
    return WaveTasks(name, group.child_id("begin"), f"{mapped}.purchase", f"{mapped}.isolate", max_failed)


@dataclass
class _Builder:
    """Builds the tasks of waves, in the group that is open."""

    line: Line
    turn_deadline: float
    max_report_age: float
    before_cutover: BeforeCutover | None
    options: TaskOptions

    def wave(self, number: int, wave: Wave) -> DependencyMixin:
        """What the summary comes after: the mapped group of the wave."""
        common: Arguments = {"line": self.line, "wave": number}
        begin = DtsBeginWaveOperator(
            task_id="begin",
            members=wave.members,
            timeout=self.turn_deadline,
            doc_md=TEXTS["begin"].doc_md,
            **common,
        )
        settle(begin, self.options, *common, "members", "timeout", "doc_md")

        @task_group(group_id=_MAPPED)
        def one(member: Any, request: Any, after: Any) -> None:
            self.member(number, member, request, after)

        mapped = one.expand_kwargs(begin.output)
        if wave.approval:
            approve = DtsApproveWaveOperator(
                task_id="approve_wave",
                subject=f"Begin wave {wave.name}?",
                timeout=wave.approval_deadline * _HOURS,
                notifiers=list(self.options.get("notifiers", ())),
                doc_md=TEXTS["approve_wave"].doc_md,
                **common,
            )
            settle(approve, self.options, *common, "timeout", "doc_md")
            begin >> approve >> mapped
        return mapped

    def member(self, number: int, member: Any, request: Any, after: Any) -> None:
        """The migration of one member."""
        planned = {"hands_on": {"member": member, "after": after}, "map_index_template": _NAME_OF_PLAN}
        tasks = Tasks(DtsPlanMigrationOperator, _MEMBER, request, named=_NAME, planned=planned, **self.options)
        part = tasks.part
        tasks.order(
            DtsCreateMigrationServiceOperator,
            "purchase",
            *ORDER,
            dst_region=part["region"],
            configuration=part,
            in_line=InLine(self.line, number),
            timeout=self.turn_deadline,
        )
        link(tasks, self.max_report_age, self.before_cutover(member) if self.before_cutover else None)
        Migration(None, tasks.made).without_shortcuts()
