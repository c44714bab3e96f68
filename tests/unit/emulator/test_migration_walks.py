"""Whatever is called in whatever order: documented codes, known states, a meter that never runs backwards."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.areas.migration.tables import ALLOWED, ROWS, TRADE_STATES
from tencent_dts.emulator.world.compare_tables import COMPARE
from tencent_dts.emulator.world.tables import shown
from tests.unit.emulator.cloud import Cloud, configuration, databases, endpoint
from tests.unit.emulator.walking import A_TASK, JobWalk, Step, walk

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
ON_TASKS = (
    *("StartCompare", "StopCompare", "DeleteCompareTask", "ModifyCompareTask", "ModifyCompareTaskName"),
    "DescribeCompareReport",
)
WITH_PARAMETERS: list[Step] = [
    *(("ModifyMigrationJob", configuration(**option)) for option in OPTIONS),
    ("SkipCheckItem", {"StepIds": ["DstEmptyCheck"]}),
    ("ResumeMigrateJob", {"ResumeOption": "normal"}),
    ("ModifyMigrateJobSpec", {"NewInstanceClass": "large"}),
    ("ModifyMigrateName", {"JobName": "renamed"}),
    ("ModifyMigrateRateLimit", {"DumpThread": 4}),
]

steps: st.SearchStrategy[Step] = st.one_of(
    # Twice, so that time passes often enough for a job to get anywhere.
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([1, 30, 160, 700000])})),
    st.tuples(st.just("wait"), st.fixed_dictionaries({"seconds": st.sampled_from([5, 28, 170])})),
    st.tuples(st.sampled_from(PLAIN), st.just({})),
    st.sampled_from(WITH_PARAMETERS),
    st.tuples(st.sampled_from(ON_TASKS), st.just(A_TASK)),
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


class Walk(JobWalk):
    """One migration job."""

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def begin(self, beginning: list[Step]) -> None:
        self.emulator.reset()
        self.cloud = Cloud(self.emulator)
        self.job = self.cloud.buy()
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
        self.compare_tasks_are_known("DescribeCompareTasks")


def test_no_walk_breaks_the_emulator(emulator: Emulator) -> None:
    walk(Walk, emulator, walks=60, steps=14)


def test_a_walk_may_take_every_action() -> None:
    taken = {*PLAIN, *ON_TASKS, *(action for action, _ in WITH_PARAMETERS)}
    assert taken >= {*ROWS, *COMPARE}
