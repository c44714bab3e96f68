"""Why a subscription failed, in the server's words: no view holds them, only the server's log does."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from tencent_dts.emulator.data.model import DataError
from tencent_dts.emulator.data.postgresql_session import Session

TAIL = 1 << 20
"""Bytes at the end of the log that are looked through."""
UNSAID = (
    "the target has ended its subscription because of an error, which its log tells; to have it told here, let the "
    "target log in csvlog by its logging_collector, and let the account read it (pg_read_server_files)"
)
_PID, _SEVERITY, _STATE, _MESSAGE, _DETAIL, _CONTEXT = 3, 11, 12, 13, 14, 18
"""Columns of the log: process_id, error_severity, sql_state_code, message, detail, context."""
_BEGINNING = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.MULTILINE)
_CONNECTION = "08"


@dataclass(frozen=True)
class Trouble:
    """What ended the work of a subscription; ``connection``: only that the source did not answer any more."""

    words: str
    connection: bool = False


def trouble(target: Session, name: str) -> Trouble:
    """Return the latest error of a subscription's workers, as far as the log may be read."""
    try:
        found = target.value(
            f"SELECT pg_read_binary_file(f, greatest(0, (pg_stat_file(f)).size - {TAIL}), {TAIL}) "
            "FROM pg_current_logfile('csvlog') AS f WHERE f IS NOT NULL"
        )
    except DataError:
        found = None
    return _latest((found or b"").decode(errors="replace"), name) or Trouble(UNSAID)


def _latest(text: str, name: str) -> Trouble | None:
    # The end of a log begins anywhere, within quotes perhaps: with its first whole line it can be read.
    whole = _BEGINNING.search(text)
    lines = [row for row in csv.reader(io.StringIO(text[whole.start() :])) if len(row) > _CONTEXT] if whole else []
    # A worker says whose it is when it begins and when it ends, not in its error.
    workers = {row[_PID] for row in lines if f'"{name}"' in row[_MESSAGE]}
    for row in reversed(lines):
        if row[_PID] in workers and row[_SEVERITY] == "ERROR":
            said = [f"Error {row[_STATE]}: {row[_MESSAGE]}", row[_DETAIL], row[_CONTEXT]]
            return Trouble("; ".join(filter(None, said)), row[_STATE].startswith(_CONNECTION))
    return None
