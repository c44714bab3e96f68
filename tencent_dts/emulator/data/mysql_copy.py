"""The initial copy within the MySQL family: the server's own dump of one snapshot, loaded by its own client."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import IO, cast

from tencent_dts.emulator.data import mysql_floats, mysql_objects
from tencent_dts.emulator.data.model import DataError, Objects, Progress, Server
from tencent_dts.emulator.data.mysql_session import OWN, Session, quoted, session

_BLOCK = 1 << 16
_HEAD = 1 << 20
_POSITION = re.compile(rb"MASTER_LOG_FILE='([^']*)', MASTER_LOG_POS=(\d+)")
_PACKET = "--max-allowed-packet=1G"
_PATIENCE_SECONDS = 60
_LOOK_SECONDS = 0.1
FINISHED = "all is applied"


def copy(source: Server, target: Server, objects: Objects, name: str, progress: Progress, *, data: bool) -> str:
    """Copy structure and rows of one snapshot, for the job ``name``, and return its position.

    See :meth:`Engine.copy`.
    """
    with session(source) as reading:
        databases = mysql_objects.databases(reading, objects)
        left_out = mysql_objects.left_out(reading, objects)
        chosen = mysql_objects.names(reading, objects, views=True)
        stored = mysql_objects.stored(reading, objects)
        floats, _ = mysql_floats.found(reading, objects) if data else ([], [])
        progress.done, progress.total = 0, _size(reading, databases)
    with session(target) as writing:
        _make_way(writing, databases, chosen, stored, name)
    dump = [
        *(_program("mariadb-dump", "mysqldump"), "--no-defaults", *_address(source), _PACKET),
        *("--skip-comments", "--default-character-set=utf8mb4"),
        *(f"--ignore-table={database}.{name}" for database, name in left_out),
    ]
    everything = ["--single-transaction", "--quick", "--master-data=2", "--hex-blob", "--skip-add-drop-table"]
    everything += ["--routines", "--events", *([] if data else ["--no-data"])]
    # A trigger of the target would work on the exact values once more: then it comes after them.
    later = ["--skip-triggers"] if floats else []
    load = [_program("mariadb", "mysql"), "--no-defaults", *_address(target), _PACKET, "--binary-mode"]
    load += ["--default-character-set=utf8mb4"]
    load.append(f"--init-command=DO GET_LOCK('{name}', 0)")  # by which a later try of the job finds the session
    chosen_last = ["--databases", "--", *databases]
    with mysql_floats.beside(source, floats) as beside:
        pipe = _Pipe(source, target, load, progress)
        position = _position(pipe.run([*dump, *everything, *later, *chosen_last], beside.dump_begun))
        beside.take_over(target, position)
    if floats:
        pipe.run([*dump, "--no-data", "--no-create-info", "--no-create-db", "--triggers", *chosen_last])
    with session(source) as reading:
        return str(reading.value(f"SELECT BINLOG_GTID_POS({reading.literal(position[0])}, {position[1]})") or "")


def _position(head: bytes) -> tuple[str, int]:
    """Return file and position in the source's binary log, as the head of a dump names them."""
    found = _POSITION.search(head)
    if found is None:
        raise DataError("the dump names no position in the source's binary log: is log_bin ON?")
    return found[1].decode(), int(found[2])


