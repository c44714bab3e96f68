"""The check before a migration: its steps for every kind of link, and what each says when it fails.

Documents: DescribeMigrationCheckJob, SkipCheckItem, "Check items" of the product guide. The ids of the steps are
documented for the MySQL family; for other links only the names are, and ids of the same meaning are used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import CheckStep, DetailCheckItem


HELP = "https://www.tencentcloud.com/document/product/571/61639"
PRIVILEGES_HELP = "https://www.tencentcloud.com/document/product/571/55424"

FAMILIES = {
    **dict.fromkeys(("mysql", "mariadb", "percona", "cynosdbmysql", "tdsqlmysql", "tdsqlpercona", "tdstore"), "mysql"),
    **dict.fromkeys(("redis", "tendis", "keewidb"), "redis"),
    **dict.fromkeys(("mongodb", "postgresql", "sqlserver")),
}
"""Database type to the family within which it migrates; a type with None is a family of its own."""


def family(database_type: str) -> str:
    """Return the family of a database type: ``mysql``, ``redis``, ``postgresql``, ``mongodb`` or ``sqlserver``."""
    return FAMILIES.get(database_type) or database_type


STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "mysql": (
        ("ConnectDBCheck", "Database connection check"),
        ("VersionCheck", "Version check"),
        ("SrcPrivilegeCheck", "Source instance permission check"),
        ("SimpleParamCheck", "Partial instance parameter check"),
        ("DstPrivilegeCheck", "Target instance permission check"),
        ("DstEmptyCheck", "Target instance content conflict check"),
        ("DstSpaceCheck", "Target instance space check"),
        ("BinlogParamCheck", "Binlog parameter check"),
        ("ConstraintCheck", "Foreign key dependency check"),
        ("ConstraintRefCheck", "Partial database/table foreign key dependency check"),
        ("ViewCheck", "View check"),
        ("WarningParamCheck", "Warning item check"),
        ("OptimizeCheck", "Peripheral check"),
    ),
    "postgresql": (
        ("ConnectDBCheck", "Database connection check"),
        ("VersionCheck", "Version check"),
        ("SrcPrivilegeCheck", "Source instance permission check"),
        ("DstPrivilegeCheck", "Target instance permission check"),
        ("AccountConflictCheck", "Account conflict check"),
        ("WarningParamCheck", "Parameter configuration conflict check"),
        ("DstEmptyCheck", "Structure conflict check"),
        ("PluginCheck", "Plugin compatibility check"),
        ("IncrementalCheck", "Incremental migration precondition check"),
    ),
    "mongodb": (
        ("ConnectDBCheck", "Database connection check"),
        ("DstEmptyCheck", "Target instance content conflict check"),
        ("NodeRoleCheck", "Node role check"),
        ("OplogCheck", "Oplog check"),
        ("SrcPrivilegeCheck", "Permission check"),
        ("VersionCheck", "Version check"),
        ("DstSpaceCheck", "Target instance space check"),
        ("DstLoadCheck", "Target instance load check"),
        ("ShardKeyCheck", "Shard key check"),
        ("BalancerCheck", "Balancer check"),
    ),
    "sqlserver": (
        ("ConnectDBCheck", "Database connection check"),
        ("NetworkCheck", "Network check"),
        ("SimpleParamCheck", "Parameter check"),
        ("DstSpaceCheck", "Disk space check"),
        ("VersionCheck", "Version check"),
        ("SrcPrivilegeCheck", "Source instance permission check"),
        ("ExistenceCheck", "Source and target existence check"),
        ("DstEmptyCheck", "Target instance content conflict check"),
    ),
    "redis": (
        ("ConnectDBCheck", "Database connection check"),
        ("VersionCheck", "Version check"),
        ("DstEmptyCheck", "Target instance content conflict check"),
        ("DstSpaceCheck", "Target instance space check"),
        ("NodeRoleCheck", "Source node role check"),
        ("DatabaseCountCheck", "Number of databases check"),
        ("SimpleParamCheck", "Eviction policy and slot check"),
    ),
}

SYNC_STEPS = {
    "AdvancedStoreObjectCheck": "Advanced object check",
    "ModifyConfigCheck": "Configuration modification check",
}
"""Steps that only the checks of sync jobs have."""

STEP_IDS = frozenset(step for steps in STEPS.values() for step, _ in steps) | SYNC_STEPS.keys()
NOT_SKIPPABLE = frozenset({"ConnectDBCheck", "VersionCheck", "SrcPrivilegeCheck", "DstPrivilegeCheck"})


@dataclass(frozen=True)
class Failure:
    """What a step says when it does not pass: the reason, what to do, the log line, the page that helps."""

    reason: str
    solution: str
    log: str
    help: str = HELP


FAILURES: dict[str, Failure] = {
    "ConnectDBCheck": Failure(
        "The database cannot be connected to: there is no route, the security group or firewall refuses DTS, or the "
        "account or password is wrong.",
        "Allow the DTS IP ranges in the security group and firewall, and correct the account, its host or its "
        "password in the job's configuration.",
        "dial tcp: connect: connection refused",
    ),
    "VersionCheck": Failure(
        "The version of the target database is lower than that of the source, or the link does not support it.",
        "Upgrade the target instance to the version of the source or a later one.",
        "source version 8.0.30 is higher than target version 5.7.36",
    ),
    "SrcPrivilegeCheck": Failure(
        "The source account lacks permissions that the migration needs.",
        "Grant RELOAD, LOCK TABLES, REPLICATION CLIENT, REPLICATION SLAVE, SHOW DATABASES, SHOW VIEW, PROCESS and "
        "SELECT to the account in the source database.",
        "Error 1227: Access denied; you need (at least one of) the RELOAD privilege(s) for this operation",
        PRIVILEGES_HELP,
    ),
    "DstPrivilegeCheck": Failure(
        "The target account lacks permissions that the migration needs.",
        "Grant ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE and SELECT to the account in the target database.",
        "Error 1227: Access denied; you need (at least one of) the ALTER privilege(s) for this operation",
        PRIVILEGES_HELP,
    ),
    "SimpleParamCheck": Failure(
        "Parameters do not suit the migration: row_format is FIXED, lower_case_table_names differs between source "
        "and target, max_allowed_packet of the target is below 4 MB, or connect_timeout is 10 s or less.",
        "Change the parameters named and check again.",
        "lower_case_table_names is 0 in the source and 1 in the target",
    ),
    "WarningParamCheck": Failure(
        "max_allowed_packet, wait_timeout or the character set differ between source and target.",
        "Make the parameters alike where the difference matters to the application.",
        "max_allowed_packet is 67108864 in the source and 16777216 in the target",
    ),
    "BinlogParamCheck": Failure(
        "The binary log of the source does not suit incremental migration: log_bin is OFF, binlog_format is not ROW, "
        "binlog_row_image is not FULL, server_id is 0, or databases are filtered.",
        "Set the parameters, restart the source where needed and let all sessions reconnect.",
        "binlog must ROW format, but MIXED now",
    ),
    "DstEmptyCheck": Failure(
        "The target holds objects with the names of objects to be migrated.",
        "Rename or drop them in the target, or take them out of the migration objects.",
        "table already exists in the target database",
    ),
    "DstSpaceCheck": Failure(
        "The free space of the target is less than 1.2 times the size of the data to be migrated.",
        "Enlarge the disk of the target instance or free space on it.",
        "target free space 20480 MB, needed 24576 MB",
    ),
    "ConstraintCheck": Failure(
        "Tables have foreign keys with rules other than NO ACTION or RESTRICT.",
        "Change the rules, or skip the item: SkipCheckItem with ForeignKeyFlag shield or migrate.",
        "foreign key fk_order_customer has the rule ON DELETE CASCADE",
    ),
    "ConstraintRefCheck": Failure(
        "A table refers by foreign key to a table that is not among the migration objects.",
        "Add the referenced table to the migration objects.",
        "the table referenced by foreign key fk_order_customer is not selected",
    ),
    "ViewCheck": Failure(
        "A view uses tables that are not among the migration objects, or its definer does not exist in the target.",
        "Add the tables, or create the definer in the target.",
        "view open_orders uses a table that is not selected",
    ),
    "AdvancedStoreObjectCheck": Failure(
        "Functions, procedures, triggers or events cannot be made in the target: log_bin_trust_function_creators is "
        "OFF there, or a definer does not exist.",
        "Set log_bin_trust_function_creators to ON in the target, or create the definers.",
        "log_bin_trust_function_creators is OFF in the target",
    ),
    "ModifyConfigCheck": Failure(
        "The running job cannot take the changed objects or options.",
        "Change the objects or options and check again.",
        "the changed objects or options are not supported by the running job",
    ),
    "OptimizeCheck": Failure(
        "innodb_stats_on_metadata is ON in the source, which slows the export down.",
        "Set it to OFF, or skip the item.",
        "innodb_stats_on_metadata is ON in the source",
    ),
    "PluginCheck": Failure(
        "An extension of the source is not available in the target.",
        "Choose a target that has the extension, or drop it in the source.",
        "extension postgis is not available in the target",
    ),
    "IncrementalCheck": Failure(
        "The source does not suit incremental migration: wal_level is not logical, replication slots or WAL senders "
        "are used up, or tables have no primary key.",
        "Set the parameters and restart the source, or give the tables a primary key or REPLICA IDENTITY FULL.",
        "wal_level is replica in the source, not logical",
    ),
}

_OF_POSTGRESQL: dict[str, Failure] = {
    "SrcPrivilegeCheck": replace(
        FAILURES["SrcPrivilegeCheck"],
        solution="Let the account have REPLICATION, own the tables and have CREATE in the source database.",
    ),
    "DstPrivilegeCheck": replace(
        FAILURES["DstPrivilegeCheck"],
        solution="Let the account be a superuser or a member of pg_create_subscription, with CREATE in the target "
        "database.",
    ),
    "WarningParamCheck": replace(
        FAILURES["WarningParamCheck"],
        reason="Settings of the databases differ, or tables have what does not suit the migration.",
        solution="Change what is named, where it matters to the application.",
    ),
}

_OTHER = Failure(
    "The step's precondition is not met.",
    "See the help document, correct it and check again.",
    "the precondition of this check item is not met",
)


def failure(step: str, family: str) -> Failure:
    """Return what a step says when it does not pass, in a family of databases."""
    own = _OF_POSTGRESQL if family == "postgresql" else {}
    return own.get(step) or FAILURES.get(step, _OTHER)


_GRANTS = (
    "Your permission is as follows: GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION. The account may do "
    f"more than the migration needs; grant the least permissions: {PRIVILEGES_HELP}"
)


def _item(name: str, result: str, failure: Failure) -> DetailCheckItem:
    return {
        "CheckItemName": name,
        "Description": "",
        "CheckResult": result,
        "FailureReason": failure.reason,
        "Solution": failure.solution,
        "ErrorLog": [failure.log],
        "HelpDoc": [failure.help],
        "SkipInfo": "",
    }


def _skipped_item(name: str) -> DetailCheckItem:
    """The item of a skipped step, as the documents' example shows it."""
    return _item(name, "warning", Failure("", "", "skipped", ""))


