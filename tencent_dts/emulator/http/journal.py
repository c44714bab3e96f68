"""What was called: one entry a call, without secrets, kept with the state."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from tencent_dts.emulator.world.kernel import Answer, Plain
from tencent_dts.emulator.world.store import Store
from tencent_dts.spec import secrecy

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
  sequence INTEGER PRIMARY KEY, action TEXT NOT NULL, answered INTEGER NOT NULL, entry TEXT NOT NULL
);
"""
KEPT = 100_000
"""Older entries are dropped."""

NOT_EXECUTED = "NotExecuted"
"""The ``code`` of a call that a fault cut off before it was carried out: it is no success and has no API code."""

HIDDEN = "******"
LONGEST = 2000
"""Longer texts are cut."""

JOB_FIELDS = ("JobId", "JobIds", "SubscribeId", "SubscribeIds")


@dataclass
class Call:
    """One call, as the journal shows it.

    ``time`` is virtual and ``real_time`` real, both in epoch seconds; ``job_id`` names the jobs it is about or has
    bought, separated by commas; ``code`` is "" for success; ``fault`` is the id of the rule that struck and what it
    did, or ""; ``answered`` says whether the answer left whole.
    """

    time: float
    real_time: float
    request_id: str
    sequence: int = 0
    account: str = ""
    region: str = ""
    version: str = ""
    action: str = ""
    job_id: str = ""
    parameters: Plain = field(default_factory=dict)
    code: str = ""
    message: str = ""
    fault: str = ""
    answered: bool = True


class Journal:
    """The calls of one emulator, in the same file as its state.

    An entry written inside a store's transaction is kept if and only if the transaction is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        store.connection.executescript(SCHEMA)
        (last,) = store.connection.execute("SELECT max(sequence) FROM journal").fetchone()
        self._sequence: int = last or 0

    def add(self, call: Call) -> None:
        """Write an entry and number it."""
        self._sequence += 1
        call.sequence = self._sequence
        entry = asdict(call)
        entry["parameters"] = redacted(call.parameters)
        text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
        self._store.queue("INSERT INTO journal VALUES (?, ?, ?, ?)", call.sequence, call.action, call.answered, text)
        if call.sequence % 1000 == 0:
            self._store.queue("DELETE FROM journal WHERE sequence <= ?", call.sequence - KEPT)

    def answered(self, call: Call) -> None:
        """Note that the answer of a call has left whole, which its entry said it had not."""
        with self._store.transaction():
            self._store.queue("UPDATE journal SET answered = 1 WHERE sequence = ?", call.sequence)

    def entries(self, action: str | None = None, after: int = 0) -> list[Plain]:
        """Return the entries, oldest first: of one action or all, with a sequence number above ``after``."""
        rows = self._store.connection.execute(
            "SELECT entry, answered FROM journal WHERE sequence > ? AND (? IS NULL OR action = ?) ORDER BY sequence",
            (after, action, action),
        )
        return [{**json.loads(entry), "answered": bool(answered)} for entry, answered in rows]

    def last_time(self) -> float:
        """Return the virtual time of the latest entry in epoch seconds; 0 when there is none."""
        row = self._store.connection.execute("SELECT entry FROM journal ORDER BY sequence DESC LIMIT 1").fetchone()
        return float(json.loads(row[0])["time"]) if row else 0.0

    def clear(self) -> None:
        """Remove every entry. Numbers go on, so that an answer still on its way marks no newer entry."""
        with self._store.transaction():
            self._store.queue("DELETE FROM journal")


def job_ids(body: Answer) -> list[str]:
    """Return the ids of the jobs that a request or an answer names."""
    named = [body.get(name) for name in JOB_FIELDS]
    lists = [value if isinstance(value, list) else [value] for value in named]
    return [value for values in lists for value in values if isinstance(value, str)]


def redacted(value: object) -> object:
    """Return a copy without secrets (:mod:`tencent_dts.spec.secrecy`) and long texts."""
    return _shortened(secrecy.redacted(value, HIDDEN))


def _shortened(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return f"{value[:LONGEST]}..." if isinstance(value, str) and len(value) > LONGEST else value
