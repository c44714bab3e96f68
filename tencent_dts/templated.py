"""Parameters that may be given as what another task returns: ``job_id=purchase.output``.

Airflow puts the value in place of it before the task runs; what a task works with is the value alone.
"""

from __future__ import annotations

from typing import TypeVar, cast

from airflow.sdk import XComArg

T = TypeVar("T")


def rendered(given: T | XComArg) -> T:
    """The value of a template field, as the task will find it when it runs.

    :param given: the value, or the output of another task.
    """
    return cast("T", given)
