"""What the task of ``dts_watch`` does, and what to do when it is red."""

from __future__ import annotations

from tencent_dts.kinds.texts import TaskText, Texts

TEXTS: Texts = {
    "dts_watch": {
        "watch": TaskText(
            does="Looks at every living sync link and subscription of this deployment, and at migrations that no run "
            "waits for, and tells what is wrong: lag, errors, long pauses, prepaid time that ends, arrears, overdue "
            "comparisons. It changes nothing. The report is in the log and in the XCom `report`.",
            red="Something could not be looked at (a list, a job, Airflow's records), or somebody could not be told. "
            "What was looked at was told as far as that went, and nothing is forgotten. Or a parameter is wrong, or "
            "there are findings and `fail_on_findings` is set.",
            look="Each of these in the error: the connection and its permissions, the notifier's own error; the page "
            "in the log.",
            clear="Looks at everything again. Whoever has been told is not told again; whoever has not is.",
        )
    }
}
