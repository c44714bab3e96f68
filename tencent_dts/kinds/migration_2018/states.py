"""Rows of the migration job of API 2018-03-30.

It is created with its configuration, costs nothing, and is ended by its deletion. It cannot be paused or resumed: one
that is stopped or breaks has failed, and goes on only by being modified and checked again.

API document: DescribeMigrateJobs, DescribeMigrateCheckJob, and each action of a job; data types MigrateJobInfo,
MigrateOption, MigrateStepDetailInfo (version 2018-03-30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tencent_dts.kinds.check import CheckFamily
from tencent_dts.model.answers import Item, dig
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, statuses
from tencent_dts.spec import VERSION_2018


@dataclass(frozen=True)
class StepAxis(Axis):
    """The status of one step of a job's run; ``path`` names the list of steps.

    :param step: its StepId.
    """

    step: str = ""

    def of(self, item: Item) -> str:
        """The step's status by its name; "" where the job has no such step."""
        found = dig(item, self.path)
        steps = [step for step in found if isinstance(step, Mapping)] if isinstance(found, list) else []
        value = next((str(step.get("Status")) for step in steps if step.get("StepId") == self.step), "")
        return self.names.get(value, value)


_NUMBERS = {
    "1": "creating",
    "3": "checking",
    "4": "checkPass",
    "5": "checkNotPass",
    "7": "running",
    "8": "readyComplete",
    "9": "success",
    "10": "failed",
    "11": "stopping",
    "12": "completing",
}
MIGRATION_STATUS_2018 = Axis(
    "Status",
    "Status",
    statuses(*_NUMBERS.values()),
    names=_NUMBERS | {"23": "unknown"},  # a documented number that is not known all the same: it must wait and warn
)
# The documents print no StepId; that of the check of the data is assumed.
_STEPS = {"0": "default", "1": "success", "2": "failed", "3": "running", "4": "notStarted"}
STEP_STATUS_2018 = Axis("Status", "Status", statuses(*_STEPS.values()), names=_STEPS)
CONSISTENCY_STEP_2018 = StepAxis(
    "Status of the consistency step", "Detail.StepInfo", statuses(*_STEPS.values()), names=_STEPS, step="consistency"
)
_FAILED_STEP = ("Detail.StepInfo", "Status", statuses("2"))
CONSISTENT = statuses("success")
INCONSISTENT = statuses("failed")

MIGRATION_JOB_2018 = Resource(
    name="migration job of 2018",
    version=VERSION_2018,
    read="DescribeMigrateJobs",
    ids=("JobId",),
    axis=MIGRATION_STATUS_2018,
    items="JobList",
    listing="DescribeMigrateJobs",
    listed="JobList",
    lag="Detail",
    console="migration",
)

BEFORE_START_2018 = statuses("creating", "checking", "checkPass", "checkNotPass")
ENDED_BADLY_2018 = statuses("failed", "stopping")
ENDED_WELL_2018 = statuses("success")
ENDING_2018 = statuses("stopping", "completing")
UNCHECKED_2018 = statuses("creating")
UNSTARTED_2018 = statuses("creating", "checkPass", "checkNotPass")  # at rest until something is ordered
CHECKING_2018 = statuses("checking")
STARTED_2018 = statuses("running", "readyComplete", "completing", "success")
# Deletion of a job that is checked or about to end waits until it is: nothing is interrupted.
AT_REST_2018 = BEFORE_START_2018 | ENDING_2018 | ENDED_WELL_2018 | statuses("failed")

NO_RESUME = (
    "API 2018-03-30 has no resume: a failed or stopped job makes way. Fix the cause, then clear `create` with its "
    "downstream: it deletes this job and creates another. (ModifyMigrateJob takes this one back to its beginning.)"
)
_CHECK_FIRST = "Clear `check` with its downstream: the job must pass its check first."
_NOT_STARTED = "The job has not started; delete it if it is not wanted."
_STOP_FIRST = "A job at work is not deleted: let it end, or order StopMigrateJob first; then clear this task."

