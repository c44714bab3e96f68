"""The items of the check, answered by MariaDB servers. The documents' check items of the MySQL family."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from tencent_dts.emulator.data import mysql_filters, mysql_floats, mysql_objects
from tencent_dts.emulator.data.model import Account, DataError, Finding, Objects, Server
from tencent_dts.emulator.data.mysql_session import Session, quoted, session

OLDEST = (10, 11)
_SOURCE = ("RELOAD", "LOCK TABLES", "BINLOG MONITOR", "REPLICATION SLAVE", "SHOW VIEW", "PROCESS", "SELECT")
_TARGET = ("ALTER", "CREATE", "DROP", "INDEX", "INSERT", "UPDATE", "DELETE", "SELECT")

Item = Callable[[Session, Session, Objects], Iterator[Finding]]


def check(
    source: Server, target: Server, objects: Objects, source_login: Account | None, target_login: Account | None
) -> list[Finding]:
    """Return what is wrong; the logins are those that the job names, None where they are not known any more."""
    refused = [*_login("source", source, source_login), *_login("target", target, target_login)]
    if refused:
        return refused
    with session(source, source_login) as reading, session(target, target_login) as writing:
        # Of another product than MariaDB, MySQL among them, the other items would ask what it does not know.
        findings = list(_version(reading, writing, objects))
        if findings:
            return findings
        findings = [finding for item in _ITEMS for finding in item(reading, writing, objects)]
    with session(source) as reading, session(target) as writing:
        return [*findings, *(finding for item in _OWN_ITEMS for finding in item(reading, writing, objects))]


def _login(side: str, server: Server, login: Account | None) -> Iterator[Finding]:
    for account in (login, server.account):
        try:
            with session(server, account):
                pass
        except DataError as error:
            yield Finding("ConnectDBCheck", "failed", f"{side}: {error}")
            return


def _version(source: Session, target: Session, _objects: Objects) -> Iterator[Finding]:
    versions = [str(side.value("SELECT VERSION()")) for side in (source, target)]
    numbers = [tuple(map(int, re.findall(r"\d+", version)[:2])) for version in versions]
    for side, version, number in zip(("source", "target"), versions, numbers, strict=True):
        if "mariadb" not in version.lower() or number < OLDEST:
            words = f"{side} version {version}: real servers of this family are MariaDB, 10.11 or later"
            yield Finding("VersionCheck", "failed", words)
    if numbers[0] > numbers[1]:
        words = f"source version {versions[0]} is higher than target version {versions[1]}"
        yield Finding("VersionCheck", "failed", words)


def _lacking(side: Session, wanted: tuple[str, ...]) -> str:
    """The grants of an account that has not all privileges wanted on everything; "" when it has."""
    grants = [str(next(iter(row.values()))) for row in side.rows("SHOW GRANTS")]
    held: set[str] = set()
    for grant in grants:
        found = re.match(r"GRANT (.*?) ON \*\.\* TO ", grant)
        held |= {name.strip() for name in found[1].split(",")} if found else set()
    missing = [name for name in wanted if name not in held]
    if not missing or "ALL PRIVILEGES" in held:
        return ""
    # A password's hash stands in the first grant.
    shown = "; ".join(re.sub(r" IDENTIFIED .*", "", grant) for grant in grants)
    return f"missing: {', '.join(missing)}; {shown}"


def _privileges(source: Session, target: Session, objects: Objects) -> Iterator[Finding]:
    for step, side, wanted in (("SrcPrivilegeCheck", source, _SOURCE), ("DstPrivilegeCheck", target, _TARGET)):
        words = _lacking(side, wanted)
        if words:
            yield Finding(step, "failed", words)
    for name in mysql_objects.absent(source, objects):
        yield Finding("SrcPrivilegeCheck", "failed", f"{name} does not exist in the source, or may not be seen")


def _replications(_source: Session, target: Session, _objects: Objects) -> Iterator[Finding]:
    """One replication a server: its GTID position belongs to all of it. One could be of a job that was forgotten."""
    for row in target.rows("SHOW ALL SLAVES STATUS"):
        name = row["Connection_name"]
        words = f"the target replicates already, as {name!r}; one job at a time can. Complete or stop that job"
        words += f", or, if nobody knows it: STOP SLAVE '{name}'; RESET SLAVE '{name}' ALL"
        yield Finding("BinlogParamCheck", "failed", words)


def _binary_log(source: Session, target: Session, _objects: Objects) -> Iterator[Finding]:
    wanted = {"log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL"}
    for name, value in wanted.items():
        found = source.variable(name)
        if found != value:
            yield Finding("BinlogParamCheck", "failed", f"{name} is {found or 'not set'} in the source, not {value}")
    numbers = source.variable("server_id"), target.variable("server_id")
    if "0" in numbers or numbers[0] == numbers[1]:
        # A server ignores what carries its own number: nothing would arrive, and nothing would say so.
        words = (
            f"server_id is {numbers[0]} in the source and {numbers[1]} in the target; both are needed, and different"
        )
        yield Finding("BinlogParamCheck", "failed", words)
    if target.variable("gtid_strict_mode") == "ON":
        yield Finding("BinlogParamCheck", "failed", "gtid_strict_mode is ON in the target, whose copy is logged too")


def _parameters(source: Session, target: Session, _objects: Objects) -> Iterator[Finding]:
    for step, result, names in (
        ("SimpleParamCheck", "failed", ("lower_case_table_names",)),
        ("WarningParamCheck", "warning", ("max_allowed_packet", "character_set_server", "wait_timeout")),
    ):
        for name in names:
            values = source.variable(name), target.variable(name)
            if values[0] != values[1]:
                words = f"{name} is {values[0]} in the source and {values[1]} in the target"
                yield Finding(step, "failed" if result == "failed" else "warning", words)


def _twins(source: Session, _target: Session, objects: Objects) -> Iterator[Finding]:
    """Names that a dump or a filter takes for those of others: differing by case only, as a rule."""
    for name, other in mysql_filters.twins(source, objects):
        words = f"a replication filter takes database {quoted(name)} for {quoted(other)}: select both whole, or neither"
        yield Finding("SimpleParamCheck", "failed", words)
    chosen = {(db.lower(), name.lower()) for db, name in mysql_objects.names(source, objects, views=True)}
    for db, name in mysql_objects.left_out(source, objects):
        if (db.lower(), name.lower()) in chosen:
            words = f"{quoted(db, name)} differs from a selected object by case only: select both, or neither"
            yield Finding("SimpleParamCheck", "failed", words)


def _content(source: Session, target: Session, objects: Objects) -> Iterator[Finding]:
    chosen = Objects(dict.fromkeys(mysql_objects.databases(source, objects)))
    there = mysql_objects.names(target, chosen, views=True)
    if there:
        words = f"the target holds {len(there)} tables or views in the chosen databases: {quoted(*there[0])}"
        yield Finding("DstEmptyCheck", "failed", words)


def _keys(source: Session, _target: Session, objects: Objects) -> Iterator[Finding]:
    chosen = set(mysql_objects.names(source, objects))
    keyed = source.rows(
        "SELECT DISTINCT table_schema AS db, table_name AS name FROM information_schema.statistics "
        f"WHERE index_name = 'PRIMARY' AND table_schema IN ({source.literals(sorted({db for db, _ in chosen}))})"
    )
    for name in sorted(chosen - {(row["db"], row["name"]) for row in keyed}):
        yield Finding("WarningParamCheck", "warning", f"{quoted(*name)} has no primary key")


def _digits(source: Session, _target: Session, objects: Objects) -> Iterator[Finding]:
    """A dump writes six digits of a FLOAT. The rest is taken over by the key, where a table has one to tell rows by."""
    _, rounded = mysql_floats.found(source, objects)
    for table in rounded:
        words = f"{quoted(*table.name)} has FLOAT columns and no key but of them: digits after the sixth are not copied"
        yield Finding("WarningParamCheck", "warning", words)


def _foreign_keys(source: Session, _target: Session, objects: Objects) -> Iterator[Finding]:
    rows = source.rows(
        "SELECT constraint_schema AS db, constraint_name AS name, table_name AS tab, update_rule AS up, "
        "delete_rule AS del, unique_constraint_schema AS there, referenced_table_name AS refers "
        "FROM information_schema.referential_constraints "
        f"WHERE constraint_schema IN ({source.literals(mysql_objects.databases(source, objects))})"
    )
    chosen = set(mysql_objects.names(source, objects))
    for row in rows:
        if (row["db"], row["tab"]) not in chosen:
            continue
        key = f"foreign key {row['name']} of {quoted(row['db'], row['tab'])}"
        rules = {"UPDATE": row["up"], "DELETE": row["del"]}
        wrong = [f"ON {verb} {rule}" for verb, rule in rules.items() if rule not in ("NO ACTION", "RESTRICT")]
        if wrong:
            yield Finding("ConstraintCheck", "failed", f"{key} has {', '.join(wrong)}")
        if (row["there"], row["refers"]) not in chosen:
            words = f"{key} refers to {quoted(row['there'], row['refers'])}, which is not selected"
            yield Finding("ConstraintRefCheck", "failed", words)


def _definers(source: Session, target: Session, objects: Objects) -> Iterator[Finding]:
    """What runs by the rights of an account that is not there fails when it is used."""
    there = {row["name"] for row in target.rows("SELECT CONCAT(user, '@', host) AS name FROM mysql.user")}
    chosen = source.literals(mysql_objects.databases(source, objects))
    for kind, step, result, table, prefix in _DEFINED:
        rows = source.rows(
            f"SELECT {prefix}_schema AS db, {prefix}_name AS name, definer AS definer FROM information_schema.{table} "
            f"WHERE {prefix}_schema IN ({chosen})"
        )
        for row in rows:
            copied = kind != "view" or mysql_objects.covers(objects, row["db"], row["name"])
            if copied and row["definer"] not in there:
                words = f"{kind} {quoted(row['db'], row['name'])}: its definer {row['definer']} is not in the target"
                yield Finding(step, result, words)


_DEFINED: tuple[tuple[str, str, Literal["failed", "warning"], str, str], ...] = (
    ("view", "ViewCheck", "failed", "views", "table"),
    ("trigger", "WarningParamCheck", "warning", "triggers", "trigger"),
    ("routine", "WarningParamCheck", "warning", "routines", "routine"),
    ("event", "WarningParamCheck", "warning", "events", "event"),
)
"""What has a definer: the step that finds it missing, and where the server lists it."""

_ITEMS: tuple[Item, ...] = (
    *(_privileges, _parameters, _twins, _content, _binary_log),
    *(_keys, _digits, _foreign_keys),
)
_OWN_ITEMS: tuple[Item, ...] = (_replications, _definers)
"""What the engine looks at by its own accounts: a job's need not have the right to."""