def _end_earlier_load(writing: Session, name: str) -> None:
    """End the session of a load whose emulator was killed: its client may still write what it had read."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (holder := writing.value(f"SELECT IS_USED_LOCK({writing.literal(name)})")) is not None:
        if time.monotonic() > deadline:
            raise DataError(f"session {holder} of the target goes on loading what an earlier try of the job began")
        with contextlib.suppress(DataError):  # it has ended meanwhile
            writing.rows(f"KILL {holder}")
        time.sleep(0.1)


def _program(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise DataError(f"{names[0]} is not installed: install the client programs of MariaDB, on Debian mariadb-client")


def _address(server: Server) -> list[str]:
    return ["--protocol=tcp", f"--host={server.host}", f"--port={server.port}", f"--user={server.account.user}"]


def _size(reading: Session, databases: Sequence[str]) -> int:
    """About how many bytes the tables hold, which is near enough to what their dump has."""
    size = reading.value(
        f"SELECT SUM(data_length) FROM information_schema.tables WHERE table_schema IN ({reading.literals(databases)})"
    )
    return int(size or 0)


def _make_way(
    writing: Session,
    databases: Sequence[str],
    chosen: Sequence[tuple[str, str]],
    stored: Sequence[tuple[str, str, str]],
    name: str,
) -> None:
    """Drop what an earlier try of this job has copied; refuse a target that holds anything else."""
    _end_earlier_load(writing, name)
    there = mysql_objects.kinds(writing, Objects(dict.fromkeys(databases)))
    if (OWN, name) in mysql_objects.names(writing, Objects({OWN: None})):
        writing.rows("SET SESSION foreign_key_checks = 0")
        for own in there.keys() & set(chosen):
            writing.rows(f"DROP {there.pop(own)} {quoted(*own)}")
        for kind, *path in {*mysql_objects.stored(writing, Objects(dict.fromkeys(databases)))} & {*stored}:
            writing.rows(f"DROP {kind} {quoted(*path)}")
    foreign = sorted(".".join(other) for other in there)
    if foreign:
        raise DataError(f"the target holds {len(foreign)} tables or views that are not of this job: {foreign[0]}")
    mark(writing, name)


def mark(writing: Session, name: str) -> None:
    """Let the target know of a job that is at work and not finished."""
    writing.rows(f"CREATE DATABASE IF NOT EXISTS {quoted(OWN)}")
    writing.rows(f"CREATE TABLE IF NOT EXISTS {quoted(OWN, name)} (began TIMESTAMP)")
    if said(writing, name):
        say(writing, name, "")


def said(target: Session, name: str) -> str | None:
    """Return what the mark of a job says, by which the target knows of it; None where there is no mark."""
    where = f"table_schema = {target.literal(OWN)} AND table_name = {target.literal(name)}"
    found = target.value(f"SELECT table_comment FROM information_schema.tables WHERE {where}")
    return None if found is None else str(found)


def say(target: Session, name: str, words: str) -> None:
    """Let the mark of a job say something."""
    target.rows(f"ALTER TABLE {quoted(OWN, name)} COMMENT = {target.literal(words)}")


def forget(writing: Session, name: str) -> None:
    """Remove what says that a job has written to this target."""
    writing.rows(f"DROP TABLE IF EXISTS {quoted(OWN, name)}")
    if not mysql_objects.names(writing, Objects({OWN: None}), views=True):
        writing.rows(f"DROP DATABASE IF EXISTS {quoted(OWN)}")


@dataclass(frozen=True)
class _Pipe:
    """From a dump of the source to the load of the target."""

    source: Server
    target: Server
    load: list[str]
    progress: Progress

    def run(self, dump: list[str], begun: Callable[[], None] = lambda: None) -> bytes:
        """Dump and load; return the head of the dump. ``begun`` is called when the dump has its snapshot."""
        with tempfile.TemporaryFile() as dump_words, tempfile.TemporaryFile() as load_words:
            # The pipe is read here for the position at its head, and for how far it has come.
            reader = _started(dump, self.source, subprocess.DEVNULL, subprocess.PIPE, dump_words)
            writer = _started(self.load, self.target, subprocess.PIPE, subprocess.DEVNULL, load_words)
            # Both are pipes, which Popen does not tell.
            source_end, target_end = cast("BufferedReader", reader.stdout), cast("IO[bytes]", writer.stdin)
            with _ended_when_canceled(self.progress, reader, writer):
                try:
                    head = _pump(source_end, target_end, self.progress, begun)
                except BaseException:
                    writer.kill()  # what it has got is no whole dump, and would look like one
                    raise
                finally:
                    if self.progress.canceled:
                        writer.kill()
                    source_end.close()
                    with contextlib.suppress(BrokenPipeError):
                        target_end.close()
                    codes = reader.wait(), writer.wait()
            # When the load has failed, the dump fails for want of a reader: the load's words are the cause.
            for code, words in ((codes[1], load_words), (codes[0], dump_words)):
                if code:
                    raise DataError("the copy was canceled" if self.progress.canceled else _said(words))
        return head


def _started(command: list[str], server: Server, stdin: int, stdout: int, words: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the server's own program, by its whole path; no shell reads the names
        command, stdin=stdin, stdout=stdout, stderr=words, env=_environment(server)
    )


@contextlib.contextmanager
def _ended_when_canceled(progress: Progress, *processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill processes when the copy is given up: one that waits for a lock reads and writes nothing meanwhile."""
    done = threading.Event()

    def watch() -> None:
        while not progress.canceled:
            if done.wait(_LOOK_SECONDS):
                return
        for process in processes:
            process.kill()

    watching = threading.Thread(target=watch, name="copy that can be given up", daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _pump(dump: BufferedReader, load: IO[bytes], progress: Progress, begun: Callable[[], None]) -> bytes:
    """Hand the dump to the load; return its head."""
    head = b""
    try:
        while not progress.canceled and (block := dump.read1(_BLOCK)):
            if not head:
                begun()
            head += block[: max(0, _HEAD - len(head))]
            load.write(block)
            progress.done += len(block)
        progress.exported = not progress.canceled
        load.close()
    except BrokenPipeError:
        pass  # the load has ended before the dump: its exit code and words say why
    return head


def _environment(server: Server) -> dict[str, str]:
    """The password stands in no command line, which every user of a machine can read."""
    return {"PATH": os.environ.get("PATH", ""), "MYSQL_PWD": server.account.password}


def _said(words: IO[bytes]) -> str:
    words.seek(0)
    return words.read().decode(errors="replace").strip() or "a client program ended without a word"
