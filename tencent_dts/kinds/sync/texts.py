"""What each task about a sync link does, and what to do when it is red."""

from __future__ import annotations

from tencent_dts.kinds.texts import (
    ITEMS_IN_ERROR,
    ORDERS_CHECK,
    ORDERS_COMPARISON,
    STARTS,
    STATE_AND_TASK,
    TaskText,
    Texts,
    plan,
)

_COMPARES = "Orders the comparison of source and target (`CreateSyncCompareTask`, `StartSyncCompare`)"

TEXTS: Texts = {
    "dts_sync": {
        "plan": plan("bought"),
        "purchase": TaskText(
            does="Buys the sync job (`CreateSyncJob`), exactly once: one bought before is adopted.",
            red="Nothing was bought (money, quota or permission), or there is a job that this run may not touch.",
            look="The code in the error; the job's tags and state.",
            clear="Looks for the job first. One that was stopped was ended on purpose, and no other is bought; a "
            "failed one is isolated and replaced, once nothing is under way in it.",
        ),
        "configure": TaskText(
            does="Sends endpoints, objects and options, always all of them (`ConfigureSyncJob`).",
            red="DTS refuses the configuration, or the job has ended.",
            look="The field in the error; the extra of the connection that it names; objects and options.",
            clear="Reads the connections again and sends the whole configuration, unless the same was sent before.",
        ),
        "check": TaskText(
            does="Orders the check (`CreateCheckSyncJob`).",
            red="The check could not be ordered.",
            look=STATE_AND_TASK,
            clear=ORDERS_CHECK,
        ),
        "check_passed": TaskText(
            does="Waits for the verdict of the check; items that the run's parameters name are skipped.",
            red="Check items failed, or the check itself broke.",
            look=ITEMS_IN_ERROR,
            clear="Reads the connections again, sends the configuration and orders a new check. To skip an item, "
            "trigger a new run with `skip_check_items` and this job as `existing_job_id`.",
        ),
        "start": TaskText(
            does="Starts the job (`StartSyncJob`). A job paid by the hour costs from here on.",
            red="The check no longer stands, or the job has ended.",
            look="The job's state.",
            clear=STARTS,
        ),
        "caught_up": TaskText(
            does="Waits until existing data is copied and the lag has been 0 for a while.",
            red="The job is in error or has ended, or the deadline passed while it was still copying or its lag did "
            "not drain.",
            look="The reason in the error, and the steps in the *DTS* tab.",
            clear="In error: orders ResumeSyncJob and waits. Failed: clear `purchase` with its downstream instead. "
            "Stopped: it was ended; trigger a new run.",
        ),
        "compare": TaskText(
            does=f"{_COMPARES}, if one is asked for.",
            red="The comparison could not be ordered: the job is not in its incremental phase, or leaves out some "
            "changes.",
            look="The job's state; `OpTypes`.",
            clear=f"{ORDERS_COMPARISON} If the job is in error, clear `caught_up` with its downstream.",
        ),
        "report": TaskText(
            does="Waits for the compare report, which must say `same` and cover every table. The link goes on "
            "afterwards, and costs, until it is retired.",
            red="Source and target are not proven the same. The link goes on, and costs.",
            look="The tables in the error. Writes to the target? Conflicts that were ignored or overwritten?",
            clear="Compares again.",
        ),
    },
    "dts_sync_modify": {
        "plan": plan("changed", given="job"),
        "modify": TaskText(
            does="Sends what the link is to be changed to (`ModifySyncJobConfig`). Nothing changes yet. Another "
            "change that is under way is waited for.",
            red="The link does not run, or another change was configured and never started.",
            look="The job's state, and who made that other change.",
            clear="Replaces a change that was only configured; one that is under way is waited for.",
        ),
        "check": TaskText(
            does="Orders the check of the change (`CreateModifyCheckSyncJob`).",
            red="There is no change to check, or it has failed.",
            look="`OptObjStatus` in the error.",
            clear="Orders the check. If the error says so, clear `modify` with its downstream.",
        ),
        "check_passed": TaskText(
            does="Waits for the verdict of that check. The link goes on as it was.",
            red="Items of the check of the change failed. The link goes on as it was.",
            look=ITEMS_IN_ERROR,
            clear="Sends the change again and checks it again.",
        ),
        "start": TaskText(
            does="Puts the change into effect (`StartModifySyncJob`); the link goes on meanwhile.",
            red="The check has not passed, or the change has failed.",
            look="The task that the error names.",
            clear="Starts the change, unless it has started. If it was sent again after its check, or no check was "
            "ordered, it is checked first.",
        ),
        "applied": TaskText(
            does="Waits until the change is applied, and compares what the job shows with what was asked for.",
            red="The change has failed, or the job shows something else than what was asked for.",
            look="The difference in the error. Has a person changed the link since?",
            clear="Looks again. A failed change: clear `modify` with its downstream.",
        ),
    },
    "dts_sync_retire": {
        "plan": plan("ended", given="job"),
        "compare": TaskText(
            does=f"{_COMPARES}, if one is asked for.",
            red="The last comparison could not be ordered.",
            look="The job's state: only a link in its incremental phase can be compared.",
            clear=f"{ORDERS_COMPARISON} To end the link without a comparison, trigger a run that makes none.",
        ),
        "report": TaskText(
            does="Waits for the last compare report, which must say `same` and cover every table.",
            red="Source and target are not proven the same. The link was not stopped.",
            look="The tables in the error.",
            clear="Compares again. To end the link all the same, trigger a run without a comparison.",
        ),
        "stop": TaskText(
            does="Stops the link (`StopSyncJob`), if that is asked for. Cannot be undone. After a comparison it stops "
            "at lag 0 only.",
            red="The lag does not reach 0 before the deadline, the link cannot be stopped, or it has failed or was "
            "stopped by another hand: then nothing shows whether the target holds everything.",
            look="The lag; writes on the source. Paused: order ContinueSyncJob first.",
            clear="Waits for lag 0 and stops it.",
        ),
        "isolate": TaskText(
            does="Isolates the stopped job (`IsolateSyncJob`), if that is asked for: its bill ends. A free job is "
            "deleted.",
            red="The job could not be isolated, so it still costs; or it is still at work.",
            look="The job's state.",
            clear="Isolates it. If it is at work, clear `stop` with its downstream.",
        ),
        "isolated": TaskText(
            does="Waits until the bill has ended and a free job is gone, if the job is to be destroyed.",
            red="DTS takes longer to isolate it than the deadline.",
            look="The job's TradeStatus.",
            clear="Waits again.",
        ),
        "destroy": TaskText(
            does="Deletes the isolated job for good (`DestroySyncJob`), if that is asked for. Otherwise DTS does so "
            "after 7 days.",
            red="The job is not isolated yet, or DTS is not ready to delete it. It costs nothing.",
            look="The job's TradeStatus.",
            clear="Deletes it.",
        ),
    },
}
