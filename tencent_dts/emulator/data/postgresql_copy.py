"""The initial copy between PostgreSQL servers: the structure by the server's own dump, rows by its replication."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from psycopg.conninfo import make_conninfo

from tencent_dts.emulator.data import postgresql_content, postgresql_objects
from tencent_dts.emulator.data.model import DataError, Objects, Progress, Server
from tencent_dts.emulator.data.postgresql_objects import OWN
from tencent_dts.emulator.data.postgresql_session import Session, quoted, session

LOOK_SECONDS = 0.1
FINISHED = "all is applied"
_PROGRAMS = "/usr/lib/postgresql"
"""Where Debian has each version's programs, of which only some are on the PATH."""


def structure(source: Server, target: Server, objects: Objects, name: str, database: str) -> None:
    """Copy the structure of one database, for the job ``name``, into a target that is empty or that job's own."""
    with session(source, database) as reading:
        _make_database(reading, target)
        with session(target, database) as writing:
            postgresql_content.make_way(reading, writing, objects, name)
        chosen = [
            *(f"--exclude-schema={quoted(schema)}" for schema in postgresql_objects.other_schemas(reading, objects)),
            *(f"--exclude-table={quoted(*left[1:])}" for left in postgresql_objects.left_out(reading, objects)),
        ]
    with tempfile.TemporaryDirectory() as folder:
        dumped, listed = Path(folder, "dump"), Path(folder, "list")
        _run(
            source,
            [
                *("pg_dump", "--format=custom", "--schema-only", "--no-publications", "--no-subscriptions"),
                *("--no-tablespaces", "--no-security-labels", f"--file={dumped}", _database(source, database)),
                *chosen,
            ],
        )
        entries = _run(source, ["pg_restore", "--list", str(dumped)]).decode().splitlines(keepends=True)
        with session(target, database) as writing:
            listed.write_text("".join(_to_be_made(writing, entries)))
        _run(
            target,
            [
                *("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"),
                *(f"--use-list={listed}", _database(target, database), str(dumped)),
            ],
        )


def _make_database(reading: Session, target: Server) -> None:
    """Make the target's database where there is none, with the encoding and the locale of the source's."""
    name = reading.literal(reading.database)
    # As JSON, since what there is to say of a locale differs between versions.
    of = reading.value(
        f"SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(encoding)) FROM pg_database d "
        f"WHERE datname = {name}"
    )
    with session(target) as making:
        if making.value(f"SELECT 1 FROM pg_database WHERE datname = {name}"):
            return
        options = {"ENCODING": of["encoding"], "LC_COLLATE": of["datcollate"], "LC_CTYPE": of["datctype"]}
        if of.get("datlocprovider") == "i":
            options |= {"LOCALE_PROVIDER": "icu", "ICU_LOCALE": of.get("daticulocale") or of.get("datlocale")}
        written = " ".join(f"{key} = {making.literal(value)}" for key, value in options.items())
        making.rows(f"CREATE DATABASE {quoted(reading.database)} TEMPLATE template0 {written}")


def _marked(target: Server, name: str, databases: Iterable[str]) -> Iterator[Session]:
    """Yield a session with each of these databases of the target in which a job's mark is."""
    with session(target) as looking:
        there = looking.rows(f"SELECT datname FROM pg_database WHERE datname IN ({looking.literals(databases)})")
    for row in there:
        with session(target, row["datname"]) as writing:
            if writing.value(f"SELECT to_regclass({writing.literal(quoted(OWN, name))})"):
                yield writing


def unfinished(target: Server, name: str, databases: Iterable[str]) -> bool:
    """Return whether a job has begun to write to this target and has not been finished."""
    return any(words != FINISHED for words in _said(target, name, databases))


def finished(target: Server, name: str, databases: Iterable[str]) -> bool:
    """Return whether this target says that all of a job is applied."""
    said = _said(target, name, databases)
    return bool(said) and all(words == FINISHED for words in said)


def _said(target: Server, name: str, databases: Iterable[str]) -> list[str]:
    return [
        writing.value(f"SELECT obj_description(to_regclass({writing.literal(quoted(OWN, name))}), 'pg_class')") or ""
        for writing in _marked(target, name, databases)
    ]


def note(target: Server, name: str, databases: Iterable[str], words: str) -> None:
    """Let a job's marks in the target say something, such as that all is applied."""
    for writing in _marked(target, name, databases):
        writing.rows(f"COMMENT ON TABLE {quoted(OWN, name)} IS {writing.literal(words)}")


