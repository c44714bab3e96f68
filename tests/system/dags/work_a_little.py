"""The smallest DAG that keeps a worker busy for a while, on the first try only."""

import time
from datetime import timedelta

from airflow.sdk import DAG, get_current_context, task

with DAG("work_a_little", schedule=None):

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def work() -> int:
        """Work for long on the first try, so that there is time to end the worker."""
        number = int(get_current_context()["ti"].try_number)
        if number == 1:
            time.sleep(300)
        return number

    work()
