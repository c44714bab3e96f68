"""Whatever is called in whatever order: documented codes, known states, a meter that never runs backwards."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.tables import ALLOWED, COMPARE_STATES, TRADE_STATES, shown
from tencent_dts.spec import load
from tests.unit.emulator.cloud import Cloud, configuration, databases, endpoint

STATUSES = {shown(state) for state in ALLOWED} | {"resumableErr", "upgrading"}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"MigrateOption": {"MigrateType": "full"}},
    {"MigrateOption": {"Consistency": {"Mode": "full"}}},
    {"MigrateOption": databases("rehearse_error", "rehearse_unknown_status")},
    {"MigrateOption": databases("rehearse_failed", "rehearse_check_DstEmptyCheck"), "AutoRetryTimeRangeMinutes": 5},
    {"SrcInfo": endpoint(Password="wrong")},
]
PLAIN = (
    *("CreateMigrateCheckJob", "StartMigrateJob", "StopMigrateJob", "PauseMigrateJob", "ContinueMigrateJob"),
    *("CompleteMigrateJob", "IsolateMigrateJob", "RecoverMigrateJob", "DestroyMigrateJob", "CreateCompareTask"),
)
ON_TASKS = ("StartCompare", "StopCompare", "DeleteCompareTask", "ModifyCompareTask", "DescribeCompareReport")

Step = tuple[str, dict[str, Any]]
steps = st.one_of(
    # Twice, so that time passes often enough for a job to get anywhere.
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([1, 30, 160, 700000])})),
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([5, 28, 170])})),
    st.tuples(st.sampled_from(PLAIN), st.just({})),
    st.tuples(st.just("ModifyMigrationJob"), st.sampled_from([configuration(**option) for option in OPTIONS])),
    st.tuples(st.just("SkipCheckItem"), st.just({"StepIds": ["DstEmptyCheck"]})),
    st.tuples(st.just("ResumeMigrateJob"), st.just({"ResumeOption": "normal"})),
    st.tuples(st.just("ModifyMigrateJobSpec"), st.just({"NewInstanceClass": "large"})),
    st.tuples(st.sampled_from(ON_TASKS), st.just({"CompareTaskId": ""})),
)
# A beginning that gets a job somewhere: most walks from nothing die in `created`.
BEGINNINGS: list[list[Step]] = [
    [],
    [
        ("wait", {"seconds": 5}),
        ("ModifyMigrationJob", configuration()),
        ("CreateMigrateCheckJob", {}),
        ("wait", {"seconds": 28}),
        ("StartMigrateJob", {}),
        ("wait", {"seconds": 160}),
    ],
]


def _walk(cloud: Cloud, job: str, step: Step) -> None:
    action, params = step
    if action == "wait":
        cloud.wait(params["seconds"])
        return
    if "CompareTaskId" in params:
        (found,) = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
        tasks = [task["CompareTaskId"] for task in found["compare_tasks"]]
        params = {"CompareTaskId": tasks[-1] if tasks else "none"}
    code = ""
    try:
        cloud.call(action, JobId=job, **params)
    except TencentCloudSDKException as error:
        code = str(error.get_code())
    assert code in ("", *load().actions[action].errors), action


def _look(cloud: Cloud, job: str) -> None:
    detail = cloud.detail(job)
    assert detail["Status"] in STATUSES
    assert detail["TradeInfo"]["TradeStatus"] in {shown(state) for state in TRADE_STATES}
    assert set(detail["Action"]["AllowedAction"]) <= set(detail["Action"]["AllAction"])
    run = detail["StepInfo"]
    if run is not None:
        assert all(0 <= step["Percent"] <= 100 for step in run["StepInfo"])
        assert (run["MasterSlaveDistance"] < 0) == (run["SecondsBehindMaster"] < 0)
        assert run["SecondsBehindMaster"] < 0 or detail["Status"] in STATUSES - {"success", "canceled", "failed"}
    check = cloud.call("DescribeMigrationCheckJob", JobId=job)
    assert (check["CheckFlag"] != "") == (check["Status"] in ("success", "failed"))
    for item in cloud.call("DescribeCompareTasks", JobId=job)["Items"]:
        assert item["Status"] in COMPARE_STATES
        assert bool(item["Conclusion"]) == (item["Status"] == "success")


@given(st.sampled_from(BEGINNINGS), st.lists(steps, max_size=14))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_walk_breaks_the_emulator(emulator: Emulator, beginning: list[Step], walk: list[Step]) -> None:
    emulator.reset()
    cloud = Cloud(emulator)
    job = cloud.buy()
    billed = 0.0
    for step in [*beginning, *walk]:
        _walk(cloud, job, step)
        _look(cloud, job)
        total = sum(emulator.meter()["billed_hours"].values())
        assert total >= billed - 0.001
        billed = total
    emulator.raise_failures()
