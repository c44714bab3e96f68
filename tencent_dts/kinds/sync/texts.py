"""What each task about a sync link says of itself in the Airflow UI: what it does, and what to do when it is red."""

from __future__ import annotations

_COMPARE = (
    "Orders the comparison of source and target (`CreateSyncCompareTask`, `StartSyncCompare`), where one is wanted.\n\n"
    "**Red:** the link is not in its incremental phase. "
)

SYNC: dict[str, str] = {
    "plan": (
        "Checks all parameters together and reads the connections. Buys nothing.\n\n"
        "**Red:** a value is wrong; the message names the field and the fix. A run's parameters are fixed, so "
        "trigger a new run; where a *connection* was wrong, correct it and clear this task."
    ),
    "purchase": (
        "Buys the sync job (`CreateSyncJob`), exactly once: one bought before is adopted. A job that was stopped was "
        "ended on purpose; no other is bought.\n\n"
        "**Red:** money, quota or permission (nothing was bought), or jobs that this run may not touch. Fix it "
        "and clear this task; a second job is never bought blindly."
    ),
    "configure": (
        "Sends endpoints, objects and options, always all of them (`ConfigureSyncJob`).\n\n"
        "**Red:** a connection lacks a field, or the job has ended. Correct the connection and clear this task."
    ),
    "check": (
        "Orders the check (`CreateCheckSyncJob`).\n\n"
        "**Red:** the job's state does not allow it; the message says which task to clear."
    ),
    "check_passed": (
        "Waits for the verdict of the check; items that the run's parameters name are skipped.\n\n"
        "**Red:** the message lists every failed item with reason and solution. Fix them, or correct the "
        "connection, then clear this task: it configures and checks again."
    ),
    "start": (
        "Starts the job (`StartSyncJob`). A job paid by the hour costs from here on.\n\n"
        "**Red:** the check is not passed, or the job has ended. Follow the message, then clear."
    ),
    "caught_up": (
        "Waits until existing data is copied and the lag has been 0 for a while.\n\n"
        "**Red:** the job is in error. Fix the cause (the message has it), then clear this task: it orders a "
        "resume (`ResumeSyncJob`). A failed job is replaced by clearing `purchase`."
    ),
    "compare": f"{_COMPARE}Clear `caught_up`.",
    "report": (
        "Waits for the compare report, which must say `same` and cover every table. The link goes on afterwards, and "
        "costs, until it is retired.\n\n"
        "**Red:** the message says why, and what to do about it. Then clear this task: it compares again."
    ),
}

MODIFY_SYNC: dict[str, str] = {
    "plan": (
        "Checks the change as a whole. Changes nothing.\n\n"
        "**Red:** a value is wrong; the message names the field and the fix. Trigger a new run."
    ),
    "modify": (
        "Sends what the link is to be changed to (`ModifySyncJobConfig`). Nothing changes yet. Another change that is "
        "under way is waited for.\n\n"
        "**Red:** the job does not run, or another change was configured and never started. Start that one where it "
        "was made, or clear this task to replace it."
    ),
    "check": (
        "Orders the check of the change (`CreateModifyCheckSyncJob`).\n\n"
        "**Red:** there is no change to check, or it has failed. Clear `modify`."
    ),
    "check_passed": (
        "Waits for the verdict of that check. The link goes on as it was.\n\n"
        "**Red:** the message lists every failed item with reason and solution. Fix them, then clear this task: it "
        "sends the change and checks it again."
    ),
    "start": (
        "Lets the change take hold (`StartModifySyncJob`); the link goes on meanwhile.\n\n"
        "**Red:** the check is not passed (clear `check`), or the change has failed (clear `modify`)."
    ),
    "applied": (
        "Waits until the change is applied, and compares what the job shows with what was asked for.\n\n"
        "**Red:** the change has failed: fix the cause and clear `modify`. Or the job shows something else: the "
        "message says what. Somebody may have changed it since; trigger a new run if this change is still wanted."
    ),
}

RETIRE_SYNC: dict[str, str] = {
    "plan": (
        "Checks the parameters. Ends nothing.\n\n"
        "**Red:** a value is wrong; the message names the field and the fix. Trigger a new run."
    ),
    "compare": f"{_COMPARE}Bring it there, then clear this task; or trigger a run that does not compare.",
    "report": (
        "Waits for the last compare report, which must say `same` and cover every table.\n\n"
        "**Red:** the message says why, and what to do about it. Then clear this task: it compares again. The link "
        "has not been stopped."
    ),
    "stop": (
        "Stops the link (`StopSyncJob`), where that is wanted. Cannot be undone. After a comparison it stops at lag 0 "
        "only.\n\n"
        "**Red:** the link cannot catch up, or cannot be stopped; or it has ended, and not by this run at lag 0, so "
        "that nothing tells whether the target holds everything. Follow the message, then clear."
    ),
    "isolate": (
        "Isolates the stopped job (`IsolateSyncJob`), where that is wanted: its bill ends. A free job is deleted.\n\n"
        "**Red:** the job still costs. Clear this task; where the job is at work, clear `stop`."
    ),
    "isolated": (
        "Waits until the bill has ended and a free job is gone, where the job shall be destroyed.\n\n"
        "**Red:** DTS takes longer than the deadline. Clear this task."
    ),
    "destroy": (
        "Deletes the isolated job for good (`DestroySyncJob`), where that is wanted. Otherwise DTS does so after 7 "
        "days.\n\n"
        "**Red:** the job is not isolated, or DTS is not ready to delete it. It costs nothing. Clear this task."
    ),
}
