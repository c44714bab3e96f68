"""Writes docs/emulator.md from the code: ``python -m scripts.emulator_page``.

What the page says of actions, states, times, checks, rehearsals and faults is read from the tables that the
emulator runs on, so it cannot fall behind them; a test holds the committed page against :func:`page`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from scripts.local import LOOPBACK, pasted_connection
from tencent_dts.emulator.areas.migration import tables as migration_tables
from tencent_dts.emulator.areas.migration_2018 import tables as tables_2018
from tencent_dts.emulator.areas.sync import configuration
from tencent_dts.emulator.areas.sync import tables as sync_tables
from tencent_dts.emulator.cli import DEFAULT_PORT
from tencent_dts.emulator.http.admin import Admin
from tencent_dts.emulator.http.faults import Rule
from tencent_dts.emulator.http.notes import NOTES
from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world import checks, compare_tables, kinds, rehearsals
from tencent_dts.emulator.world.compare_runs import WHOLE_DATABASE
from tencent_dts.emulator.world.kernel import HANDLERS
from tencent_dts.emulator.world.tables import Row
from tencent_dts.emulator.world.timings import Timings
from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tencent_dts.spec.regions import REGIONS

PAGE = Path("docs/emulator.md")

HEAD = """# The emulator, and where it differs from DTS

<!-- Written by `python -m scripts.emulator_page`; change the code, not this page. -->

