"""What only the engine between two PostgreSQL servers does, without the emulator around it."""

from __future__ import annotations

import csv
import io
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tencent_dts.emulator.data import postgresql
from tencent_dts.emulator.data.model import Account, DataError, Engine, Finding, Objects, Progress
from tencent_dts.emulator.data.postgresql import problems
from tencent_dts.emulator.data.postgresql_log import trouble
from tests.unit.emulator.data.grounds import JOB, POSTGRESQL, Engines, level

of_postgresql = pytest.mark.parametrize("running", [POSTGRESQL], indirect=True, ids=["postgresql"])

PART = Objects({"shop": None}, {"shop": {"shop": ("numbers",)}})
SLOTS = "SELECT slot_name FROM pg_replication_slots"


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def followed(engine: Engine) -> bool:
    """Look as the emulator does, which lets a replication go on that stands without an error."""
    lag = engine.lag()
    assert lag.words == ""
    if not lag.running:
        engine.replicate("")
    return lag.applied


def failed(engine: Engine, source: Account | None = None, target: Account | None = None) -> list[tuple[str, str]]:
    found: list[Finding] = list(engine.check(source, target))
    return [(finding.step, finding.words) for finding in found if finding.result == "failed"]


@of_postgresql
@pytest.mark.long
@pytest.mark.parametrize(
    ("wrong", "right", "step", "words"),
    [
        (
            "CREATE TABLE shop.bare (v int)",
            "ALTER TABLE shop.bare REPLICA IDENTITY FULL",
            "IncrementalCheck",
            '"shop"."bare" has neither a primary key nor another replica identity',
        ),
        (
            "CREATE UNLOGGED TABLE shop.fleeting (id int PRIMARY KEY)",
            "ALTER TABLE shop.fleeting SET LOGGED",
            "IncrementalCheck",
            '"shop"."fleeting" is unlogged',
        ),
        ("SELECT lo_create(77)", "SELECT lo_unlink(77)", "IncrementalCheck", "holds large objects"),
    ],
    ids=["no key", "unlogged", "large objects"],
)
def test_what_is_not_replicated_fails_the_check(
    wrong: str, right: str, step: str, words: str, engines: Engines
) -> None:
    engines.at_source(wrong)
    ((found, said),) = failed(engines.make())
    assert found == step
    assert words in said
    engines.at_source(right)
    assert failed(engines.make()) == []


@of_postgresql
@pytest.mark.long
def test_settings_of_the_source_are_told(engines: Engines) -> None:
    engines.source.restart(wal_level="replica", max_replication_slots=2, max_wal_senders=1)
    try:
        assert failed(engines.make()) == [
            ("IncrementalCheck", "wal_level is replica in the source, not logical"),
            ("IncrementalCheck", "max_replication_slots is 2 in the source, of which 0 are in use and 3 needed"),
            ("IncrementalCheck", "max_wal_senders is 1 in the source, of which 0 are in use and 3 needed"),
        ]
    finally:
        engines.source.restart()
    assert failed(engines.make()) == []


@of_postgresql
@pytest.mark.long
def test_missing_privileges_are_named(engines: Engines) -> None:
    engines.numbers(10)
    engines.ground.execute(engines.source, "CREATE ROLE poor LOGIN PASSWORD 'pw'")
    engines.target.execute("CREATE ROLE poor LOGIN PASSWORD 'pw'")
    poor = Account("poor", "pw")
    try:
        at_source, at_target = failed(engines.make(), source=poor), failed(engines.make(), target=poor)
    finally:
        for server in (engines.source, engines.target):
            server.execute("DROP ROLE poor")
    assert [step for step, _ in at_source] == ["SrcPrivilegeCheck"] * 4
    assert [words for _, words in at_source] == [
        "the role poor of the source has not REPLICATION",
        "no CREATE in the database shop of the source, which a publication takes",
        'no SELECT on 1 tables: "shop"."numbers"',
        'no ownership of 1 tables: "shop"."numbers"',
    ]
    assert [step for step, _ in at_target] == ["DstPrivilegeCheck"] * 2
    assert at_target[1][1] == "no CREATEDB of the target"


