"""At most so many members of a fleet hold a paid job, whatever is killed, cleared or ended by another hand."""

from __future__ import annotations

import random
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException

from tencent_dts.engine.line import KEY, Line, Standing, WaveTasks, prune, ticket_of
from tencent_dts.engine.memory import Memory
from tencent_dts.errors import DtsProblem, Impossible
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.tasks.in_line import FleetStopped, InLine, MemberHeld
from tests.chaos.virtual import VirtualClock
from tests.drive import AIRFLOW, Task
from tests.meanwhile import Meanwhile
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import LINK
from tests.unit.subjects import calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

BUY = "CreateMigrationService"
Number = tuple[int, int]


class Killed(BaseException):
    """The worker's process ends here."""


class Fleet:
    """The purchases of a fleet of two waves, and what Airflow says of their tasks."""

    def __init__(self, cloud: Cloud, *, in_flight: int, size: int = 4, max_failed: int = 0) -> None:
        names = ("first", "second")
        waves = [WaveTasks(name, f"{name}.begin", f"{name}.buy", f"{name}.isolate", max_failed) for name in names]
        self.line = Line(tuple(waves), in_flight)
        self.cloud = cloud
        self.members: dict[Number, Task] = {}
        for wave, tasks in enumerate(waves):
            for index in range(size):
                bought = DtsCreateMigrationServiceOperator(
                    task_id=tasks.purchase, in_line=InLine(self.line, wave), **LINK
                )
                bought.lifecycle = "plan"
                self.members[wave, index] = Task(bought, map_index=index)
                self.says((wave, index), purchase="", isolate="")

    def says(self, member: Number, **states: str) -> None:
        """What Airflow says of a member's tasks from now on."""
        tasks = self.line.waves[member[0]]
        for name, state in states.items():
            task_id = {"purchase": tasks.purchase, "isolate": tasks.isolate}[name]
            AIRFLOW.task_states[f"{task_id}_{member[1]}"] = state

    def comes_after(self, member: Number, *others: Number) -> None:
        self.members[member].ti.returned["plan/after"] = [list(other) for other in others]

    def buy(self, member: Number, *, again: bool = False) -> str:
        """Let a member's purchase run once; returns how it ended."""
        task = self.members[member]
        if again:
            task.clear()
            self.says(member, isolate="")
        self.says(member, purchase="running")
        try:
            task.run()
        except AirflowRescheduleException:
            self.says(member, purchase="up_for_reschedule")
            return "waits"
        except Killed:
            self.says(member, purchase="up_for_retry")
            return "killed"
        except DtsProblem as problem:
            self.says(member, purchase="failed", isolate="upstream_failed")
            return type(problem).__name__
        self.says(member, purchase="success")
        return "bought"

    def end(self, member: Number) -> None:
        """The rest of a member's migration goes well."""
        job_id = self.members[member].ti.pushed["job_id"]
        (job,) = (job for job in self.cloud.emulator.jobs() if job["JobId"] == job_id)
        if job["TradeStatus"] == "normal":
            self.cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": "success"})
            self.cloud.call("IsolateMigrateJob", JobId=job_id)
            self.cloud.wait(10)
        self.says(member, isolate="success")

    def fail(self, member: Number) -> None:
        """A later task of a member fails; its job goes on costing."""
        self.says(member, isolate="upstream_failed")

    def state(self, member: Number) -> str:
        """What Airflow says of its last task."""
        return AIRFLOW.task_states[f"{self.line.waves[member[0]].isolate}_{member[1]}"]

    @property
    def paid(self) -> int:
        return sum(job["TradeStatus"] == "normal" for job in self.cloud.emulator.jobs())


@pytest.fixture(autouse=True)
def _time(cloud: Cloud, passing_time: VirtualClock) -> None:
    """Time passes while a task waits."""


def test_the_next_buys_when_one_has_ended_in_the_order_of_the_file(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=2)
    assert [fleet.buy((0, index)) for index in range(4)] == ["bought", "bought", "waits", "waits"]
    assert fleet.paid == 2
    fleet.end((0, 1))
    assert fleet.buy((0, 3)) == "waits"  # the one before it waits, too
    assert fleet.buy((0, 2)) == "bought"
    assert fleet.paid == 2


def test_a_red_member_whose_job_costs_counts_until_it_is_green(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=1, max_failed=3)
    assert fleet.buy((0, 0)) == "bought"
    fleet.fail((0, 0))
    assert fleet.buy((0, 1)) == "waits"
    fleet.end((0, 0))
    assert fleet.buy((0, 1)) == "bought"