CONFIGURE_2018 = Operation(
    "ModifyMigrateJob",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    needs=statuses("creating", "checkPass", "checkNotPass", "failed"),
    passes=statuses("stopping"),
    done=CHECKING_2018 | STARTED_2018,
    reached=statuses("creating"),
    digest=True,
    spoilt=statuses("failed"),
)
CHECK_2018 = Operation(
    "CreateMigrateCheckJob",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    needs=statuses("creating", "checkNotPass"),
    done=statuses("checking", "checkPass") | STARTED_2018,
    reached=statuses("checkNotPass"),
    failed=ENDED_BADLY_2018,
    instead=dict.fromkeys(ENDED_BADLY_2018, NO_RESUME),
)
START_2018 = Operation(
    "StartMigrateJob",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    needs=statuses("checkPass"),
    passes=CHECKING_2018,
    done=STARTED_2018,
    failed=ENDED_BADLY_2018,
    instead={"creating": _CHECK_FIRST, "checkNotPass": _CHECK_FIRST} | dict.fromkeys(ENDED_BADLY_2018, NO_RESUME),
)
STOP_2018 = Operation(
    "StopMigrateJob",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    needs=statuses("running", "readyComplete"),
    passes=statuses("stopping"),
    done=statuses("failed"),  # there is no status for a stopped job: ErrorInfo alone distinguishes the two
    destroys=True,
    instead=dict.fromkeys(BEFORE_START_2018, _NOT_STARTED)
    | {"success": "The job has ended; delete it.", "completing": "The job is being completed; let it end."},
)
COMPLETE_2018 = Operation(
    "CompleteMigrateJob",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    needs=statuses("readyComplete"),
    passes=statuses("completing"),
    done=ENDED_WELL_2018,
    failed=ENDED_BADLY_2018,
    instead={"running": "Clear `ready` with its downstream: the lag must be 0."}
    | dict.fromkeys(ENDED_BADLY_2018, NO_RESUME),
)
DELETE_2018 = Operation(
    "DeleteMigrateJob",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    needs=statuses("creating", "checkPass", "checkNotPass", "success", "failed"),
    passes=CHECKING_2018 | ENDING_2018,
    destroys=True,
    ends=True,
    instead=dict.fromkeys(("running", "readyComplete"), _STOP_FIRST),
)

# The check run is a resource of its own: `Status` says that it ran, `CheckFlag` what it found.
_FLAGS = {"0": "checkNotPass", "1": "checkPass", "3": ""}
CHECK_FLAG_2018 = Axis("CheckFlag", "CheckFlag", statuses(*_FLAGS.values()), names=_FLAGS)
CHECK_RUN_2018 = Resource(
    name="check of a migration job of 2018",
    version=VERSION_2018,
    read="DescribeMigrateCheckJob",
    ids=("JobId",),
    axis=Axis("Status", "Status", statuses("unavailable", "starting", "running", "finished")),
    part_of=MIGRATION_JOB_2018,
)

READY_2018 = Goal(
    "ready to complete (2018)",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    reached=statuses("readyComplete", "completing", "success"),
    failed=ENDED_BADLY_2018,
    lag=statuses("readyComplete"),
    void=((MIGRATION_STATUS_2018, UNSTARTED_2018),),
)
COMPARED_2018 = Goal(
    "data checked by the job (2018)",
    MIGRATION_JOB_2018,
    CONSISTENCY_STEP_2018,
    reached=CONSISTENT,
    failed=INCONSISTENT,
    flaws=_FAILED_STEP,
)
SUCCEEDED_2018 = Goal(
    "succeeded (2018)",
    MIGRATION_JOB_2018,
    MIGRATION_STATUS_2018,
    reached=ENDED_WELL_2018,
    failed=ENDED_BADLY_2018,
    flaws=_FAILED_STEP,  # a job whose own check has found differences succeeds all the same
    void=((MIGRATION_STATUS_2018, UNSTARTED_2018 | statuses("readyComplete")),),
)
CHECK_PASSED_2018 = Goal(
    "check passed (2018)",
    CHECK_RUN_2018,
    CHECK_FLAG_2018,
    reached=statuses("checkPass"),
    failed=statuses("checkNotPass"),
    unfinished=statuses("unavailable", "starting", "running"),
    glance=("Status", frozenset(number for number, name in _NUMBERS.items() if name in CHECKING_2018)),
    void=((MIGRATION_STATUS_2018, UNCHECKED_2018 | ENDED_BADLY_2018),),
)
CHECK_OF_2018 = CheckFamily(
    axis=MIGRATION_STATUS_2018,
    configure=CONFIGURE_2018,
    check=CHECK_2018,
    skip=None,
    passed=CHECK_PASSED_2018,
    before=BEFORE_START_2018,
    unchecked=UNCHECKED_2018,
    checking=CHECKING_2018,
    past=STARTED_2018,
    ended=ENDED_BADLY_2018,
    shown_by=("CheckFlag", "checkPass"),
    contradicting=statuses("creating", "checkNotPass"),
)
