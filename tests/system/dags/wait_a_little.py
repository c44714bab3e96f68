"""The smallest DAG that needs a worker, a triggerer and a worker again."""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, Context, Param


class WaitOperator(BaseOperator):
    """Defers for the seconds that the run asks for."""

    def execute(self, context: Context) -> None:
        """Leave the worker at once."""
        seconds = int(context["params"]["seconds"])
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=seconds)), method_name="resume")

    def resume(self, context: Context, event: Any = None) -> str:
        """Come back on whichever worker is free."""
        return "waited"


with DAG("wait_a_little", schedule=None, params={"seconds": Param(12, type="integer")}):
    WaitOperator(task_id="wait", retries=1, retry_delay=timedelta(seconds=1))