def forget(target: Server, name: str, databases: Iterable[str]) -> None:
    """Remove what says that a job has written to these databases of the target."""
    for writing in _marked(target, name, databases):
        writing.rows(f"DROP TABLE {quoted(OWN, name)}")
        others = f"SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace({writing.literal(quoted(OWN))})"
        if not writing.value(others):
            writing.rows(f"DROP SCHEMA {quoted(OWN)}")


def _to_be_made(writing: Session, entries: Iterable[str]) -> Iterable[str]:
    """Leave out what every target has, and what its people have made before: schemas, remarks on extensions."""
    names = postgresql_objects.names_in(writing, "SELECT nspname FROM pg_namespace")
    known = tuple(f"SCHEMA - {name} " for name in names)
    for entry in entries:
        # Entries are numbered twice: "7; 2615 16385 SCHEMA - shop dts".
        said = entry.partition("; ")[2].partition(" ")[2].partition(" ")[2]
        if not said.startswith((*known, "COMMENT - EXTENSION ")):
            yield entry


def size(side: Session, objects: Objects) -> int:
    """About how many bytes the chosen tables hold."""
    names = postgresql_objects.tables(side, objects)
    written = ", ".join(f"to_regclass({side.literal(quoted(*name[1:]))})" for name in names)
    if not written:
        return 0
    return int(side.value(f"SELECT sum(pg_table_size(t)) FROM unnest(ARRAY[{written}]::regclass[]) AS t") or 0)


def copying(target: Session, number: int) -> tuple[int, int]:
    """Return how many tables of a subscription are still to be read, and how many are not level yet."""
    row = target.row(
        "SELECT count(*) FILTER (WHERE srsubstate IN ('i', 'd')) AS unread, "
        f"count(*) FILTER (WHERE srsubstate NOT IN ('r', 's')) AS behind "
        f"FROM pg_subscription_rel WHERE srsubid = {number}"
    )
    return int(row["unread"]), int(row["behind"])


def pause(progress: Progress) -> None:
    """Wait a moment. Raises DataError when the copy is to be given up."""
    if progress.canceled:
        raise DataError("the copy was canceled")
    time.sleep(LOOK_SECONDS)


def set_sequences(source: Server, target: Server, objects: Objects, database: str) -> None:
    """Give the target's sequences the values of the source's, which are not replicated."""
    with session(source, database) as reading, session(target, database) as writing:
        there = {name[1:] for name in postgresql_objects.relations(writing, objects, "'S'")}
        for _, *name in postgresql_objects.relations(reading, objects, "'S'"):
            if tuple(name) in there:
                at = reading.row(f"SELECT last_value, is_called FROM {quoted(*name)}")
                sequence = writing.literal(quoted(*name))
                writing.rows(f"SELECT setval({sequence}, {at['last_value']}, {at['is_called']})")


def refresh_views(source: Server, target: Server, objects: Objects, database: str) -> None:
    """Fill the target's materialized views that are filled in the source: their rows are not replicated."""
    with session(source, database) as reading, session(target, database) as writing:
        filled = reading.rows("SELECT schemaname, matviewname FROM pg_matviews WHERE ispopulated")
        names = {(row["schemaname"], row["matviewname"]) for row in filled}
        for name in postgresql_objects.relations(writing, objects, "'m'"):
            if name[1:] in names:
                writing.rows(f"REFRESH MATERIALIZED VIEW {quoted(*name[1:])}")


def _database(server: Server, database: str) -> str:
    address = make_conninfo(host=server.host, port=server.port, user=server.account.user, dbname=database)
    return f"--dbname={address}"


def _run(server: Server, command: list[str]) -> bytes:
    """Run a client program and return what it writes. Raises DataError with what it says when it fails."""
    # The password stands in no command line, which every user of a machine can read.
    environment = {"PATH": os.environ.get("PATH", ""), "PGPASSWORD": server.account.password, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 - a program found below, and no shell
        [program(command[0]), *command[1:]], check=False, capture_output=True, stdin=subprocess.DEVNULL, env=environment
    )
    if done.returncode:
        raise DataError(done.stderr.decode(errors="replace").strip() or f"{command[0]} ended without a word")
    return done.stdout


def program(name: str) -> str:
    """Return where a client program is: on the PATH, or the newest of Debian's."""
    found = sorted(Path(_PROGRAMS).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    where = shutil.which(name) or (str(found[-1]) if found else None)
    if where is None:
        raise DataError(f"{name} is not installed: install PostgreSQL's client programs, on Debian postgresql-client")
    return where