def test_one_that_failed_before_it_bought_does_not_count_and_coming_back_it_waits(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=1, max_failed=3)
    cloud.emulator.add_fault({"action": BUY, "code": "FailedOperation.BalanceNotEnough", "times": 1})
    assert fleet.buy((0, 0)) != "bought"
    assert [key for key in AIRFLOW.variables if key.startswith(KEY)] == []
    assert fleet.buy((0, 1)) == "bought"
    assert fleet.buy((0, 0), again=True) == "waits"
    assert fleet.paid == 1
    fleet.end((0, 1))
    assert fleet.buy((0, 0)) == "bought"


def test_one_that_may_have_bought_goes_on_counting_while_it_is_red(cloud: Cloud, meanwhile: Meanwhile) -> None:
    fleet = Fleet(cloud, in_flight=1, max_failed=3)
    cloud.emulator.add_fault({"action": BUY, "drop": "after", "times": 1})
    denied = {"action": "DescribeMigrationJobs", "code": "UnauthorizedOperation", "times": 1}
    meanwhile.before(BUY, 1, lambda: cloud.emulator.add_fault(denied))
    assert fleet.buy((0, 0)) == "Denied"
    assert fleet.paid == 1
    assert fleet.buy((0, 1)) == "waits"
    assert fleet.buy((0, 0), again=True) == "bought"
    assert fleet.paid == 1


