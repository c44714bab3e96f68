"""Random walks over a kind of job, as hypothesis's state machines."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
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

    def documented(self, action: str) -> set[str]:
        """The codes that an action may answer with."""
        raise NotImplementedError

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
        assert code in {"", *self.documented(action)}, action

    def read_the_meter(self) -> None:
        """It only runs on."""
        total = sum(self.emulator.meter()["billed_hours"].values())
        assert total >= self.billed - 0.001
        self.billed = total

    def teardown(self) -> None:
        """No handler broke on the way."""
        self.emulator.raise_failures()


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