A real HTTP server that answers Tencent Cloud's own SDKs and command line as DTS does: signatures, validation,
states, billing, throttling, errors. It copies no data and connects to no database, unless it is given a file that maps
what jobs name to [real servers](#real-servers).

```
dts-emulator serve --port 8021 --state dts.sqlite --speed 60
```

| option | meaning |
|---|---|
| `--host`, `--port` | where to listen; 127.0.0.1:8021 by default, port 0 takes a free one |
| `--state FILE` | keep jobs, seeds and journal in a SQLite file, which survives `kill -9`; without it in memory |
| `--speed N` | virtual seconds per real second; 0 stands still, and only the admin API moves the clock |
| `--account ID:KEY[:TOKEN]` | a SecretId and its key, repeatable; without it `AKIDemulator` / `emulator-secret` |
| `--data FILE` | let rows move between [real servers](#real-servers); needs the extra `rehearsal` |
| `--no-rate-limit` | do not enforce the published requests per second |
| `--international` | be the international site, where DTS is free: `notBilled`, `NotBilledByInternational` |
| `--max-unused-jobs N` | idle jobs per account and region before `LimitExceeded.MaxUnusedJobs` |

In Python: `with Emulator(speed=60) as emulator: emulator.endpoint`; in pytest: the fixture `dts_emulator`
(`pytest_plugins = ["tencent_dts.emulator.fixture"]`). Point an SDK at it with protocol `http` and the endpoint
`127.0.0.1:8021`; keep that address out of any proxy (`NO_PROXY`).

## From an Airflow of your own

It listens on {address} and speaks plain http, so the connection says both; for every process of that Airflow:

    {connection}

The same on the page *Connections*: type *Tencent Cloud*, and host, port, login, password and extra as in that line.

## Real servers

**It writes to the target.** `--data engines.yaml` maps what jobs name, host and port or an instance id, to servers of
a rehearsal, MariaDB (10.11 or later) or PostgreSQL (14 or later):

    servers:
      - names: ["203.0.113.5:3306"]
        address: 127.0.0.1:33061
        user: dts
        password_env: SOURCE_PASSWORD   # or password: "..."
      - names: [cdb-copyapgu]
        address: 127.0.0.1:33062
        user: dts
        password_env: TARGET_PASSWORD
        family: mysql                   # or postgresql; jobs of the other family are refused then

An address that is not loopback needs `allow: true`. A migration job (2021-12-06) between two mapped servers takes its
check, steps, lag, comparison and errors from them; all other jobs are rehearsed as ever. It works by the accounts of
the file; those that a job names are tried by its check only, and kept in memory only.

- A target that holds anything in the chosen databases or schemas is refused, unless the same job has begun to write
  there: that starts again, and drops what it has copied. What others have put there meanwhile is refused, too.
- Replication is native, under the job's id, and removed when the job is completed, stopped, isolated or deleted, or
  when the emulator is reset. An emulator that starts says in its log what jobs that it does not know have left on the
  servers, and how to remove it.
- The lag is rounded down. Virtual time makes none of it faster, and a clock that stands still shows none of it.
- A server that does not answer for a minute brings a job that follows into `error`, in the words of who tried; once it
  is back, `ResumeMigrateJob` goes on from where it stood.
- A comparison takes checksums of ranges of the primary key, and names each row that differs by its key. Of a row it
  shows the key and the columns that differ, a hundred characters of each; of one that is missing, the key.
- An emulator that starts without a server of an unfinished job, on a state that has that job, refuses to.
- Refused when it is configured: one side mapped without the other, both sides one server, a server of another family
  than the job's, new names for databases, schemas, tables and views, roles, other families than these two, sync jobs
  and jobs of API 2018-03-30.

### Between MariaDB servers

The programs `mariadb` and `mariadb-dump` must be installed, and a target should run with `skip-slave-start`: a server
that restarts forgets the filters of a replication, and the emulator starts it again with them.

- The copy is the server's own dump of one snapshot, loaded by its own client. One job at a time can replicate into a
  target server.
- What a statement changes decides whether it is followed, not which database its session had entered. Accounts and
  grants are never followed. A filter knows nothing of procedures, functions and events: those that are made or dropped
  while a job replicates are followed from every database. Let none be.
- Refused, too: names with commas, single tables of a database whose name has a dot, and, by the check
  (`SimpleParamCheck`), a database whose name a filter takes for a chosen one, such as `Shop` beside `shop`.
- MariaDB's dump writes six digits of a FLOAT. The exact values are read beside it, in a snapshot of the same moment,
  for which the source stands still until the dump has begun, and taken over by the key. A table without a key, or with
  a FLOAT in it, stays rounded: the check warns of it, and the comparison finds what differs.
- MySQL is refused by the check (`VersionCheck`): its replication speaks another language, and none could be tested. So
  is a target that replicates already, as a job that nobody knows any more may have left it; the check names the two
  statements that end that. Free space is not asked for: MariaDB does not know its own.

### Between PostgreSQL servers

The programs `pg_dump` and `pg_restore`, of the source's version or a later one, must be installed. The source needs
`wal_level=logical` and an account with `REPLICATION` that owns the tables; the target an account that is a superuser
or, from version 16 on, a member of `pg_create_subscription`. Let the target log in `csvlog` by its
`logging_collector`, and its account be a member of `pg_read_server_files`: what ends a replication is told in the
server's words, which stand in its log only. Where that cannot be read, a job is in `error` even after its source has
merely broken off, and can be resumed.

- The structure is the server's own dump, without owners, privileges and roles; rows are copied and followed by a
  publication and a subscription for each database, and slots named after the job.
- A job's objects are whole databases, or schemas of them (`SchemaName` with `DBMode` `partial`), or tables of a schema.
- A table without a replica identity fails the check: once published, the source itself would refuse its updates.
  Unlogged tables and large objects fail it, too. Changes of the structure are not followed.
- Sequences get their values, and materialized views are filled, when the job is completed.
- A job that was isolated and recovered is in `error`: without its slot, which would fill the source's disk, a source
  keeps no log to follow on from.
- Before version 15 a target does not tell that an error has ended a replication: it is taken for one when the target
  has been silent for half a minute.
"""

DIFFERENCES = """## What differs from the real service, for every action

- Nothing is migrated, but between [real servers](#real-servers). A database that is selected whole has three made-up
  tables ({tables}); the entire instance is one database `app`. Lags, progress and counts are computed from the clock.
- Everything that takes time takes the virtual seconds of the table "Times" below, always the same.
- A state is seen as it is when it is asked for: a jump of the clock gives the same history as waiting.
- Which of its documented codes the real service sends for a wrong state is not published: the codes in the state
  tables are a choice, always among those documented for the action.
- A password is never kept and is answered as `""`. One that contains `wrong` fails the connection check with MySQL
  error 1045 until the job is configured with another.
- What has no value yet is null (`StepInfo` before the start, `CheckStepInfo` before a check, `MigrateOption` before
  a configuration) or empty; a time that is not set is `""` or `0000-00-00 00:00:00`, as in the documents' examples.
- `Action.AllowedAction` follows the console's matrix. Added to it: `check` in `created` once the job is configured
  (the introduction has it), `pause` and `continue`, and the states that the matrix lacks.
- The status `resumableErr`, which the SDK lists, is sent only when a seed asks for it; it behaves like `error`.
- A job may migrate only within one family of databases: {families}.
- Check items of other links than MySQL, and the run steps `dumper`, `loader` and `sinker` of other links, have
  ids of the same meaning as MySQL's; only their names are published.
- A job in `error` with `AutoRetryTimeRangeMinutes` is retried every {retry:g} s until that time is over.
- Free are jobs of the international site (`--international`; in Python SecretIds as `international`), and what a seed
  makes free: `notBilled`, `NotBilled` or `NotBilledByInternational`. Every class is sold there (assumed).
- Where a migration job is `error` or `failed`, rehearsed or seeded, a sync job is `ResumableErr` or `Failed`. Its
  status `Released` is never sent, `Unknown` only when a seed asks for it.
- Sync jobs go from a database type to itself and over these links: {links}.
- A sync job's compare is refused while its `OpTypes` leave out one of Insert, Update and Delete.
- Of a prepaid sync job the meter counts the months; the hours are those of jobs that are paid by the hour.
- Migration jobs of 2018-03-30 are another kind of record than those of 2021-12-06: neither version sees the other's.
  Their Status is a number: {numbers}. A number as `force_status` shows as it is, another word as 23.
- Orders, arrears and money do not exist; a seed isolates a job as if for arrears.
- Regions: {regions}.
"""

MEANINGS = """The marks say where a behaviour comes from: **documented** in the API documents or the product guide,
**observed** in the code of official clients, **assumed** where neither says anything. An action of the area *published*
has a page on the web that is in no printed edition of the documents, an *undocumented* one is in the SDK only."""

REHEARSALS = """## Rehearsals

A person makes a job go wrong by a name that begins with `rehearse_`: of a database among the migration objects, as
a word in the job's name, or as the value of a tag with the key `rehearse` (there without the prefix, several
separated by commas). Each happens once per job and is fixed afterwards: the second check passes, the second
compare is `same`, a retry works. With `_always` behind it, it stays; then a retry ordered by a person ends in
`failed`. The automatic compare of `Consistency.Mode` `full` shows a rehearsed difference without using it up.
"""

SEEDS = """## Seeds

`POST /_emulator/seed` (or `emulator.seed({...})`) takes one seed: `match` and what happens to the jobs it matches,
those there are and those to come. All that `match` names must be true of the job.

| in a seed | meaning |
|---|---|
| `match` | `JobId`, `JobName` (whole), `Tag` (`{"key": "value"}`), `Link` (`mysql2mysql`), `account`, `region`, `any` |
| `checks` | `{"DstEmptyCheck": "failed"}`; or `"warning"`, which does not keep the check from passing |
| `check_run` | `"failed"`: the check run itself breaks |
| `compare` | `conclusion` (same, different, skipAll), `different_tables`, `skipped_tables`, `rows`; or `status` |
| `fail_at`, `status` | phase `dumper`, `loader`, `incremental` or `request`; `error`, `resumableErr` or `failed` |
| `lag` | `seconds`, `megabytes` and `drain`, the virtual seconds until it is gone |
| `unknown_status` | a status that shows for a while at the start of the incremental step |
| `trade_status` | at once: `normal`, `notBilled` (free), `isolated`, `arrears` (isolated for arrears), `offlined` |
| `force_status` | at once: any status; one that DTS does not know only shows, until `""` takes it away |
| `always` | `true`: not once but every time |

The phase `request` is an asynchronous request of a subscription.
In `compare`, `rows` are differing rows (DifferenceItem: `Db`, `Table`, ...), and `status` `failed` fails the run
with `message`. A seed `{"instances": [...]}` replaces the instances that DescribeMigrateDBInstances lists, each
with `DatabaseType`, `InstanceId` and, if wanted, `Region` and the other fields of MigrateDBItem.
"""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _actions() -> str:
    rows = [
        (f"`{action}`", version, load(version).actions[action].area, registered.fidelity, registered.note or "")
        for (version, action), registered in sorted(HANDLERS.items())
    ]
    text = f"## Actions\n\n{MEANINGS}\n\n" + _table(("action", "version", "area", "mark", "what to know"), rows)
    for version in (VERSION_2021, VERSION_2018):
        missing = sorted(name for name in load(version).actions if (version, name) not in HANDLERS)
        if missing:
            text += f"\nNot emulated yet, version {version}: {', '.join(f'`{name}`' for name in missing)}.\n"
    return text


def _states(title: str, states: tuple[str, ...], rows: Mapping[str, Row], *, missing: bool = True) -> str:
    """One table: each action with the states it is taken in, where it leads, and what it answers otherwise."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for action, row in rows.items():
        steps, refusal = _steps(states, row), _refusal(states, row)
        cells = (steps, refusal, f"`{row.missing}`") if missing else (steps, refusal)
        lines.setdefault(cells, []).append(f"`{action}`")
    head = ("action", "from → to", "otherwise", "no such job")
    grouped = [(", ".join(actions), *cells) for cells, actions in lines.items()]
    known = ", ".join(f"`{state}`" for state in states if state)
    return f"### {title}\n\nStates: {known}.\n\n" + _table(head if missing else head[:3], grouped)


def _steps(states: tuple[str, ...], row: Row) -> str:
    kept = [state for state in states if row.to.get(state) == state]
    if len(kept) == len(states):
        return "every state stays"
    steps = [", ".join(f"`{state}`" for state in kept) + (" stay" if len(kept) > 1 else " stays")] if kept else []
    for target in dict.fromkeys(to for state, to in row.to.items() if to != state):
        sources = [f"`{state}`" for state in states if row.to.get(state) == target and state != target]
        steps.append(f"{', '.join(sources)} → `{target}`")
    return "; ".join(steps)


def _refusal(states: tuple[str, ...], row: Row) -> str:
    if row.to.keys() >= set(states):
        return ""
    return "; ".join([f"`{row.refusal}`", *(f"in `{state}` `{code}`" for state, code in row.instead.items())])


def _allowed(title: str, allowed: Mapping[str, tuple[str, ...]]) -> str:
    rows = [(f"`{state}`", ", ".join(dict.fromkeys(names))) for state, names in allowed.items()]
    return f"### {title}\n\n" + _table(("state", "allowed"), rows)


def _state_tables() -> str:
    axes = [
        table
        # Not as they were registered: that depends on who imported what first.
        for kind in sorted(kinds.KINDS.values(), key=lambda kind: (kind.version != VERSION_2021, kind.name))
        for table in (
            _states(f"Records of kind `{kind.name}`: task status", kind.states, kind.rows),
            _states(f"Records of kind `{kind.name}`: billing status", kind.trade_states, kind.trades, missing=False),
        )
    ]
    return "\n".join(
        (
            "## States\n\nThe part of a name behind a dot is the emulator's own: the API shows what is before it. An "
            "action\nmust be allowed on both axes of a job. Reading is allowed always.\n",
            *axes,
            _states("Compare task of a migration job: Status", compare_tables.COMPARE_STATES, compare_tables.COMPARE),
            _states("Compare task of a sync job: Status", compare_tables.COMPARE_STATES, sync_tables.COMPARE),
            _states(
                "Change of a running sync job: OptObjStatus",
                sync_tables.MODIFICATION_STATES,
                sync_tables.MODIFICATION,
                missing=False,
            ),
            _allowed("Action.AllowedAction of a billed migration job", migration_tables.ALLOWED),
            "A free job is never resized. An isolated one allows `recover` and `offline`; in the short billing "
            "states only\n`view`.\n",
            _allowed("Actions of a sync job paid by the hour", sync_tables.ALLOWED),
            "A free or prepaid job lacks `resize` and `postPay2prePay`. In the incremental step `createCmpTask` is "
            "added, and\n`checkOptObj` and `startOptObj` as a change of the job gets that far.\n",
        )
    )


def _times() -> str:
    rows = [(f"`{field.name}`", f"{field.default:.0f}") for field in fields(Timings)]
    about = (inspect.getdoc(Timings) or "").replace("``", "`").partition("\n")[2].strip()
    return f"## Times\n\n{about}\n\n" + _table(("what", "virtual seconds"), rows)


def _check_steps() -> str:
    links = {**checks.STEPS, "mysql, sync job": sync_tables.CHECK_STEPS["mysql"]}
    rows = [(link, ", ".join(f"`{step}`" for step, _ in steps)) for link, steps in links.items()]
    fixed = ", ".join(f"`{step}`" for step in sorted(checks.NOT_SKIPPABLE))
    return (
        "## Check steps\n\n"
        + _table(("link", "steps"), rows)
        + f"\nNot to be skipped: {fixed}. The check of a change has `ModifyConfigCheck` too.\n"
    )


def _rehearsals() -> str:
    rows = [(f"`rehearse_{name}`", text) for name, (_, text) in rehearsals.CONVENTION.items()]
    rows.insert(0, ("`rehearse_check_<StepId>`", "that check step fails; the case of the id does not matter"))
    return REHEARSALS + "\n" + _table(("name", "what happens"), rows)


def _faults() -> str:
    about = inspect.getdoc(Rule) or ""
    return (
        "## Faults\n\n`POST /_emulator/faults` (or `emulator.add_fault({...})`) takes one rule, such as\n"
        '`{"action": "CreateMigrationService", "nth": 1, "drop": "after"}`.\n\n' + about.replace("``", "`") + "\n"
    )


def _server() -> str:
    return "## Requests and answers\n\n" + _table(("mark", "what holds"), NOTES)


ADMIN = """## Admin API

JSON without a signature; it listens where the API does. No web page of another place may use it: a Host that has a dot
and is neither an address nor below `localhost`, an Origin that is not the Host, and a request that a browser marks as
of another site are answered with 403.

"""


def _admin() -> str:
    methods = {
        "GET health": Admin.health,
        "GET clock": Admin.clock,
        "POST clock": Admin.set_clock,
        "GET faults": Admin.faults,
        "POST faults": Admin.add_fault,
        "DELETE faults": Admin.clear_faults,
        "GET journal": Admin.journal,
        "GET state": Admin.state,
        "GET meter": Admin.meter,
        "POST seed": Admin.seed,
        "POST reset": Admin.reset,
    }
    rows = []
    for route, method in methods.items():
        verb, _, name = route.partition(" ")
        about = " ".join((inspect.getdoc(method) or "").split()).replace("``", "`")
        rows.append((f"`{verb} /_emulator/{name}`", about.replace(":class:", "").replace(":mod:", "")))
    return ADMIN + _table(("call", ""), rows)


def page() -> str:
    """Return the page as it should be."""
    load_areas()
    families: dict[str, list[str]] = {}
    for database_type in checks.FAMILIES:
        families.setdefault(checks.family(database_type), []).append(database_type)
    differences = DIFFERENCES.format(
        tables=", ".join(f"`{name}`" for name in WHOLE_DATABASE),
        families="; ".join(", ".join(members) for members in families.values()),
        retry=Timings.auto_retry,
        links=", ".join(f"`{link}`" for link in sorted(configuration.LINKS)),
        numbers=", ".join(f"{number} `{state}`" for state, number in tables_2018.STATUS.items()),
        regions=", ".join(sorted(REGIONS)),
    )
    head = HEAD.format(
        address=f"{LOOPBACK}:{DEFAULT_PORT}",
        connection=pasted_connection("tencentcloud_default", LOOPBACK, DEFAULT_PORT),
    )
    parts = (
        *(head, _actions(), differences, _server(), _state_tables(), _times(), _check_steps(), _rehearsals(), SEEDS),
        *(_faults(), _admin()),
    )
    return "\n".join(parts)


def main() -> None:
    """Write the page into the folder ``docs`` of the working directory."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
