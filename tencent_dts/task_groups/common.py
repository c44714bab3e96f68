"""What the tasks of every task group are given alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any


def common_arguments(
    tencentcloud_conn_id: str, retries: int, retry_delay: timedelta, notifiers: Sequence[Any]
) -> dict[str, Any]:
    """The arguments that a task group passes on to each of its tasks, by their names there."""
    return {
        "tencentcloud_conn_id": tencentcloud_conn_id,
        "retries": retries,
        "retry_delay": retry_delay,
        "on_failure_callback": list(notifiers) or None,
    }
