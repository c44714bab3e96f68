"""Whatever is called on a sync job in whatever order: documented codes, known states, a meter that never runs back."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.sync_tables import (
    ALL_ACTIONS,
    MODIFICATION_STATES,
    STATES,
    TRADE_STATES,
)
from tencent_dts.emulator.tables import COMPARE_STATES, shown
from tencent_dts.spec import load
from tests.unit.emulator.sync_cloud import ENDPOINT, SECONDS_TO_SINKER, SyncCloud, configuration, objects
from tests.unit.emulator.test_migration_walks import Step

STATUSES = {shown(state) for state in STATES} | {"upgrading"}
COMMON = {"", "UnsupportedOperation", "ResourceNotFound"}
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
ON_TASKS = ("StartSyncCompare", "StopSyncCompare", "DeleteSyncCompareTask", "DescribeSyncCompareReport")

steps = st.one_of(
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([1, 30, 240, 700000, 2600000])})),
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([5, 28, SECONDS_TO_SINKER])})),
    st.tuples(st.sampled_from(PLAIN), st.just({})),
    st.tuples(st.just("ConfigureSyncJob"), st.sampled_from([configuration(**option) for option in OPTIONS])),
    st.tuples(st.just("SkipSyncCheckItem"), st.just({"StepIds": ["DstEmptyCheck"]})),
    st.tuples(st.just("ResizeSyncJob"), st.just({"NewInstanceClass": "large"})),
    st.tuples(st.just("ModifySyncJobConfig"), st.just({"DynamicObjects": objects("app", "more")})),
    st.tuples(st.sampled_from(ON_TASKS), st.just({"CompareTaskId": ""})),
)
STARTED: list[Step] = [
    ("ConfigureSyncJob", configuration()),
    ("CreateCheckSyncJob", {}),
    ("wait", {"seconds": 28}),
    ("StartSyncJob", {}),
    ("wait", {"seconds": SECONDS_TO_SINKER}),
]
BEGINNINGS: list[list[Step]] = [[], STARTED]


def documented(action: str) -> set[str]:
    """The codes of an action; a compare action, which is in the SDK only, has those of its like."""
    actions = load().actions
    like = actions.get(action.replace("SyncCompare", "Compare"), actions[action])
    return COMMON | set(like.errors)


def take(cloud: SyncCloud, job: str, step: Step) -> None:
    action, params = step
    if action == "wait":
        cloud.wait(params["seconds"])
        return
    if "CompareTaskId" in params:
        found = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
        tasks = [task["CompareTaskId"] for item in found for task in item["compare_tasks"]]
        params = {"CompareTaskId": tasks[-1] if tasks else "none"}
    code = ""
    try:
        cloud.call(action, JobId=job, **params)
    except TencentCloudSDKException as error:
        code = str(error.get_code())
    assert code in documented(action), action


def look(cloud: SyncCloud, job: str) -> None:
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
        for task in cloud.call("DescribeSyncCompareTasks", JobId=job)["Items"]:
            assert task["Status"] in COMPARE_STATES
            assert bool(task["Conclusion"]) == (task["Status"] == "success")


@given(st.sampled_from(["PostPay", "PrePay"]), st.sampled_from(BEGINNINGS), st.lists(steps, max_size=14))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_walk_breaks_the_emulator(
    emulator: Emulator, pay_mode: str, beginning: list[Step], walk: list[Step]
) -> None:
    emulator.reset()
    cloud = SyncCloud(emulator)
    job = cloud.buy_sync(PayMode=pay_mode)
    billed = 0.0
    for step in [*beginning, *walk]:
        take(cloud, job, step)
        look(cloud, job)
        total = sum(emulator.meter()["billed_hours"].values())
        assert total >= billed - 0.001
        billed = total
    emulator.raise_failures()
