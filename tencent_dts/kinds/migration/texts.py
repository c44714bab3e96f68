"""What each task of a migration does, and what to do when it is red."""

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

TEXTS: Texts = {
    "dts_migrate": {
        "plan": plan("bought"),
        "purchase": TaskText(
            does="Buys the migration job (`CreateMigrationService`), exactly once: one bought before is adopted.",
            red="Nothing was bought (money, quota, stock or permission), or there is a job that this run may not "
            "touch.",
            look="The code in the error. Balance and idle jobs of the account; the CAM policy. For a job in the way: "
            "its tags and state, and [fresh start](#fresh-start).",
            clear="Looks for the job first, and buys only if there is none. A stopped or failed job is isolated and "
            "replaced, once nothing is under way in it; an isolated one is never recovered without a person.",
        ),
        "configure": TaskText(
            does="Sends endpoints, objects and options (`ModifyMigrationJob`).",
            red="DTS refuses the configuration, or the job has ended.",
            look="The field in the error; the extra of the connection that it names; the objects.",
            clear="Reads the connections again and sends the configuration, unless the same was sent before.",
        ),
        "check": TaskText(
            does="Orders the pre-check (`CreateMigrateCheckJob`).",
            red="The pre-check could not be ordered.",
            look=STATE_AND_TASK,
            clear=ORDERS_CHECK,
        ),
        "check_passed": TaskText(
            does="Waits for the verdict of the pre-check.",
            red="Check items failed, or the check itself broke.",
            look=f"{ITEMS_IN_ERROR} Password, privileges, binlog settings, objects in the way on the target.",
            clear="Reads the connections again, sends the configuration and orders a new check. To skip an item, "
            "trigger a new run with `skip_check_items` and this job as `existing_job_id`.",
        ),
        "start": TaskText(
            does="Starts the job (`StartMigrateJob`).",
            red="The check no longer stands (something was changed after it), or the job has ended.",
            look="The job's state.",
            clear=f"{STARTS} If that check does not pass, clear `check` with its downstream.",
        ),
        "ready": TaskText(
            does="Waits until the job is ready to complete and its lag has been 0 for a while.",
            red="The job is in error, stopped or failed, or the deadline passed while it was still copying or its lag "
            "did not drain. With a task of yours before the cutover: the cutover window has passed.",
            look="The reason in the error, and the steps in the *DTS* tab: space on the target, a lost network, long "
            "transactions on the source, too small a class.",
            clear="In error: orders ResumeMigrateJob (`normal`) and waits. Redis: order ResumeMigrateJob yourself "
            "first, as `clearData` and `overwrite` change the target. Stopped or failed: clear `purchase` with its "
            "downstream instead.",
        ),
        "compare": TaskText(
            does="Orders the comparison of source and target (`CreateCompareTask`, `StartCompare`).",
            red="The comparison could not be ordered: the job is not in its incremental phase, or has ended.",
            look="The job's state.",
            clear=f"{ORDERS_COMPARISON} If the job is in error, clear `ready` with its downstream.",
        ),
        "report": TaskText(
            does="Waits for the compare report, which must say `same` and cover every table.",
            red="Source and target are not proven the same: rows differ, tables were skipped, or the comparison "
            "failed. Nothing was cut over.",
            look="The tables in the error and in the *DTS* tab. Writes to the target? Objects added later? Tables "
            "without a primary key?",
            clear="Compares again. To allow skipped tables, trigger a new run with `allowed_skipped_tables` and this "
            "job as `existing_job_id`.",
        ),
        "approve": TaskText(
            does="Asks a person to approve the cutover; silence is a no.",
            red="The cutover was rejected, or not answered in time; or `report` was cleared between the question and "
            "the answer, so that the answer was for another comparison. The job goes on replicating, and costs.",
            look="Who rejected it, and why; the two comparisons in the error. With an empty log: [answered within "
            "seconds](#answered-within-seconds).",
            clear="Shows the present comparison, and asks again. If the report has grown old meanwhile, `complete` "
            "compares again by itself.",
        ),
        "complete": TaskText(
            does="Cuts over (`CompleteMigrateJob`), on fresh evidence and at lag 0 only. Cannot be undone.",
            red="The evidence is not good enough, the lag does not reach 0 before the deadline, the job is no longer "
            "ready, or the [cutover window](guide.md#a-cutover-at-an-hour) has passed.",
            look="The cause in the error. Writes on the source?",
            clear="Checks the evidence again, waits for lag 0, and cuts over. If the error says so, clear `report` "
            "with its downstream: it compares, and asks, again. A window that has passed stays so: trigger a new run "
            "with this job as `existing_job_id`, and open a source that was frozen.",
        ),
        "succeeded": TaskText(
            does="Waits until the job has succeeded.",
            red="The cutover was ordered, and the job failed or has not ended in time; or it migrated something else "
            "than the plan.",
            look="The job's state and error message; do not send writes to the target before you know.",
            clear="Waits again. A job in error: order ResumeMigrateJob, then clear.",
        ),
        "isolate": TaskText(
            does="Isolates the job (`IsolateMigrateJob`): its bill ends and the frozen fee is released.",
            red="The job could not be isolated, so it still costs; or it is still at work.",
            look="The job's state; whether surplus jobs are named.",
            clear="Isolates it, and looks once more for surplus jobs.",
        ),
    }
}
