"""MariaDB as an engine: its dump for the copy, its replication under the job's name, its GTIDs for the lag."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from tencent_dts.emulator.data import compare, mysql_check, mysql_copy, mysql_filters, mysql_objects
from tencent_dts.emulator.data.compare import Row
from tencent_dts.emulator.data.model import (
    Account,
    Comparison,
    DataError,
    Finding,
    Lag,
    Objects,
    Progress,
    Server,
)
from tencent_dts.emulator.data.mysql_compare import MySqlSide
from tencent_dts.emulator.data.mysql_session import OWN, Session, quoted, session

_MEGABYTE = 1 << 20
JOBS = "dts-"
"""How the id of every job begins: what is called otherwise is of somebody else."""
UNFILTERED = (
    "the target was restarted without skip-slave-start and followed all of the source; it was stopped. Start it with "
    "skip-slave-start, see what it has taken over besides the chosen objects, and resume the job"
)


class MariaDb:
    """The engine of one job between two MariaDB servers; see :class:`Engine` for what each method does.

    ``name`` is the job's id, under which its replication stands in the target.
    """

    def __init__(self, name: str, source: Server, target: Server, objects: Objects) -> None:
        self._name = name
        self._source = source
        self._target = target
        self._objects = objects
        self._changing = threading.Lock()  # the replication is set up and removed by one thread at a time

    def check(self, source: Account | None, target: Account | None) -> Sequence[Finding]:
        """See :meth:`Engine.check`."""
        return mysql_check.check(self._source, self._target, self._objects, source, target)

    def copy(self, progress: Progress, *, data: bool) -> str:
        """See :meth:`Engine.copy`."""
        return mysql_copy.copy(self._source, self._target, self._objects, self._name, progress, data=data)

    def replicate(self, position: str) -> None:
        """See :meth:`Engine.replicate`."""
        with self._changing, session(self._target) as target:
            mysql_copy.mark(target, self._name)  # what was all when a job was about to be finished is so no more
            own = self._status(target)
            if own is None:
                self._set_up(target, position)
            elif own["Slave_SQL_Running"] == "Yes" and own["Slave_IO_Running"] != "No":
                return
            # A server forgets its filters when it restarts; without them it would follow all of the source.
            target.rows(f"STOP SLAVE {target.literal(self._name)}")
            self._filter(target, mysql_filters.filters(self._objects))
            target.rows(f"START SLAVE {target.literal(self._name)}")

    def lag(self) -> Lag:
        """See :meth:`Engine.lag`."""
        with session(self._source) as source, session(self._target) as target:
            position = _position(source)
            at = source.row("SHOW MASTER STATUS")
            status = self._status(target)
            if status is None:
                return Lag(words="the target does not replicate: its set-up for this job is gone")
            if self._unfiltered(target, status):
                return Lag(words=UNFILTERED)
            words = status["Last_SQL_Error"] or (status["Slave_IO_Running"] == "No" and status["Last_IO_Error"]) or ""
            seconds = status["Seconds_Behind_Master"]
            running = status["Slave_SQL_Running"] == "Yes" and status["Slave_IO_Running"] != "No"
            if seconds is None or not running:
                return Lag(running=running, words=words)
            behind = _bytes(source, status, at)
            return Lag(behind // _MEGABYTE, int(seconds), _reached(target, position, 0), running, words)

    def compare(self, objects: Objects, method: str, share: int, progress: Progress) -> Comparison:
        """See :meth:`Engine.compare`."""
        with session(self._source) as source, session(self._target) as target, ThreadPoolExecutor(1) as beside:

            def level() -> bool:
                return _reached(target, _position(source), compare.SETTLE_SECONDS)

            names = mysql_objects.names(source, objects)
            progress.done, progress.total = 0, len(names)
            sides = compare.Sides(MySqlSide(source), MySqlSide(target), level, beside)
            return compare.compare(sides, names, method, share, progress)

    def pause(self) -> None:
        """See :meth:`Engine.pause`."""
        with self._changing, session(self._target) as target:
            if self._status(target):
                target.rows(f"STOP SLAVE {target.literal(self._name)}")

    def stop(self, *, finish: bool) -> str:
        """See :meth:`Engine.stop`."""
        if finish:
            self._finish()
        with self._changing, session(self._target) as target:
            reached = self._end(target)
            mysql_copy.forget(target, self._name)
            return reached

    def _end(self, target: Session) -> str:
        """Remove the replication, and return which position it has reached."""
        if self._status(target) is None:
            return ""
        target.rows(f"STOP SLAVE {target.literal(self._name)}")
        reached = str(target.value("SELECT @@GLOBAL.gtid_slave_pos") or "")
        self._filter(target, mysql_filters.NONE)
        target.rows(f"RESET SLAVE {target.literal(self._name)} ALL")
        target.rows("SET GLOBAL gtid_slave_pos = ''")
        return reached

    def _finish(self) -> None:
        """Wait until all is applied, and note that it is: after a kill nothing else may be left that says so."""
        with session(self._target) as target:
            said = mysql_copy.said(target, self._name)
            if said == mysql_copy.FINISHED or (said is None and self._status(target) is None):
                return  # an earlier call has got this far
        self._catch_up()
        with session(self._target) as target:
            mysql_copy.say(target, self._name, mysql_copy.FINISHED)

    def _catch_up(self) -> None:
        """Wait until the target has applied all that the source has committed by now."""
        with session(self._source) as source, session(self._target) as target:
            position = _position(source)
            while not _reached(target, position, 1):
                lag = self.lag()
                if lag.words or not lag.running:
                    raise DataError(lag.words or "the replication stands still before all was applied")

    def _set_up(self, target: Session, position: str) -> None:
        others = [row["Connection_name"] for row in target.rows("SHOW ALL SLAVES STATUS")]
        if others:
            # The position belongs to the whole server: a second replication would lose its place by the first.
            raise DataError(f"the target {self._target.address} replicates already, as {others[0]!r}")
        write, account = target.literal, self._source.account
        target.rows(f"SET GLOBAL gtid_slave_pos = {write(position)}")
        target.rows(
            f"CHANGE MASTER {write(self._name)} TO MASTER_HOST = {write(self._source.host)}, "
            f"MASTER_PORT = {self._source.port}, MASTER_USER = {write(account.user)}, "
            f"MASTER_PASSWORD = {write(account.password)}, MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1"
        )

    def _filter(self, target: Session, filters: Mapping[str, str]) -> None:
        """Let only the chosen databases and tables through."""
        target.rows(f"SET default_master_connection = {target.literal(self._name)}")
        for name, value in filters.items():
            target.rows(f"SET GLOBAL {name} = {target.literal(value)}")

    def _unfiltered(self, target: Session, status: Row) -> bool:
        """Return whether the replication runs without its filter, which is then ended: it would follow everything.

        A server forgets its filters when it restarts, and one without skip-slave-start follows on at once.
        """
        if status["Slave_SQL_Running"] != "Yes":
            return False
        shown = {name.lower(): value for name, value in status.items()}
        if any(shown[name] for name in mysql_filters.NONE):
            return False
        with self._changing:
            target.rows(f"STOP SLAVE {target.literal(self._name)}")
        return True

    def _status(self, target: Session) -> Row | None:
        found = target.rows("SHOW ALL SLAVES STATUS")
        return next((row for row in found if row["Connection_name"] == self._name), None)


def left(server: Server, known: Collection[str]) -> list[str]:
    """See :class:`Family`: replications under jobs' names, and marks of their copies."""
    with session(server) as target:
        replicated = [row["Connection_name"] for row in target.rows("SHOW ALL SLAVES STATUS")]
        marked = [name for _, name in mysql_objects.names(target, Objects({OWN: None}))]
    found = [(name, f"STOP SLAVE '{name}'; RESET SLAVE '{name}' ALL") for name in replicated]
    found += [(name, f"DROP TABLE {quoted(OWN, name)}") for name in marked]
    return [f"{name}: {way}" for name, way in found if name.startswith(JOBS) and name not in known]


def _position(source: Session) -> str:
    return str(source.value("SELECT @@GLOBAL.gtid_binlog_pos") or "")


def _reached(target: Session, position: str, seconds: float) -> bool:
    return int(target.value(f"SELECT MASTER_GTID_WAIT({target.literal(position)}, {seconds})")) == 0


def _bytes(source: Session, status: Row, at: Row) -> int:
    """Bytes of the source's binary log that the target has not applied."""
    file, applied = status["Relay_Master_Log_File"], int(status["Exec_Master_Log_Pos"])
    if file == at["File"]:
        return max(0, int(at["Position"]) - applied)
    sizes = {row["Log_name"]: int(row["File_size"]) for row in source.rows("SHOW BINARY LOGS")}
    later = [size for name, size in sizes.items() if file and name >= file]
    return max(0, sum(later) - applied)