def test_killed_between_the_purchase_and_its_record_it_goes_on_counting(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = Fleet(cloud, in_flight=1)
    with monkeypatch.context() as patch:

        def killed(*_: Any) -> None:
            raise Killed

        patch.setattr(Memory, "remember_purchase", killed)
        assert fleet.buy((0, 0)) == "killed"
    assert fleet.paid == 1
    assert fleet.buy((0, 1)) == "waits"
    fleet.members[0, 0].ti.pushed.clear()
    assert fleet.buy((0, 0), again=True) == "bought"
    assert (fleet.paid, len(calls(cloud.emulator, BUY))) == (1, 1)


def test_cleared_with_its_job_alive_it_goes_on_counting(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=1)
    assert fleet.buy((0, 0)) == "bought"
    fleet.says((0, 0), purchase="", isolate="")  # from its plan on, and the plan is red now
    assert fleet.buy((0, 1)) == "waits"
    assert fleet.buy((0, 0), again=True) == "bought"
    assert fleet.paid == 1


def test_a_job_bought_again_waits_for_its_turn_again(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=1, max_failed=1)
    assert fleet.buy((0, 0)) == "bought"
    job_id = fleet.members[0, 0].ti.pushed["job_id"]
    cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": "failed"})
    cloud.call("IsolateMigrateJob", JobId=job_id)
    cloud.wait(10)
    fleet.says((0, 0), isolate="success")  # a person's mark: it costs no further
    assert fleet.buy((0, 1)) == "bought"
    assert fleet.buy((0, 0), again=True) == "waits"
    assert fleet.paid == 1
    fleet.end((0, 1))
    assert fleet.buy((0, 0)) == "bought"


def test_cleared_alone_it_buys_nothing_that_no_task_would_end(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=1)
    assert fleet.buy((0, 0)) == "bought"
    cloud.emulator.seed({"match": {"any": True}, "force_status": "failed"})
    cloud.call("IsolateMigrateJob", JobId=fleet.members[0, 0].ti.pushed["job_id"])
    cloud.wait(10)
    fleet.members[0, 0].clear()
    fleet.says((0, 0), isolate="success")  # marked so, and left so
    with pytest.raises(Impossible, match="its last task is green already"):
        fleet.members[0, 0].run()
    assert len(calls(cloud.emulator, BUY)) == 1


def test_of_two_that_look_at_once_no_more_buy_than_may(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both saw a free place before either had a ticket; whoever looks again stands back."""
    fleet = Fleet(cloud, in_flight=1)
    put = AIRFLOW._PutVariable
    prefix = fleet.line.prefix(fleet.members[0, 0].ti.dag_id, fleet.members[0, 0].ti.run_id)

    def put_at_once(key: str, value: str, description: str) -> None:
        put(key, value, description)
        if key == ticket_of(prefix, (0, 0)):
            put(ticket_of(prefix, (0, 1)), value, description)

    monkeypatch.setattr(AIRFLOW, "_PutVariable", put_at_once)
    assert fleet.buy((0, 0)) == "waits"
    assert fleet.paid == 0
    assert ticket_of(prefix, (0, 0)) not in AIRFLOW.variables  # or both would wait for each other
    del AIRFLOW.variables[ticket_of(prefix, (0, 1))]


def test_too_many_failures_stop_the_line_and_a_clear_goes_on(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=4, max_failed=1)
    assert [fleet.buy((0, index)) for index in range(2)] == ["bought", "bought"]
    fleet.fail((0, 0))
    assert fleet.buy((0, 2)) == "bought"  # one may fail
    fleet.fail((0, 1))
    assert fleet.buy((0, 3)) == FleetStopped.__name__
    assert fleet.buy((0, 3), again=True) == FleetStopped.__name__
    assert fleet.paid == 3
    fleet.end((0, 0))
    assert fleet.buy((0, 3), again=True) == "bought"  # its own stop is no failure of the wave


def test_a_member_after_another_waits_for_its_end_and_is_held_by_its_failure(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=4, max_failed=3)
    fleet.comes_after((1, 0), (0, 0))
    fleet.buy((0, 0))
    assert fleet.buy((1, 0)) == "waits"
    fleet.fail((0, 0))
    assert fleet.buy((1, 0)) == MemberHeld.__name__
    fleet.end((0, 0))
    assert fleet.buy((1, 0), again=True) == "bought"


@for_every("seed", range(4))
def test_whatever_happens_no_more_are_paid_for_than_may(seed: int, cloud: Cloud) -> None:
    cloud.emulator.reset()
    AIRFLOW.reset()
    dice = random.Random(seed)
    fleet = Fleet(cloud, in_flight=2, max_failed=8)
    remember, bought = Memory.remember_purchase, set[Number]()
    for _ in range(40):
        member = dice.choice(list(fleet.members))
        if bought and dice.random() < 0.4:
            ended = dice.choice(sorted(bought))
            fleet.fail(ended) if dice.random() < 0.3 else fleet.end(ended)
            bought -= {at for at in bought if fleet.state(at) == "success"}
            continue
        with pytest.MonkeyPatch.context() as patch:
            if dice.random() < 0.2:

                def killed(memory: Memory, job_id: str) -> None:
                    remember(memory, job_id)
                    raise Killed

                patch.setattr(Memory, "remember_purchase", killed)
            if fleet.buy(member, again=dice.random() < 0.3) == "bought":
                bought.add(member)
        assert fleet.paid <= 2
    assert len(calls(cloud.emulator, BUY)) > 3


def test_tickets_of_runs_that_were_deleted_are_pruned_and_no_others(cloud: Cloud) -> None:
    fleet = Fleet(cloud, in_flight=1)
    assert fleet.buy((0, 0)) == "bought"
    ti = fleet.members[0, 0].ti
    AIRFLOW.variables[f"{KEY}of.another.hand"] = "text"
    AIRFLOW.runs[ti.dag_id, ti.run_id] = ("failed", None)
    assert prune(at_most=10) == 0
    del AIRFLOW.runs[ti.dag_id, ti.run_id]
    assert (prune(at_most=0), prune(at_most=10)) == (0, 1)
    assert [key for key in AIRFLOW.variables if key.startswith(KEY)] == [f"{KEY}of.another.hand"]


LINE = Line((WaveTasks("first", "f.begin", "f.buy", "f.isolate", 1), WaveTasks("w_1", "w", "w.buy", "w.isolate", 0)), 2)


def standing(*marks: str, **states: str) -> Standing:
    return Standing(LINE, {name.replace("__", "."): state for name, state in states.items()}, marks)


def test_a_wave_begins_when_the_one_before_has_ended_with_few_failures() -> None:
    assert standing().wave_turn(1) == "wait"
    assert standing(f__isolate="upstream_failed").wave_turn(1) == "stopped"  # it never began
    assert standing(f__isolate_0="success", f__isolate_1="").wave_turn(1) == "wait"
    assert standing(f__isolate_0="success", f__isolate_1="failed").wave_turn(1) == "go"
    assert standing(f__isolate_0="failed", f__isolate_1="upstream_failed").wave_turn(1) == "stopped"
    assert standing("0.1.stopped", f__isolate_0="failed", f__isolate_1="upstream_failed").wave_turn(1) == "go"


def test_what_is_kept_beside_the_tickets_is_no_ticket() -> None:
    assert standing("0.1", "0.2.stopped", "nonsense", "a.b").tickets == {(0, 1)}
