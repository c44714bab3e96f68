"""Random walks over a kind of job, as hypothesis's state machines."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world.compare_tables import COMPARE_STATES
from tencent_dts.spec import load
from tests.unit.emulator.cloud import Cloud

Step = tuple[str, dict[str, Any]]
A_TASK = {"CompareTaskId": ""}
"""Stands for the latest compare task of the job."""


class JobWalk(RuleBasedStateMachine):
    """One job, called at random: every answer has a code of the documents, and the meter never runs backwards."""

    emulator: ClassVar[Emulator]
    cloud: Cloud
    job: str
    billed = 0.0

    def step(self, step: Step) -> None:
        """Let time pass, or make a call."""
        action, params = step
        if action == "wait":
            self.cloud.wait(params["seconds"])
            return
        if params == A_TASK:
            found = [item for item in self.emulator.jobs() if item["JobId"] == self.job]
            tasks = [task["CompareTaskId"] for item in found for task in item["compare_tasks"]]
            params = {"CompareTaskId": tasks[-1] if tasks else "none"}
            if action.endswith("TaskName"):
                params["TaskName"] = "renamed"
        code = ""
        try:
            self.cloud.call(action, JobId=self.job, **params)
        except TencentCloudSDKException as error:
            code = str(error.get_code())
        assert code in {"", *documented(action)}, action

    def compare_tasks_are_known(self, listing: str) -> None:
        """Each is in a state of the documents, and has a conclusion where it has succeeded."""
        for task in self.cloud.call(listing, JobId=self.job)["Items"]:
            assert task["Status"] in COMPARE_STATES
            assert bool(task["Conclusion"]) == (task["Status"] == "success")

    @invariant()
    def the_meter_runs_on(self) -> None:
        """It never runs backwards."""
        total = sum(self.emulator.meter()["billed_hours"].values())
        assert total >= self.billed - 0.001
        self.billed = total

    def teardown(self) -> None:
        """No handler broke on the way."""
        self.emulator.raise_failures()


def documented(action: str) -> set[str]:
    """The codes that an action may answer with; one without documented codes has those of its like, and common ones."""
    actions = load().actions
    like = actions.get(action.replace("SyncCompare", "Compare"), actions[action])
    return {*like.errors, "ResourceNotFound", "UnsupportedOperation"}


def walk(machine: type[JobWalk], emulator: Emulator, *, walks: int, steps: int) -> None:
    """Take so many walks of so many steps at most."""
    here = type("Here", (machine,), {"emulator": emulator})
    run_state_machine_as_test(
        here,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
