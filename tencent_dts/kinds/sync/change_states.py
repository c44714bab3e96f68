"""Rows of a change of a running sync job's objects or options, API 2021-12-06: configure, check, start, in this order.

The change is a thing of its own inside the job: the job's `Status` stays `Running` while `OptObjStatus` shows how far
the change is. The values of `OptObjStatus` are not published; those here are assumed, in the words of the job's own
`Status`. An unknown one waits and warns, and only the job's own list of allowed operations (`configureOptObj`,
`checkOptObj`, `startOptObj`, which are published) can say that a call is possible in it.

API document: ModifySyncJobConfig, CreateModifyCheckSyncJob, DescribeModifyCheckSyncJobResult, StartModifySyncJob,
DescribeSyncJobs (OptObjStatus is in the SDK only).
"""

from __future__ import annotations

from tencent_dts.kinds.sync.states import BEFORE_START, ENDED_BADLY, FAULTED, STOPPED, SYNC_JOB, SYNC_STATUS
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, statuses

OPT_OBJ_STATUS = Axis(
    "OptObjStatus",
    "OptObjStatus",
    statuses("", "Initialized", "Checking", "CheckPass", "CheckNotPass", "Running", "Success", "Failed"),
)
SYNC_CHANGE = Resource(
    name="change of a sync job",
    version="2021-12-06",
    read="DescribeSyncJobs",
    ids=("JobId",),
    axis=OPT_OBJ_STATUS,
    items="JobList",
    part_of=SYNC_JOB,
    permissions=("Actions", "AllActions"),
)

NONE = statuses("")
PENDING = statuses("Initialized", "CheckPass")  # configured, and not started: a person may be about to
UNCHECKED = statuses("Initialized")
CHECKING = statuses("Checking")
APPLIED = statuses("Success")
TAKING_HOLD = statuses("Running")
BEGUN = TAKING_HOLD | APPLIED
LOST = statuses("Failed")
NOT_PASSED = statuses("CheckNotPass")
PASSED = statuses("CheckPass")
UNSTARTED = NONE | PENDING | NOT_PASSED | LOST

_OVER = "The job has ended: its objects and options cannot be changed any more."
_FOR_A_RUNNING_JOB = {
    **dict.fromkeys(BEFORE_START, "The job has not started: it is configured whole, by ConfigureSyncJob."),
    **dict.fromkeys(STOPPED | ENDED_BADLY, _OVER),
    **dict.fromkeys(FAULTED, "Fix the cause, order ResumeSyncJob, then clear this task."),
    "Paused": "Order ContinueSyncJob, then clear this task: only a running job is changed.",
}
_CHANGE_FIRST = "Clear `modify` with its downstream: the change must be sent first."
_CHECK_FIRST = "Clear `check` with its downstream: the change must pass its check first."
_AGAIN = "The change has failed. Clear `modify` with its downstream: it is sent and checked again."

MODIFY = Operation(
    "ModifySyncJobConfig",
    SYNC_CHANGE,
    OPT_OBJ_STATUS,
    needs=UNSTARTED | APPLIED,
    passes=CHECKING | statuses("Running"),  # whoever's change is under way is waited for
    reached=statuses("Initialized"),
    permission="configureOptObj",
    digest=True,
    spoilt=NONE | LOST,
    barred={"Status": _FOR_A_RUNNING_JOB},
)
CHECK = Operation(
    "CreateModifyCheckSyncJob",
    SYNC_CHANGE,
    OPT_OBJ_STATUS,
    needs=statuses("Initialized") | NOT_PASSED,
    done=CHECKING | PASSED | BEGUN,
    reached=NOT_PASSED,
    failed=LOST,
    permission="checkOptObj",
    barred={"Status": _FOR_A_RUNNING_JOB},
    instead={"": _CHANGE_FIRST, "Failed": _AGAIN},
)
START = Operation(
    "StartModifySyncJob",
    SYNC_CHANGE,
    OPT_OBJ_STATUS,
    needs=PASSED,
    passes=CHECKING,
    done=BEGUN,
    reached=LOST,  # it was started; what came of it is the sensor's to say
    failed=LOST,
    permission="startOptObj",
    barred={"Status": _FOR_A_RUNNING_JOB},
    instead={"": _CHANGE_FIRST, "Initialized": _CHECK_FIRST, "CheckNotPass": _CHECK_FIRST, "Failed": _AGAIN},
)

# As for the job's own check: `Status` is the verdict, and a step that failed refutes it.
CHANGE_CHECK_RUN = Resource(
    name="check of a change of a sync job",
    version="2021-12-06",
    read="DescribeModifyCheckSyncJobResult",
    ids=("JobId",),
    axis=Axis("Status", "Status", statuses("notStarted", "running", "failed", "success")),
    part_of=SYNC_JOB,
)
CHECK_PASSED = Goal(
    "check of the change passed",
    CHANGE_CHECK_RUN,
    CHANGE_CHECK_RUN.axis,
    reached=statuses("success"),
    failed=statuses("failed"),
    flaws=("StepInfos", "Status", statuses("failed")),
    glance=("OptObjStatus", CHECKING),
    void=((OPT_OBJ_STATUS, NONE | UNCHECKED), (SYNC_STATUS, STOPPED | ENDED_BADLY)),
)
# A change that others have configured is waited for until it is applied, or has come to nothing.
OUT_OF_THE_WAY = Goal(
    "no other change of the job pending",
    SYNC_CHANGE,
    OPT_OBJ_STATUS,
    reached=NONE | NOT_PASSED | APPLIED | LOST,
    glance=("OptObjStatus", PENDING | CHECKING),
)
MODIFIED = Goal(
    "change applied",
    SYNC_CHANGE,
    OPT_OBJ_STATUS,
    reached=APPLIED,
    failed=LOST | NOT_PASSED,
    glance=("OptObjStatus", statuses("Running")),
    void=((OPT_OBJ_STATUS, NONE | PENDING),),
)
