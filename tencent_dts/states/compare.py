"""Rows of the data-consistency check (compare task), API 2021-12-06.

API document: DescribeCompareTasks, StartCompare, StopCompare, DeleteCompareTask, ModifyCompareTask.
"""

from __future__ import annotations

from tencent_dts.states import Axis, Goal, Operation, Resource, statuses

COMPARE_STATUS = Axis(
    "Status", "Status", statuses("created", "readyRun", "running", "success", "stopping", "failed", "canceled")
)
CONCLUSION = Axis("Conclusion", "Conclusion", statuses("same", "different", "skipAll", ""))
COMPARE_TASK = Resource(
    name="compare task",
    version="2021-12-06",
    read="DescribeCompareTasks",
    ids=("JobId", "CompareTaskId"),
    axis=COMPARE_STATUS,
    items="Items",
)
FINISHED = statuses("success")
_COMPARE_ENDED = FINISHED | statuses("failed", "canceled")
_NEW_COMPARE = "A compare task that has run cannot run again: clear `report`, which orders a new one."

START_COMPARE = Operation(
    "StartCompare",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=statuses("created"),
    passes=statuses("readyRun"),
    done=statuses("running", "success"),
    reached=statuses("failed"),
    failed=statuses("failed", "canceled", "stopping"),
    patient=True,  # a job runs one comparison at a time
    instead=dict.fromkeys(("failed", "canceled"), _NEW_COMPARE),
)
STOP_COMPARE = Operation(
    "StopCompare",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=statuses("readyRun", "running"),
    passes=statuses("stopping"),
    done=_COMPARE_ENDED,
    instead={"created": "The compare task was never started; there is nothing to stop."},
)
DELETE_COMPARE = Operation(
    "DeleteCompareTask",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=_COMPARE_ENDED,
    passes=statuses("stopping"),
    destroys=True,
    instead=dict.fromkeys(("readyRun", "running"), "Order StopCompare first."),
)
MODIFY_COMPARE = Operation(
    "ModifyCompareTask",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=statuses("created"),
    reached=statuses("created"),
    digest=True,
    instead=dict.fromkeys(("success", "failed", "canceled", "running"), _NEW_COMPARE),
)
RENAME_COMPARE = Operation(
    "ModifyCompareTaskName",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=COMPARE_STATUS.known,
    reached=COMPARE_STATUS.known,
    proof="TaskName",
)
COMPARED = Goal(
    "compare task finished",
    COMPARE_TASK,
    COMPARE_STATUS,
    reached=_COMPARE_ENDED,
    glance=("CompareTask.Status", statuses("running")),
)
