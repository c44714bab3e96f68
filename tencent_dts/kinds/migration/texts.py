"""What each task of a migration says of itself in the Airflow UI: what it does, and what to do when it is red."""

from __future__ import annotations

DOCS: dict[str, str] = {
    "plan": (
        "Checks all parameters together and reads the connections. Buys nothing.\n\n"
        "**Red:** a value is wrong; the message names the field and the fix. A run's parameters are fixed, so "
        "trigger a new run; where a *connection* was wrong, correct it and clear this task."
    ),
    "purchase": (
        "Buys the migration job (`CreateMigrationService`), exactly once: one bought before is adopted.\n\n"
        "**Red:** money, quota or permission (nothing was bought), or jobs that this run may not touch. Fix it "
        "and clear this task; a second job is never bought blindly."
    ),
    "configure": (
        "Sends endpoints, objects and options (`ModifyMigrationJob`).\n\n"
        "**Red:** a connection lacks a field, or the job has ended. Correct the connection and clear this task."
    ),
    "check": (
        "Orders the pre-check (`CreateMigrateCheckJob`).\n\n"
        "**Red:** the job's state does not allow it; the message says which task to clear."
    ),
    "check_passed": (
        "Waits for the verdict of the pre-check.\n\n"
        "**Red:** the message lists every failed item with reason and solution. Fix them, or correct the "
        "connection, then clear this task: it configures and checks again."
    ),
    "start": (
        "Starts the job (`StartMigrateJob`).\n\n"
        "**Red:** the check is not passed, or the job has ended. Follow the message, then clear."
    ),
    "ready": (
        "Waits until the job is ready to complete and its lag has been 0 for a while.\n\n"
        "**Red:** the job is in error. Fix the cause (the message has it), then clear this task: it orders a "
        "resume. A Redis job must be resumed by hand, as that changes the target."
    ),
    "compare": (
        "Orders the comparison of source and target (`CreateCompareTask`, `StartCompare`).\n\n"
        "**Red:** the job is not in its incremental phase. Clear `ready`."
    ),
    "report": (
        "Waits for the compare report, which must say `same` and cover every table.\n\n"
        "**Red:** the message says why, and what to do about it. Then clear this task: it compares again. "
        "Nothing has been completed."
    ),
    "approve": (
        "Asks a person to approve the cutover; silence is a no.\n\n"
        "**Red:** rejected or not answered. Clear it to ask again. The job goes on replicating, and costs."
    ),
    "complete": (
        "Cuts over (`CompleteMigrateJob`), on fresh evidence and at lag 0 only. Cannot be undone.\n\n"
        "**Red:** the evidence is not good (clear `report`), or the job is not ready (clear `ready`)."
    ),
    "succeeded": (
        "Waits until the job has succeeded.\n\n**Red:** the job failed while completing. The message says how."
    ),
    "isolate": (
        "Isolates the job (`IsolateMigrateJob`): its bill ends and the frozen fee is released.\n\n"
        "**Red:** the job still costs. Clear this task."
    ),
}
