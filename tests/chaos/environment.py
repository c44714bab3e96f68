"""The environment of the cases: the tests' own Airflow, with the waits of a real one, as time is virtual."""

from __future__ import annotations

import importlib
import os

WAITS = {
    "POLL_INTERVAL": "60",
    "FIRST_LOOK": "0",
    "SETTLE_TIME": "60",
    "VISIBLE_WITHIN": "3600",
    "CALL_TIMEOUT": "300",
}


def prepared() -> None:
    """Set it before Airflow is imported."""
    importlib.import_module("tests.conftest")  # which sets up an Airflow home of its own
    os.environ |= {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in WAITS.items()}
