"""Where the emulator keeps its jobs: JSON documents in SQLite, which survive ``kill -9``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = Any
"""A document is a mapping of plain JSON; which fields it has is for whoever keeps it to say."""
Key = tuple[str, str, str]

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  sequence INTEGER NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (kind, account, id)
) WITHOUT ROWID;
"""


class Store:
    """Documents by (kind, account, id), in a file or in memory.

    ``path`` is the SQLite file, or None to keep nothing after the process ends. Everything is also held in
    memory, so reads cost no query. ``get`` and ``all`` return copies of their own: a change takes effect only
    by ``put``, and only if the transaction it happens in ends without an exception. A change outside a
    transaction is a transaction of its own. Not thread-safe: one thread (the server's loop) uses it. Raises
    ``sqlite3.Error`` when the file is no database or another process has it open.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.connection = sqlite3.connect(path or ":memory:", 2.0, isolation_level=None, check_same_thread=False)
        # In write-ahead mode NORMAL loses nothing when the process is killed (only when the power fails).
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        # A second emulator on the file would not see the first one's changes in memory.
        self.connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.connection.execute("BEGIN EXCLUSIVE")
        self.connection.execute("COMMIT")
        self.connection.executescript(SCHEMA)
        self._documents: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
        self._sequence = 0
        self._depth = 0
        self._undo: dict[Key, tuple[int, str] | None] = {}
        self._statements: list[tuple[str, tuple[object, ...]]] = []
        rows = self.connection.execute("SELECT sequence, kind, account, id, document FROM documents ORDER BY sequence")
        for sequence, kind, account, name, text in rows:
            self._documents.setdefault((kind, account), {})[name] = (sequence, text)
            self._sequence = sequence

    def get(self, kind: str, account: str, name: str) -> Document | None:
        """Return a copy of one document, or None."""
        found = self._documents.get((kind, account), {}).get(name)
        return None if found is None else self._copy(found[1])

    def all(self, kind: str, account: str | None = None) -> list[Document]:
        """Return copies of all documents of a kind in the order they were first put; of one account, or of all."""
        buckets = [bucket for key, bucket in self._documents.items() if key[0] == kind and account in (None, key[1])]
        entries = [entry for bucket in buckets for entry in bucket.values()]
        return [self._copy(document) for _, document in sorted(entries, key=lambda entry: entry[0])]

    def put(self, kind: str, account: str, name: str, document: Document) -> None:
        """Write a document whole. Raises ``TypeError`` when it is not plain JSON."""
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        bucket = self._documents.setdefault((kind, account), {})
        before = bucket.get(name)
        if before is None:
            self._sequence += 1
        sequence = self._sequence if before is None else before[0]
        with self.transaction():
            self._undo.setdefault((kind, account, name), before)
            bucket[name] = (sequence, text)
            self.queue("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)", sequence, kind, account, name, text)

    def delete(self, kind: str, account: str, name: str) -> None:
        """Remove a document; one that is not there is no error."""
        bucket = self._documents.get((kind, account), {})
        if name not in bucket:
            return
        with self.transaction():
            self._undo.setdefault((kind, account, name), bucket.pop(name))
            self.queue("DELETE FROM documents WHERE kind = ? AND account = ? AND id = ?", kind, account, name)

    def clear(self) -> None:
        """Remove every document."""
        with self.transaction():
            for (kind, account), bucket in list(self._documents.items()):
                for name in list(bucket):
                    self.delete(kind, account, name)

    def queue(self, statement: str, *values: object) -> None:
        """Add an SQL statement to the transaction under way; it runs when that commits."""
        self._statements.append((statement, values))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes inside happen together, or, when an exception leaves the block, none of them.

        A transaction inside another belongs to the outer one.
        """
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._commit()
        except BaseException:
            if self._depth == 1:
                self._roll_back()
            raise
        finally:
            self._depth -= 1

    def close(self) -> None:
        """Close the file; the store cannot be used any more."""
        self.connection.close()

    def _commit(self) -> None:
        if self._statements:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in self._statements:
                    self.connection.execute(statement, values)
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
        self._statements.clear()
        self._undo.clear()

    def _roll_back(self) -> None:
        for (kind, account, name), before in self._undo.items():
            bucket = self._documents[kind, account]
            if before is None:
                bucket.pop(name, None)
            else:
                bucket[name] = before
        self._statements.clear()
        self._undo.clear()

    @staticmethod
    def _copy(document: str) -> Document:
        copied: Document = json.loads(document)
        return copied
