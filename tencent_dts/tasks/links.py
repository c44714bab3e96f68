"""What tasks leave for Airflow's pages: links to the cloud's console, and what to do about an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

LINK_KEY = "console_link"
# Beside the link: the API version of the job that it shows. Jobs of both versions may stand on one page of the console.
VERSION_KEY = "api_version"
# What the error of a red task says to do next; Airflow forgets it when the task runs again.
NEXT_STEP_KEY = "next_step"


class DtsConsoleLink(BaseOperatorLink):
    """The job in the DTS console; shown as soon as the job is known, also while the task waits."""

    name = "DTS console"

    def get_link(self, operator: object, *, ti_key: TaskInstanceKey) -> str:
        """The link that the task pushed as an XCom, "" where it has not yet."""
        from airflow.sdk.execution_time.xcom import XCom

        return XCom.get_value(ti_key=ti_key, key=LINK_KEY) or ""
