"""The configuration section ``[tencent_dts]`` and what it means.

The defaults stand in :mod:`tencent_dts.provider`, which Airflow reads; nothing is repeated here.
"""

from __future__ import annotations

import re
from pathlib import Path

from airflow.sdk.configuration import conf

from tencent_dts.errors import InvalidInput

SECTION = "tencent_dts"
_DEPLOYMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def deployment() -> str:
    """The name that tells this Airflow's jobs from another's on the same cloud account.

    Raises :class:`~tencent_dts.errors.InvalidInput` where it is not set: two Airflows without a
    name would adopt each other's jobs.
    """
    name = str(conf.get(SECTION, "deployment", fallback="")).strip()
    if not _DEPLOYMENT.fullmatch(name):
        raise InvalidInput(
            f"[{SECTION}] deployment",
            "set it to a name of this Airflow, such as `production` (AIRFLOW__TENCENT_DTS__DEPLOYMENT): "
            "letters, digits, `_`, `.`, `-`, at most 63; it keeps two Airflows on one account apart",
            name,
        )
    return name


def poll_interval() -> float:
    """Seconds between two looks of a wait."""
    return float(conf.getfloat(SECTION, "poll_interval"))


def first_look() -> float:
    """Seconds a trigger waits before it may fire: sooner, a live scheduler can fail the task."""
    return float(conf.getfloat(SECTION, "first_look"))


def settle_time() -> float:
    """Seconds during which a purchase with a lost answer may still become visible."""
    return float(conf.getfloat(SECTION, "settle_time"))


def call_deadline() -> float:
    """Seconds a task goes on trying one call through throttling and outages."""
    return float(conf.getfloat(SECTION, "call_deadline"))


def wait_deadline() -> float:
    """Seconds a wait goes on where the task does not say."""
    return float(conf.getfloat(SECTION, "wait_deadline"))


def migrations_folder() -> Path | None:
    """The folder of the migration manifests; ``None`` where the DAG file's own choice holds.

    :raises InvalidInput: it is not an absolute path; a relative one would mean another folder to each process.
    """
    text = str(conf.get(SECTION, "migrations_folder", fallback="")).strip()
    if text and not Path(text).is_absolute():
        raise InvalidInput(f"[{SECTION}] migrations_folder", "give an absolute path", text)
    return Path(text) if text else None
