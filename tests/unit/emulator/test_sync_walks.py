"""Whatever is called on a sync job in whatever order: documented codes, known states, a meter that never runs back."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.areas.sync.tables import ALL_ACTIONS, COMPARE, MODIFICATION_STATES, ROWS, STATES, TRADE_STATES
from tencent_dts.emulator.world.tables import shown
from tests.unit.emulator.sync_cloud import ENDPOINT, SECONDS_TO_SINKER, SyncCloud, configuration, objects
from tests.unit.emulator.walking import A_TASK, JobWalk, Step, walk

STATUSES = {shown(state) for state in STATES} | {"upgrading"}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"Options": {"InitType": "None"}},
    {"Options": {"OpTypes": ["Insert"]}},
    {"Objects": objects("rehearse_error", "rehearse_unknown_status")},
    {"Objects": objects("rehearse_failed", "rehearse_check_DstEmptyCheck"), "AutoRetryTimeRangeMinutes": 5},
    {"SrcInfo": ENDPOINT | {"Password": "wrong"}},
]
PLAIN = (
    *("CreateCheckSyncJob", "StartSyncJob", "StopSyncJob", "PauseSyncJob", "ContinueSyncJob", "ResumeSyncJob"),
    *("IsolateSyncJob", "RecoverSyncJob", "DestroySyncJob", "ResetSyncJob", "CreateModifyCheckSyncJob"),
    *("StartModifySyncJob", "CreateSyncCompareTask"),
)
ON_TASKS = (
    *("StartSyncCompare", "StopSyncCompare", "DeleteSyncCompareTask", "ModifySyncCompareTask"),
    *("ModifySyncCompareTaskName", "DescribeSyncCompareReport"),
)
WITH_PARAMETERS: list[Step] = [
    *(("ConfigureSyncJob", configuration(**option)) for option in OPTIONS),
    ("SkipSyncCheckItem", {"StepIds": ["DstEmptyCheck"]}),
    ("ResizeSyncJob", {"NewInstanceClass": "large"}),
    ("ModifySyncRateLimit", {"DumpThread": 4}),
    ("ModifySyncJobConfig", {"DynamicObjects": objects("app", "more")}),
]

steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([1, 30, 240, 700000, 2600000])})),
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([5, 28, SECONDS_TO_SINKER])})),
    st.tuples(st.sampled_from(PLAIN), st.just({})),
    st.sampled_from(WITH_PARAMETERS),
    st.tuples(st.sampled_from(ON_TASKS), st.just(A_TASK)),
)
STARTED: list[Step] = [
    ("ConfigureSyncJob", configuration()),
    ("CreateCheckSyncJob", {}),
    ("wait", {"seconds": 28}),
    ("StartSyncJob", {}),
    ("wait", {"seconds": SECONDS_TO_SINKER}),
]
BEGINNINGS: list[list[Step]] = [[], STARTED]


class Walk(JobWalk):
    """One sync job."""

    cloud: SyncCloud

    @initialize(pay_mode=st.sampled_from(["PostPay", "PrePay"]), beginning=st.sampled_from(BEGINNINGS))
    def begin(self, pay_mode: str, beginning: list[Step]) -> None:
        self.emulator.reset()
        self.cloud = SyncCloud(self.emulator)
        self.job = self.cloud.buy_sync(PayMode=pay_mode)
        for step in beginning:
            self.step(step)
            self.the_job_is_one_of_the_documents()
            self.the_meter_runs_on()

    @rule(step=steps)
    def take(self, step: Step) -> None:
        self.step(step)

    @invariant()
    def the_job_is_one_of_the_documents(self) -> None:
        cloud, job = self.cloud, self.job
        for item in cloud.call("DescribeSyncJobs", JobIds=[job])["JobList"]:
            assert item["Status"] in STATUSES
            assert item["TradeStatus"] in {shown(state) for state in TRADE_STATES}
            assert item["OptObjStatus"] in MODIFICATION_STATES
            assert set(item["Actions"]) <= set(ALL_ACTIONS)
            detail = item["Detail"]
            if detail is not None:
                assert all(-1 <= step["Progress"] <= 100 for step in detail["StepInfos"])
                assert (detail["MasterSlaveDistance"] < 0) == (detail["SecondsBehindMaster"] < 0)
                assert detail["SecondsBehindMaster"] < 0 or item["Status"] in ("Running", "upgrading")
            for action in ("DescribeCheckSyncJobResult", "DescribeModifyCheckSyncJobResult"):
                check = cloud.call(action, JobId=job)
                assert (check["Status"] == "notStarted") == (check["StepInfos"] == [])
                assert check["Status"] in ("notStarted", "running", "failed", "success")
            self.compare_tasks_are_known("DescribeSyncCompareTasks")


def test_no_walk_breaks_the_emulator(emulator: Emulator) -> None:
    walk(Walk, emulator, walks=60, steps=14)


def test_a_walk_may_take_every_action() -> None:
    taken = {*PLAIN, *ON_TASKS, *(action for action, _ in WITH_PARAMETERS)}
    assert taken >= {*ROWS, *COMPARE}
