"""The configuration section ``[tencent_dts]`` and what it means.

The defaults stand in :mod:`tencent_dts.provider`, which Airflow reads; nothing is repeated here.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path

from airflow.sdk.configuration import conf

from tencent_dts.errors import InvalidInput, given_in
from tencent_dts.sizes import DAY, Size

SECTION = "tencent_dts"
_DEPLOYMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@given_in("option")
def deployment() -> str:
    """The name that distinguishes this Airflow's jobs from another's on the same cloud account.

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


@given_in("option")
def _seconds(name: str, size: Size) -> float:
    """A length of time of the section.

    :raises InvalidInput: it is none.
    """
    return size.check(f"[{SECTION}] {name}", conf.get(SECTION, name)) or 0.0


def check_all() -> None:
    """Judge the whole section, before anything is bought by it.

    :raises InvalidInput: names the first option that is wrong.
    """
    seconds = (poll_interval, first_look, settle_time, visible_within, call_timeout, wait_timeout)
    for option in (deployment, error_width, runbook_url, pace_folder, *seconds):
        option()


@given_in("option")
def error_width() -> int:
    """Characters of a line of an error; 0 never wraps."""
    return int(
        Size("characters", whole=True, most=1000).check(f"[{SECTION}] error_width", conf.get(SECTION, "error_width"))
        or 0
    )


def poll_interval() -> float:
    """Seconds between two looks of a wait."""
    return _seconds("poll_interval", Size(most=DAY, above=True))


def first_look() -> float:
    """Seconds a trigger waits before it may fire: sooner, a live scheduler can fail the task."""
    return _seconds("first_look", Size(most=DAY))


def settle_time() -> float:
    """Seconds during which a purchase with a lost answer may still become visible."""
    return _seconds("settle_time", Size(most=DAY))


def visible_within() -> float:
    """Seconds after which an order with a lost answer, which no list shows, counts as not carried out."""
    return _seconds("visible_within", Size(most=DAY))


def call_timeout() -> float:
    """Seconds a task goes on trying one call through throttling and outages."""
    return _seconds("call_timeout", Size(most=DAY, above=True))


def wait_timeout() -> float:
    """Seconds a wait goes on where the task does not say."""
    return _seconds("wait_timeout", Size(above=True))


@given_in("option")
def runbook_url() -> str:
    """Address of the runbook that the DTS tab links red tasks to; "" for none.

    :raises InvalidInput: it is no web address.
    """
    address = str(conf.get(SECTION, "runbook_url", fallback="")).strip()
    if address and not re.fullmatch(r"https?://[^\s/#]+[^\s#]*", address):
        fix = "give the web address of the page, with https:// and without #, or leave it empty"
        raise InvalidInput(f"[{SECTION}] runbook_url", fix, address)
    return address


@given_in("option")
def migrations_folder() -> Path | None:
    """The folder of the migration manifests; ``None`` where the DAG file's own choice holds.

    :raises InvalidInput: it is not an absolute path; a relative one would mean another folder to each process.
    """
    text = str(conf.get(SECTION, "migrations_folder", fallback="")).strip()
    if text and not Path(text).is_absolute():
        raise InvalidInput(f"[{SECTION}] migrations_folder", "give an absolute path", text)
    return Path(text) if text else None


_NOT_SHARED = "none"


@given_in("option")
def pace_folder() -> Path | None:
    """The folder in which the processes of this host keep their pace together; ``None`` where each has its own.

    Moments are counted from the start of the machine, so the folder is another one after each. It is this user's alone:
    another user's file could hold a task up.

    :raises InvalidInput: it is neither an absolute path nor ``none``.
    """
    text = str(conf.get(SECTION, "pace_folder", fallback="")).strip()
    if text == _NOT_SHARED:
        return None
    if text and not Path(text).is_absolute():
        raise InvalidInput(f"[{SECTION}] pace_folder", f"give an absolute path, or {_NOT_SHARED}", text)
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        folder = Path(text or tempfile.gettempdir()) / f"tencent-dts-pace-{os.getuid()}-{started}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if own else None
