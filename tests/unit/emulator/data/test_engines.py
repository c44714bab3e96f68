"""What the engines of all families do, without the emulator around them."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tencent_dts.emulator.data.model import Account, DataError, Engine, Objects, Progress
from tests.unit.emulator.data.grounds import JOB, ODD, Engines, level


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        pytest.param("UPDATE shop.numbers SET value = 'x' WHERE id = 60010", "60010", id="changed"),
        pytest.param("INSERT INTO shop.numbers VALUES (120001, 'above')", "120001", id="above"),
        pytest.param("DELETE FROM shop.numbers WHERE id = 60010", "60010", id="missing", marks=pytest.mark.long),
        pytest.param("DELETE FROM shop.numbers WHERE id = 50000", "50000", id="a range's end", marks=pytest.mark.long),
        pytest.param("DELETE FROM shop.numbers WHERE id = 120000", "120000", id="last missing", marks=pytest.mark.long),
        pytest.param("INSERT INTO shop.numbers VALUES (-5, 'below')", "-5", id="below", marks=pytest.mark.long),
        pytest.param("INSERT INTO shop.numbers VALUES (60011, 'w')", "60011", id="within", marks=pytest.mark.long),
    ],
)
def test_each_planted_row_is_found_and_named(planted: str, name: str, engines: Engines) -> None:
    engines.numbers()
    engine = engines.moved()
    assert engines.named(engine) == []
    engines.at_target(planted)
    assert engines.named(engine) == [f"numbers:{name}"]


@pytest.mark.long
def test_a_changed_column_of_each_type_is_found(engines: Engines) -> None:
    types = engines.ground.types
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in types.items())
    values = ", ".join(value for _, value, _ in types.values())
    engines.at_source(
        f"CREATE TABLE shop.types (id INT PRIMARY KEY, {columns})", f"INSERT INTO shop.types VALUES (7, {values})"
    )
    engine = engines.moved()
    assert engines.named(engine) == []
    missed = []
    for name, (_, value, other) in types.items():
        engines.at_target(f"UPDATE shop.types SET {name} = {other}")
        missed += [] if engines.named(engine) == ["types:7"] else [name]
        engines.at_target(f"UPDATE shop.types SET {name} = {value}")
    assert missed == []
    assert engines.named(engine) == []


@pytest.mark.long
def test_keys_of_several_columns_and_of_text_and_odd_names(engines: Engines) -> None:
    odd, numbers = engines.ground.quoted("shop", ODD), engines.ground.numbers.format(count=11000)
    dotted = engines.ground.quoted("b.c")
    engines.at_source(
        f"CREATE TABLE {odd} (a INT, {dotted} VARCHAR(20), v INT, PRIMARY KEY (a, {dotted}))",
        "CREATE TABLE shop.texts (token VARCHAR(40) PRIMARY KEY, v INT)",
        "CREATE TABLE shop.empty (id INT PRIMARY KEY)",
        "CREATE VIEW shop.some AS SELECT * FROM shop.texts",
        f"INSERT INTO {odd} SELECT FLOOR(n / 100), CONCAT('k', n), n FROM ({numbers}) AS s",
        f"INSERT INTO shop.texts SELECT CONCAT('it''s ', n), n FROM ({numbers}) AS s",
    )
    engine = engines.moved()
    assert engines.named(engine) == []
    engines.at_target(
        f"UPDATE {odd} SET v = 0 WHERE a = 77 AND {dotted} = 'k7711'",
        "DELETE FROM shop.texts WHERE v = 5005",
        "INSERT INTO shop.empty VALUES (1)",
    )
    assert sorted(engines.named(engine)) == sorted([f"{ODD}:77, k7711", "texts:it's 5005", "empty:1"])


@pytest.mark.long
def test_rows_are_counted_and_sampled(engines: Engines) -> None:
    engines.numbers()
    engine = engines.moved()
    engines.at_target("DELETE FROM shop.numbers WHERE id = 10")
    assert engines.named(engine, method="rowsCount") == ["numbers:11999 rows"]
    assert engines.named(engine, method="sampleDataCheck", share=50) == ["numbers:10"]


@pytest.mark.long
def test_a_missing_table_and_another_column_are_differences(engines: Engines) -> None:
    engines.numbers(10)
    engines.at_source("CREATE TABLE shop.gone (id INT PRIMARY KEY)")
    engine = engines.moved()
    engines.at_target("DROP TABLE shop.gone", "ALTER TABLE shop.numbers ADD COLUMN more INT")
    assert engines.named(engine) == ["gone:the table does not exist", "numbers:columns: id, value, more"]


def test_a_target_with_tables_of_others_is_refused_and_left_as_it_is(engines: Engines) -> None:
    engines.numbers(10)
    engines.ground.fresh(engines.target)
    engines.at_target("CREATE TABLE shop.numbers (of_others INT PRIMARY KEY)")
    engine = engines.make()
    assert [found.step for found in engine.check(None, None) if found.result == "failed"] == ["DstEmptyCheck"]
    for _ in range(2):  # to try again does not make them its own
        with pytest.raises(DataError, match=r"not of this job: .*shop\.numbers"):
            engine.copy(Progress(), data=True)
    names = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'numbers'"
    assert engines.at_target(names)[0][0] == "of_others"


@pytest.mark.long
def test_a_copy_begun_before_is_begun_again(engines: Engines) -> None:
    engines.numbers()
    engines.make().copy(Progress(), data=True)
    engine = engines.moved()  # another process, which knows nothing of the first
    assert engines.named(engine) == []


@pytest.mark.long
def test_only_what_is_chosen_is_copied_and_followed(engines: Engines) -> None:
    engines.numbers(10)
    engines.at_source(
        "CREATE TABLE shop.left_out (id INT PRIMARY KEY)", "CREATE TABLE other.table_ (id INT PRIMARY KEY)"
    )
    engine = engines.moved(engines.ground.some)
    engines.at_source("INSERT INTO shop.left_out VALUES (1)", "INSERT INTO other.table_ VALUES (1)")
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'new')")
    level(engine)
    names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'"
    assert engines.at_target(names) == [("numbers",)]
    found = engine.compare(engines.ground.some, "dataCheck", 100, Progress())
    assert (found.tables, found.differences) == (2, [])
    assert engines.at_target("SELECT id FROM other.table_") == [(1,)]


@pytest.mark.long
def test_what_ends_a_replication_is_said_in_the_servers_words(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.at_target("INSERT INTO shop.numbers VALUES (1, 'first')")
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'second')")
    deadline = time.monotonic() + 60
    while not engine.lag().words:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert engines.ground.duplicate in engine.lag().words
    with pytest.raises(DataError) as refused:
        engine.stop(finish=True)
    assert engines.ground.duplicate in str(refused.value)
    engines.at_target("DELETE FROM shop.numbers WHERE id = 1")
    engine.replicate("")
    engine.stop(finish=True)
    assert engines.left() == []
    assert engines.at_target("SELECT value FROM shop.numbers WHERE id = 1") == [("second",)]


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_wrong_password_is_the_servers_own_refusal(side: str, engines: Engines) -> None:
    (found,) = engines.make().check(**{"source": None, "target": None, side: Account("dts", "wrong")})
    assert found.step == "ConnectDBCheck"
    assert found.words.startswith(f"{side}: ")
    assert engines.ground.refusal in found.words


def test_what_does_not_exist_is_named(engines: Engines) -> None:
    found = engines.make(Objects({"shop": None, "absent": None})).check(None, None)
    (absent,) = [finding for finding in found if finding.result == "failed"]
    assert absent.step == "SrcPrivilegeCheck"
    assert absent.words.startswith("database absent does not exist")


@pytest.mark.long
def test_the_end_waits_until_the_target_has_applied_what_the_source_has_committed(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    with engines.target.connect("shop") as blocking, blocking.cursor() as cursor:
        for statement in engines.ground.lock[0].split("; "):
            cursor.execute(statement)
        engines.at_source("INSERT INTO shop.numbers VALUES (1, 'late')")
        ending = threading.Thread(target=engine.stop, kwargs={"finish": True})
        ending.start()
        ending.join(2)
        assert ending.is_alive()
        cursor.execute(engines.ground.lock[1])
    ending.join(60)
    assert engines.at_target("SELECT value FROM shop.numbers WHERE id = 1") == [("late",)]
    assert engines.left() == []


@pytest.mark.long
def test_a_paused_replication_stands_still_until_it_goes_on(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engine.pause()
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'later')")
    time.sleep(0.5)
    assert engines.at_target("SELECT value FROM shop.numbers WHERE id = 1") == []
    engine.replicate("")
    level(engine)
    assert engines.named(engine) == []


def test_a_copy_that_is_given_up_leaves_nothing(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.make()
    with pytest.raises(DataError, match="canceled"):
        engine.copy(Progress(canceled=True), data=True)
    engine.stop(finish=False)
    assert engines.left() == []


@pytest.mark.long
def test_what_a_job_has_left_that_nobody_knows_any_more_is_named_with_the_way_to_remove_it(engines: Engines) -> None:
    engines.numbers(10)
    engines.moved()
    left = engines.ground.family.left
    named = [*left(engines.source.server, []), *left(engines.target.server, [])]
    assert len(named) >= 2
    assert [*left(engines.source.server, [JOB]), *left(engines.target.server, [JOB])] == []
    engines.made[0].stop(finish=False)
    assert [*left(engines.source.server, []), *left(engines.target.server, [])] == []


def kill_at(place: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the emulator end there while it finishes a job."""

    def kill(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killing:
        killing.setattr(place, kill)
        with pytest.raises(KeyboardInterrupt):
            engine.stop(finish=True)


@pytest.mark.long
def test_a_job_that_was_killed_at_its_end_can_be_finished_again(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.at_source("INSERT INTO shop.numbers VALUES (1, 'last')")
    kill_at(engines.ground.removal[1], engine, monkeypatch)
    assert engines.left()
    engines.make().stop(finish=True)
    engines.make().stop(finish=True)
    assert engines.left() == []
    assert engines.at_target("SELECT value FROM shop.numbers WHERE id = 1") == [("last",)]


@pytest.mark.long
def test_a_job_that_went_on_after_its_end_was_begun_is_finished_with_what_came_later(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.numbers(10)
    engine = engines.moved()
    kill_at(engines.ground.removal[0], engine, monkeypatch)
    engine.replicate("")
    with engines.target.connect("shop") as blocking, blocking.cursor() as cursor:
        for statement in engines.ground.lock[0].split("; "):
            cursor.execute(statement)
        engines.at_source("INSERT INTO shop.numbers VALUES (1, 'late')")
        ending = threading.Thread(target=engine.stop, kwargs={"finish": True})
        ending.start()
        ending.join(1)
        assert ending.is_alive()
        cursor.execute(engines.ground.lock[1])
    ending.join(60)
    assert engines.at_target("SELECT value FROM shop.numbers WHERE id = 1") == [("late",)]


@pytest.mark.long
def test_a_replication_that_is_gone_before_all_was_applied_is_no_end(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    engines.ground.unlink(engines.target)
    with pytest.raises(DataError, match=r"gone|no subscription"):
        engine.stop(finish=True)


@pytest.mark.long
def test_a_report_shows_of_a_row_what_names_it_and_what_differs_and_no_long_values(engines: Engines) -> None:
    engines.at_source(
        "CREATE TABLE shop.secrets (id INT PRIMARY KEY, note TEXT, other VARCHAR(20))",
        "INSERT INTO shop.secrets VALUES (1, REPEAT('x', 5000), 'same'), (2, 'hidden', 'hidden')",
    )
    engine = engines.moved()
    engines.at_target("UPDATE shop.secrets SET note = 'y'", "DELETE FROM shop.secrets WHERE id = 2")
    found = engine.compare(engines.ground.shop, "dataCheck", 100, Progress()).differences
    changed, missing = sorted(found, key=lambda row: row.lower)
    assert json.loads(changed.source).keys() == json.loads(changed.target).keys() == {"id", "note"}
    assert json.loads(changed.source)["note"] == "x" * 100 + "... (5000 characters)"
    assert json.loads(changed.target)["note"] == "y"
    assert json.loads(missing.source).keys() == {"id"}
    assert missing.target == ""
