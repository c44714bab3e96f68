"""What each task of a 2018 migration says of itself in the Airflow UI: what it does, and what to do when it is red."""

from __future__ import annotations

DOCS: dict[str, str] = {
    "plan": (
        "Checks all parameters together and reads the connections. Creates nothing.\n\n"
        "**Red:** a value is wrong; the message names the field and the fix. A run's parameters are fixed, so "
        "trigger a new run; where a *connection* was wrong, correct it and clear this task."
    ),
    "create": (
        "Creates the migration job with its configuration (`CreateMigrateJob`), exactly once: one created before is "
        "adopted as it is. A failed or stopped one is deleted and makes way.\n\n"
        "**Red:** quota or permission (nothing was created), or jobs that this run may not touch. Fix it and clear "
        "this task; a second job is never created blindly."
    ),
    "check": (
        "Orders the pre-check (`CreateMigrateCheckJob`).\n\n"
        "**Red:** the job's state does not allow it; the message says which task to clear."
    ),
    "check_passed": (
        "Waits for the verdict of the pre-check.\n\n"
        "**Red:** the message says what did not pass. Fix it, or correct the connection, then clear this task: it "
        "sends the configuration (`ModifyMigrateJob`) and checks again."
    ),
    "start": (
        "Starts the job (`StartMigrateJob`); a timed one counts as running while it waits for its time.\n\n"
        "**Red:** the check has not passed (clear `check`), or the job has failed (clear `create`)."
    ),
    "ready": (
        "Waits until the job is ready with no lag, or, where it ends by itself, until it has succeeded.\n\n"
        "**Red:** the job has failed. This version has no resume: fix the cause (the message has it), then clear "
        "`create` with its downstream; it deletes the job and creates another."
    ),
    "complete": (
        "Cuts over (`CompleteMigrateJob`), only where the job's own check found the data equal (or the form says that "
        "nothing is compared) and at lag 0. Cannot be undone.\n\n"
        "**Red:** the data differ, or nothing proves them equal. The message says what was found. Nothing has been "
        "completed; the job goes on replicating."
    ),
    "succeeded": (
        "Waits until the job has succeeded, and looks whether its own check found a difference.\n\n"
        "**Red:** the job failed while completing, or its data differ. The message says how."
    ),
    "delete": (
        "Deletes the job (`DeleteMigrateJob`), which costs nothing but counts among the account's jobs.\n\n"
        "**Red:** the job is at work. The message says what ends it; then clear this task."
    ),
}
