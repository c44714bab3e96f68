"""What each task of a 2018 migration does, and what to do when it is red."""

from __future__ import annotations

from tencent_dts.kinds.texts import (
    ORDERS_CHECK,
    STARTS,
    STATE_AND_TASK,
    TaskText,
    Texts,
    plan,
)

TEXTS: Texts = {
    "dts_migrate_2018": {
        "plan": plan("created"),
        "create": TaskText(
            does="Creates the migration job with its configuration (`CreateMigrateJob`), exactly once: one created "
            "before is adopted as it is.",
            red="Nothing was created (quota, permission or a wrong value), or there is a job that this run may not "
            "touch.",
            look="The code in the error; the job's tags and state.",
            clear="Looks for the job first. A failed or stopped one is deleted and replaced; while it is still being "
            "stopped, that is waited for.",
        ),
        "check": TaskText(
            does="Orders the pre-check (`CreateMigrateCheckJob`).",
            red="The check could not be ordered.",
            look=STATE_AND_TASK,
            clear=ORDERS_CHECK,
        ),
        "check_passed": TaskText(
            does="Waits for the verdict of the pre-check.",
            red="The check did not pass.",
            look="The message of the check in the error: password, privileges, settings.",
            clear="Reads the connections again, sends the configuration (`ModifyMigrateJob`) and orders a new check.",
        ),
        "start": TaskText(
            does="Starts the job (`StartMigrateJob`); a timed one counts as running while it waits for its time.",
            red="The check has not passed, or the job has failed.",
            look="The job's state.",
            clear=f"{STARTS} A failed job: clear `create` with its downstream instead.",
        ),
        "ready": TaskText(
            does="Waits until the job is ready with no lag or, if it ends by itself, until it has succeeded.",
            red="The job has failed, or the deadline passed. With a task of yours before the cutover: the cutover "
            "window has passed.",
            look="The reason in the error.",
            clear="Waits again. A failed job cannot be resumed: clear `create` with its downstream, which deletes it "
            "and creates another.",
        ),
        "complete": TaskText(
            does="Cuts over (`CompleteMigrateJob`), only if the job's own check found the data equal (or the form "
            "says that nothing is compared) and at lag 0. Cannot be undone.",
            red="The job's own consistency check found a difference, or did not end; the lag does not reach 0; or the "
            "[cutover window](guide.md#a-cutover-at-an-hour) has passed. Nothing was cut over, and the job goes on "
            "replicating.",
            look="The cause in the error.",
            clear="Looks again, waits for lag 0, and cuts over. A difference does not go away by itself: stop the "
            "job, then clear `create` with its downstream.",
        ),
        "succeeded": TaskText(
            does="Waits until the job has succeeded, and looks whether its own check found a difference.",
            red="The job failed while completing, its data differ, or it migrated something else than the plan.",
            look="The job's state and error; do not send writes to the target before you know.",
            clear="Waits again.",
        ),
        "delete": TaskText(
            does="Deletes the job (`DeleteMigrateJob`), which costs nothing but counts among the account's jobs.",
            red="The job is at work.",
            look="The job's state; the error says what ends it.",
            clear="Deletes it once it has ended.",
        ),
    }
}