@of_postgresql
@pytest.mark.long
def test_extensions_encodings_and_foreign_keys_are_compared(engines: Engines) -> None:
    engines.numbers(10)
    engines.at_source(
        "CREATE TABLE shop.notes (id int PRIMARY KEY)",
        "ALTER TABLE shop.numbers ADD COLUMN note int REFERENCES shop.notes (id)",
        "SET allow_system_table_mods = on",
        "UPDATE pg_extension SET extname = 'postgis' WHERE extname = 'plpgsql'",
    )
    engines.target.execute("CREATE DATABASE shop ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    found = dict(failed(engines.make(PART)))
    assert found == {
        "DstEmptyCheck": 'foreign key numbers_note_fkey of "shop"."numbers" refers to "shop"."notes", which is not '
        "selected",
        "WarningParamCheck": "encoding of shop is UTF8 in the source and LATIN1 in the target",
        "PluginCheck": "extension postgis is not available in the target",
    }


@of_postgresql
@pytest.mark.long
def test_partitions_that_are_not_selected_fail_the_check(engines: Engines) -> None:
    engines.at_source(
        "CREATE TABLE shop.numbers (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE shop.small PARTITION OF shop.numbers FOR VALUES FROM (0) TO (10)",
    )
    words = '"shop"."small", which is a partition of "shop"."numbers", is not selected'
    assert failed(engines.make(PART)) == [("IncrementalCheck", words)]
    both = Objects({"shop": None}, {"shop": {"shop": ("numbers", "small")}})
    assert failed(engines.make(both)) == []


@of_postgresql
@pytest.mark.long
def test_a_table_whose_updates_would_fail_is_not_published(engines: Engines) -> None:
    engines.at_source("CREATE TABLE shop.bare (v int)", "INSERT INTO shop.bare VALUES (1)")
    engine = engines.make()
    with pytest.raises(DataError, match="no replica identity"):
        engine.copy(Progress(), data=True)
    engines.at_source("UPDATE shop.bare SET v = 2")


@of_postgresql
@pytest.mark.long
def test_a_table_without_a_key_is_compared_as_a_whole_unless_it_is_large(engines: Engines) -> None:
    for name, count in (("small", 3), ("large", 10_001)):
        engines.at_source(
            f"CREATE TABLE shop.{name} (v int)",
            f"ALTER TABLE shop.{name} REPLICA IDENTITY FULL",
            f"INSERT INTO shop.{name} SELECT 5 FROM generate_series(1, {count})",
        )
    engine = engines.moved()
    engines.at_target("UPDATE shop.small SET v = 6", "UPDATE shop.large SET v = 6")
    found = engine.compare(engines.ground.shop, "dataCheck", 100, Progress())
    assert [(row.schema, row.table) for row in found.differences] == [("shop", "small")]
    assert [(table.database, table.schema, table.table) for table in found.skipped] == [("shop", "shop", "large")]


@of_postgresql
@pytest.mark.long
def test_whole_databases_with_all_that_is_in_them(engines: Engines) -> None:
    odd = POSTGRESQL.quoted("odd. 'Schema' 50%_ \xe9\u6f22", 'a "b" \\ c')
    columns = ", ".join(f"c{number} text DEFAULT '{number}'" for number in range(100))
    engines.at_source(
        "CREATE SCHEMA \"odd. 'Schema' 50%_ \xe9\u6f22\"",
        f"CREATE TABLE {odd} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v * 2)"
        " STORED, mood shop.mood, token shop.token)",
        f"INSERT INTO {odd} (v, mood, token) SELECT n, 'a', 't' FROM generate_series(1, 10) AS n",
        "CREATE SEQUENCE shop.loose START 7",
        f"CREATE TABLE shop.lines (id serial PRIMARY KEY, of int REFERENCES {odd} (id), count int DEFAULT 0)",
        f"INSERT INTO shop.lines (of) SELECT id FROM {odd}",
        "CREATE FUNCTION shop.once() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.count := NEW.count + 1; RETURN NEW; END'",
        "CREATE TRIGGER once BEFORE INSERT ON shop.lines FOR EACH ROW EXECUTE FUNCTION shop.once()",
        "CREATE VIEW shop.some AS SELECT * FROM shop.lines",
        "CREATE MATERIALIZED VIEW shop.sums AS SELECT count(*) AS n FROM shop.lines",
        f"CREATE TABLE shop.wide (id int PRIMARY KEY, {columns})",
        "INSERT INTO shop.wide VALUES (1)",
        "CREATE TABLE shop.parts (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE shop.part_one PARTITION OF shop.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "INSERT INTO shop.parts VALUES (1, '2026-11-29')",
        "CREATE TABLE shop.parents (id int PRIMARY KEY)",
        "CREATE TABLE shop.children (PRIMARY KEY (id)) INHERITS (shop.parents)",
        "INSERT INTO shop.children VALUES (1)",
        "CREATE TABLE shop.empty (id int PRIMARY KEY)",
    )
    engine = engines.moved(Objects(None))
    engines.at_source(
        f"INSERT INTO {odd} (v) VALUES (11)", "INSERT INTO shop.lines (of) VALUES (1)", "SELECT nextval('shop.loose')"
    )
    engines.at_source("REFRESH MATERIALIZED VIEW shop.sums", "INSERT INTO shop.parts VALUES (2, '2026-11-29')")
    level(engine)
    found = engine.compare(Objects(None), "dataCheck", 100, Progress())
    assert (found.tables, found.differences, found.skipped) == (7, [], [])
    engine.stop(finish=True)
    assert engines.at_target("SELECT max(count) FROM shop.lines") == [(1,)]  # the trigger was not run once more
    assert engines.at_target("SELECT n FROM shop.sums") == [(11,)]
    assert engines.at_target("INSERT INTO shop.lines (of) VALUES (2) RETURNING id, count") == [(12, 1)]
    assert engines.at_target(f"INSERT INTO {odd} (v) VALUES (12) RETURNING id, w") == [(12, 24)]
    assert engines.at_target("SELECT nextval('shop.loose')") == [(8,)]
    assert engines.left() == []


@of_postgresql
@pytest.mark.long
def test_a_hundred_tables_are_copied_and_followed(engines: Engines) -> None:
    names = [f"shop.t{number}" for number in range(100)]
    engines.at_source(*(f"CREATE TABLE {name} (id int PRIMARY KEY)" for name in names))
    engines.at_source(*(f"INSERT INTO {name} VALUES (1)" for name in names))
    engine = engines.moved()
    engines.at_source(*(f"INSERT INTO {name} VALUES (2)" for name in names))
    level(engine)
    found = engine.compare(engines.ground.shop, "dataCheck", 100, Progress())
    assert (found.tables, found.source_rows, found.differences) == (100, 200, [])


@of_postgresql
@pytest.mark.long
def test_servers_that_restart_are_followed_on(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.target.restart()
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'new')")
    level(engine)
    engines.source.restart()
    engines.at_source("INSERT INTO shop.numbers VALUES (2, 'new')")
    until(lambda: followed(engine))
    assert engines.named(engine) == []


@of_postgresql
@pytest.mark.long
def test_a_source_that_breaks_off_is_followed_on(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.source.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'new')")
    until(lambda: followed(engine))
    assert engines.named(engine) == []


@of_postgresql
@pytest.mark.long
def test_a_source_that_has_got_another_address_is_followed_on(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.at_target(f"ALTER SUBSCRIPTION \"{JOB}\" CONNECTION 'host=127.0.0.1 port=1 dbname=shop'")
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'new')")
    until(lambda: not engines.source.execute("SELECT 1 FROM pg_replication_slots WHERE active"))
    monkeypatch.setattr(postgresql, "SILENT_SECONDS", 0)
    assert not engine.lag().running
    monkeypatch.undo()
    engine.replicate("")
    level(engine)
    assert engines.named(engine) == []


@of_postgresql
@pytest.mark.long
def test_the_lag_is_unknown_then_told_and_then_nothing(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    with engines.target.connect("shop") as blocking, blocking.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE shop.numbers IN ACCESS EXCLUSIVE MODE")
        engines.at_source(
            "UPDATE shop.numbers SET value = 'x'", "SELECT pg_logical_emit_message(true, '', repeat('x', 2300000))"
        )
        other = engines.make()  # another process, which has not seen where the source was when
        assert (other.lag().megabytes, other.lag().seconds) == (2, -1)
        until(lambda: engine.lag().seconds >= 1)
        cursor.execute("COMMIT")
    level(engine)
    lag = engine.lag()
    assert (lag.megabytes, lag.seconds, lag.applied) == (0, 0, True)


@of_postgresql
@pytest.mark.long
def test_an_open_transaction_is_no_lag(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    with engines.source.connect("shop") as opened, opened.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO shop.numbers SELECT n, 'x' FROM generate_series(1001, 21000) AS n")
        engines.at_source("INSERT INTO shop.numbers VALUES (1, 'new')")
        # Its log is written as far as whole pages go: it ends within what no target hears of before the commit.
        cursor.execute("INSERT INTO shop.numbers SELECT n, 'x' FROM generate_series(21001, 41000) AS n")
        level(engine)
        cursor.execute("COMMIT")
    level(engine)
    assert engines.named(engine) == []


@of_postgresql
def test_a_slot_is_dropped_when_its_subscription_is_gone(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    assert len(engines.source.execute(SLOTS)) == 1
    engines.at_target(
        f'ALTER SUBSCRIPTION "{JOB}" DISABLE',
        f'ALTER SUBSCRIPTION "{JOB}" SET (slot_name = NONE)',
        f'DROP SUBSCRIPTION "{JOB}"',
    )
    assert "its subscription for this job is gone" in engine.lag().words
    with pytest.raises(DataError, match="before all was applied"):
        engine.stop(finish=True)
    engine.stop(finish=False)
    assert engines.left() == []


@of_postgresql
@pytest.mark.long
def test_a_slot_is_dropped_when_its_target_is_lost(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.target.stop()
    try:
        with pytest.raises(DataError, match="connection"):
            engine.stop(finish=False)
        assert engines.source.execute(SLOTS) == []
        assert engines.at_source("SELECT pubname FROM pg_publication") == []
    finally:
        engines.target.restart()
    engine.stop(finish=False)
    assert engines.left() == []


@of_postgresql
@pytest.mark.long
@pytest.mark.parametrize("chosen", [Objects({"shop": None}), Objects(None)], ids=["one", "all"])
def test_a_lost_source_keeps_nothing_from_leaving_the_target(chosen: Objects, engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved(chosen)
    engines.source.stop()
    try:
        with pytest.raises(DataError, match="connection"):
            engine.stop(finish=False)
        assert engines.target.execute("SELECT subname FROM pg_subscription") == []
        assert engines.at_target("SELECT 1 FROM pg_namespace WHERE nspname = '__tencentdb__'") == []
    finally:
        engines.source.restart()
    engine.stop(finish=False)
    assert engines.left() == []


@of_postgresql
@pytest.mark.long
@pytest.mark.parametrize("lost", [False, True], ids=["given up", "target lost"])
def test_slots_of_tables_under_copy_are_dropped(lost: bool, engines: Engines) -> None:
    engines.numbers(10)
    engine, progress = engines.make(), Progress()
    words: list[str] = []

    def copy() -> None:
        try:
            engine.copy(progress, data=True)
        except DataError as error:
            words.append(str(error))

    with engines.source.connect("shop") as blocking, blocking.cursor() as cursor:
        copying = threading.Thread(target=copy)
        copying.start()
        until(lambda: engines.target.execute("SELECT 1 FROM pg_subscription"))
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE shop.numbers IN ACCESS EXCLUSIVE MODE")  # the rows cannot be read
        until(lambda: len(engines.source.execute(SLOTS)) == 2 or not copying.is_alive())
        progress.canceled = True
        copying.join(60)
        if lost:
            engines.target.stop()
            with pytest.raises(DataError):
                engine.stop(finish=False)
            assert engines.source.execute(SLOTS) == []
            engines.target.restart()
        engine.stop(finish=False)
    assert words in (["the copy was canceled"], [])
    assert engines.left() == []


@of_postgresql
@pytest.mark.long
def test_a_slot_that_is_gone_is_told(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engine.pause()
    (slot,) = engines.source.execute(SLOTS)[0]
    until(lambda: engines.source.execute("SELECT 1 FROM pg_replication_slots WHERE NOT active"))
    engines.source.execute(f"SELECT pg_drop_replication_slot('{slot}')")
    assert f"{slot} no more" in engine.lag().words
    with pytest.raises(DataError, match="no more"):
        engine.stop(finish=True)


@of_postgresql
@pytest.mark.long
def test_an_error_that_only_the_log_tells_says_where_to_look(engines: Engines) -> None:
    engines.numbers(10)
    engines.target.restart(logging_collector="off")
    try:
        engine = engines.moved()
        engines.at_target("INSERT INTO shop.numbers VALUES (1, 'first')")
        engines.at_source("INSERT INTO shop.numbers VALUES (1, 'second')")
        until(lambda: engine.lag().words)
        assert "which its log tells" in engine.lag().words
    finally:
        engines.target.restart()


@of_postgresql
@pytest.mark.long
def test_an_ended_job_is_not_followed_on(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engine.stop(finish=True)
    engine.stop(finish=True)  # its process was killed before it could tell
    with pytest.raises(DataError, match="only be copied again"):
        engine.replicate("0/1")


@of_postgresql
@pytest.mark.long
def test_structure_alone_needs_no_replication(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.make()
    engine.copy(Progress(), data=False)
    assert engines.source.execute(SLOTS) == []
    assert engines.at_target("SELECT count(*) FROM shop.numbers") == [(0,)]


def test_single_tables_need_their_schema() -> None:
    assert problems(Objects({"a": ("t",), "b": None})) == ["single tables of the database 'a' without their SchemaName"]
    assert problems(Objects({"a": None}, {"a": {"s": ("t",)}})) == []


def line(worker: str, severity: str, message: str, state: str = "00000", detail: str = "") -> str:
    """A line of a server's log as csvlog writes it."""
    text = io.StringIO()
    columns = ["2026-11-29 17:00:00.000 UTC", "", "shop", worker, *[""] * 7, severity, state, message, detail]
    csv.writer(text, lineterminator="\n").writerow([*columns, *[""] * 10])
    return text.getvalue()


class Log:
    """A session with a server whose log is this."""

    def __init__(self, *lines: str) -> None:
        self.text = "".join(lines)

    def value(self, _statement: str) -> bytes:
        return self.text.encode()


def test_of_several_jobs_each_is_told_its_own_error() -> None:
    begun = 'logical replication apply worker for subscription "{}" has started'
    log: Any = Log(
        'the rest of a line, with a quote " in it\n',
        line("11", "LOG", begun.format("dts-one")),
        line("12", "LOG", begun.format("dts-two")),
        line("11", "ERROR", "one, and\nmore", "23505", "Key (id)=(1) already exists."),
        line("12", "ERROR", "could not receive data", "08006"),
        line("13", "ERROR", "of a session", "42P01"),
    )
    assert trouble(log, "dts-one").words == "Error 23505: one, and\nmore; Key (id)=(1) already exists."
    assert not trouble(log, "dts-one").connection
    assert trouble(log, "dts-two").connection
    assert trouble(log, "dts-three").words.startswith("the target has ended its subscription because of an error")


OF_OTHERS = {
    "a function": ("CREATE FUNCTION shop.audit() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function shop.audit()"),
    "an aggregate": ("CREATE AGGREGATE shop.total(int) (SFUNC = int4pl, STYPE = int)", "aggregate shop.total(integer)"),
    "a sequence": ("CREATE SEQUENCE shop.theirs", "sequence shop.theirs"),
    "a type": ("CREATE TYPE shop.theirs AS ENUM ('x')", "type shop.theirs"),
    "a view": ("CREATE VIEW shop.theirs AS SELECT 1 AS one", "view shop.theirs"),
    "a collation": ('CREATE COLLATION shop.theirs FROM "C"', "collation shop.theirs"),
}


@of_postgresql
@pytest.mark.parametrize("made", OF_OTHERS.values(), ids=OF_OTHERS)
@pytest.mark.long
def test_a_copy_that_begins_again_drops_nothing_of_others(made: tuple[str, str], engines: Engines) -> None:
    statement, name = made
    engines.numbers(10)
    engine = engines.make()
    engine.copy(Progress(), data=True)
    engines.at_target(statement)
    with pytest.raises(DataError, match=re.escape(f"1 objects that are not of this job: {name} of shop")):
        engine.copy(Progress(), data=True)
    assert engines.at_target("SELECT count(*) FROM shop.numbers") == [(10,)]  # it is refused before anything is dropped
    checked = [found.words for found in engine.check(None, None) if found.step == "DstEmptyCheck"]
    assert len(checked) == 1
    kind, _, what = name.partition(" ")
    engines.at_target(f"DROP {kind} {what}")  # there still
    engine.copy(Progress(), data=True)


@of_postgresql
@pytest.mark.long
def test_a_copy_that_begins_again_drops_nothing_that_others_have_built_on_it(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.make(Objects({"shop": None}, {"shop": {"shop": None}}))
    engine.copy(Progress(), data=True)
    engines.at_target("CREATE SCHEMA dba", "CREATE VIEW dba.report AS SELECT * FROM shop.numbers")
    with pytest.raises(DataError, match=r"DROP TABLE shop\.numbers: Error 2BP01"):
        engine.copy(Progress(), data=True)
    assert engines.at_target("SELECT count(*) FROM dba.report") == [(10,)]
    engines.at_target("DROP VIEW dba.report")
    engine.copy(Progress(), data=True)


@of_postgresql
@pytest.mark.long
def test_a_copy_of_objects_that_depend_on_each_other_begins_again(engines: Engines) -> None:
    engines.at_source(
        "CREATE FUNCTION shop.next() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE shop.place AS (x int, y shop.mood)",
        "CREATE TYPE shop.span AS RANGE (subtype = float8)",
        "CREATE SEQUENCE shop.loose",
        "CREATE TABLE shop.a (id int PRIMARY KEY DEFAULT shop.next(), at shop.place, n int)",
        "ALTER TABLE shop.a ALTER COLUMN n SET DEFAULT nextval('shop.loose')",
        "CREATE TABLE shop.b (id serial PRIMARY KEY, a int REFERENCES shop.a, s shop.span)",
        "ALTER TABLE shop.a ADD CONSTRAINT mutual FOREIGN KEY (n) REFERENCES shop.b DEFERRABLE INITIALLY DEFERRED",
        "CREATE TABLE shop.parts (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE shop.part_1 PARTITION OF shop.parts FOR VALUES FROM (0) TO (9)",
        "CREATE FUNCTION shop.of_rows(shop.a) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW shop.first AS SELECT shop.of_rows(a) AS v FROM shop.a",
        "CREATE MATERIALIZED VIEW shop.second AS SELECT * FROM shop.first",
        "CREATE VIEW shop.a_third AS SELECT * FROM shop.second",
        "CREATE AGGREGATE shop.sums(int) (SFUNC = int4pl, STYPE = int)",
    )
    engine = engines.make()
    for _ in range(2):
        engine.copy(Progress(), data=True)
    assert len(engines.at_target("SELECT 1 FROM pg_class WHERE relname IN ('a', 'b', 'part_1', 'a_third')")) == 4
