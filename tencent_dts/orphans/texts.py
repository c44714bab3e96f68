"""What the task of ``dts_reap`` does, and what to do when it is red."""

from __future__ import annotations

from tencent_dts.kinds.texts import TaskText, Texts

TEXTS: Texts = {
    "dts_reap": {
        "reap": TaskText(
            does="Looks for jobs of this deployment whose run is over or gone, and ends them if that is asked for. "
            "The report is in the log and in the XCom `report`.",
            red="`[tencent_dts] deployment` is not set, or a parameter is wrong: nothing was looked at. Or a region "
            "or a kind could not be listed, Airflow did not answer about a run, or a job could not be ended: the rest "
            "was done. Or a job that was ordered to pause or stop has not done so yet, and costs.",
            look="Each of these in the error; the page in the log, which is whole as far as it goes.",
            clear="Looks at everything again. What has ended is not touched again, and no job is ended that may not "
            "be.",
        )
    }
}
