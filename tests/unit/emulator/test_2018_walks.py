"""Whatever is called in whatever order at the API of 2018: documented codes, documented states, whole answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.spec import VERSION_2018, load
from tests.unit.emulator.cloud_2018 import ACTIVATION, OPTION, SOURCE, Cloud2018, naming

SPEC = load(VERSION_2018)
STATUSES = {1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 23}
STEP_STATUSES = {1, 2, 3, 4}
LIFE = {"creating", "normal", "isolating", "isolated", "offlining", "offline"}
CONFIGURED = {"unconfigure", "configuring", "configured"}
# A code that is common to all actions counts for an action that documents none.
COMMON = {"ResourceNotFound", "UnsupportedOperation"}
CHANGES: list[dict[str, Any]] = [
    {},
    {"MigrateOption": OPTION | {"MigrateType": 2, "ConsistencyType": 2}},
    naming("rehearse_error_always", "rehearse_unknown_status"),
    naming("rehearse_failed", "rehearse_check_DstEmptyCheck", "rehearse_different"),
    {"MigrateOption": OPTION | {"RunMode": 2, "ExpectTime": "2099-01-01 00:00:00"}},
    {"SrcInfo": SOURCE | {"Password": "wrong"}},
    {"MigrateOption": OPTION | {"RunMode": 2}},
]
OBJECTS = {"SubscribeObjectType": 1, "Objects": [{"ObjectsType": 0, "DatabaseName": "app"}]}
SECONDS = st.sampled_from([1, 5, 28, 60, 170, 700_000])


class Walk(RuleBasedStateMachine):
    """One migration job and one subscription, called at random; both are looked at after every step."""

    emulator: Emulator

    @initialize(
        name=st.sampled_from(["plain", "rehearse_request_failed", "rehearse_request_failed_always"]),
        start=st.sampled_from([Cloud2018.made, Cloud2018.passed, Cloud2018.begun, Cloud2018.in_time]),
        changes=st.sampled_from(CHANGES[:4]),
    )
    def begin(self, name: str, start: Callable[..., str], changes: dict[str, Any]) -> None:
        self.emulator.reset()
        self.cloud = Cloud2018(self.emulator)
        # A beginning that gets the job somewhere: a check that does not pass keeps it from being started.
        self.job = start(self.cloud, **{} if "rehearse_check" in str(changes) else changes)
        self.gone = False
        self.subscription = self.cloud.call("CreateSubscribe", Product="mysql", PayType=1, Name=name)["SubscribeIds"][0]
        self.requests: list[str] = []
        self.billed = 0.0

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        try:
            return self.cloud.call(action, **params)
        except TencentCloudSDKException as error:
            code = error.get_code()
        assert code in {*SPEC.actions[action].errors, *COMMON}, action
        return {}

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        self.cloud.wait(seconds)

    @rule(
        action=st.sampled_from(["CreateMigrateCheckJob", "StartMigrateJob", "StopMigrateJob", "CompleteMigrateJob"]),
        seconds=SECONDS,
    )
    def move(self, action: str, seconds: int) -> None:
        self.call(action, JobId=self.job)
        self.cloud.wait(seconds)

    @rule(changes=st.sampled_from(CHANGES))
    def modify(self, changes: dict[str, Any]) -> None:
        self.call("ModifyMigrateJob", JobId=self.job, **changes)

    @precondition(lambda self: not self.gone)
    @rule()
    def delete(self) -> None:
        self.gone = "RequestId" in self.call("DeleteMigrateJob", JobId=self.job)

    @rule()
    def activate(self) -> None:
        self._requested(self.call("ActivateSubscribe", SubscribeId=self.subscription, **ACTIVATION))

    @rule()
    def change_objects(self) -> None:
        self._requested(self.call("ModifySubscribeObjects", SubscribeId=self.subscription, **OBJECTS))

    def _requested(self, answer: dict[str, Any]) -> None:
        self.requests += [answer["AsyncRequestId"]] if answer else []

    @rule(
        action=st.sampled_from(
            ["ResetSubscribe", "IsolateSubscribe", "OfflineIsolatedSubscribe", "ModifySubscribeName"]
        )
    )
    def steer(self, action: str) -> None:
        name = {"SubscribeName": "renamed"} if action == "ModifySubscribeName" else {}
        self.call(action, SubscribeId=self.subscription, **name)

    @rule()
    def consume(self) -> None:
        at = self.cloud.conf(self.subscription)["ModifyTime"]
        self.call("ModifySubscribeConsumeTime", SubscribeId=self.subscription, ConsumeStartTime=at)
        self.call("ModifySubscribeVipVport", SubscribeId=self.subscription, DstPort=7600)

    @invariant()
    def the_job_is_one_of_the_documents(self) -> None:
        found = self.cloud.call("DescribeMigrateJobs", JobId=self.job)["JobList"]
        assert bool(found) != self.gone
        for item in found:
            assert item["Status"] in STATUSES
            assert {step["Status"] for step in item["Detail"]["StepInfo"]} <= STEP_STATUSES
            assert 0 <= int(item["Detail"]["Progress"]) <= 100
            assert 0 <= int(item["Detail"]["CurrentStepProgress"]) <= 100
            assert item["ErrorInfo"] or item["Status"] != 10
            check = self.cloud.call("DescribeMigrateCheckJob", JobId=self.job)
            assert (check["CheckFlag"] == 3) == (check["Status"] != "finished")
            assert check["CheckFlag"] in (0, 1, 3)
            assert (check["ErrorCode"] == -1) == (check["CheckFlag"] == 0)

    @invariant()
    def the_subscription_is_one_of_the_documents(self) -> None:
        conf = self.cloud.conf(self.subscription)
        assert (conf["Status"] in LIFE, conf["SubsStatus"] in CONFIGURED) == (True, True)
        assert bool(conf["InstanceId"]) == (conf["SubsStatus"] != "unconfigure")
        running = [request for request in self.requests if self.cloud.request(request) == "running"]
        assert len(running) <= 1
        assert running or conf["SubsStatus"] != "configuring"

    @invariant()
    def the_meter_never_runs_backwards(self) -> None:
        billed = self.emulator.meter()["billed_hours"].get("subscription", 0.0)
        assert billed >= self.billed
        self.billed = billed

    def teardown(self) -> None:
        self.emulator.raise_failures()


def test_no_walk_leaves_the_documents(emulator: Emulator) -> None:
    class Here(Walk):
        pass

    Here.emulator = emulator
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