def results(
    link: tuple[tuple[str, str], ...],
    troubles: dict[str, tuple[str, Failure | None]],
    skips: list[str],
    *,
    as_root: bool,
) -> list[CheckStep]:
    """Return the steps of a finished check as DescribeMigrationCheckJob shows them (CheckStep).

    ``link`` are the steps that its kind of link has. ``troubles`` gives a step id its result (``failed`` or
    ``warning``) and what it says (None: the usual text); ``skips`` are the step ids skipped; ``as_root`` adds the
    warning of the documents' example about a source account that may do too much. A failed connection blocks the
    steps after it.
    """
    steps = []
    blocked = False
    for number, (step, name) in enumerate(link):
        status, items = "pass", []
        if step in skips:
            status, items = "failed", [_skipped_item(name)]
        elif blocked:
            status = "blocked"
        elif step in troubles:
            status, failure = troubles[step]
            items = [_item(name, status, failure or FAILURES.get(step, _OTHER))]
        elif step == "SrcPrivilegeCheck" and as_root:
            status, items = "warning", [_item(name, "warning", Failure("", "", _GRANTS, ""))]
        blocked = blocked or (step == "ConnectDBCheck" and status == "failed")
        steps.append(_step(number, step, name) | {"StepStatus": status, "DetailCheckItems": items})
        steps[-1]["HasSkipped"] = step in skips
    return steps


_NOT_YET: CheckStep = {"StepStatus": "notStarted", "StepMessage": "", "DetailCheckItems": [], "HasSkipped": False}


def _step(number: int, step: str, name: str) -> CheckStep:
    return {"StepNo": number, "StepId": step, "StepName": name, **_NOT_YET}


def so_far(steps: list[CheckStep], done: int) -> list[CheckStep]:
    """Return the steps of a check under way, of which ``done`` are finished."""
    return steps[:done] + [{**step, **_NOT_YET} for step in steps[done:]]


def passed(steps: list[CheckStep]) -> bool:
    """Return whether nothing blocks the start: warnings do not, nor do skipped steps."""
    return all(step["HasSkipped"] or step["StepStatus"] in ("pass", "warning") for step in steps)


def wrong_password(side: str, user: str) -> Failure:
    """Return what the connection check says of a wrong password; ``side`` is source or target."""
    return Failure(
        f"The account or password of the {side} database is wrong.",
        "Correct the account and password in the job's configuration and check again.",
        f"Error 1045: Access denied for user '{user}'@'%' (using password: YES)",
    )
