"""`make rehearse`: it ends well only where nothing is lost or different, and what is lost is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from scripts import mariadb, rehearsal_watch, rehearse, shop_mysql
from scripts.families import family, names
from scripts.local import ROOT
from scripts.shop import ROWS, Admin, Client, Shop, lost

RESULT: dict[str, Any] = {
    "run": "success",
    "conclusion": "same",
    "differences": 0,
    "writes_lost": 0,
    "left_on_target": 0,
    "orphans": 0,
    "rows_written_meanwhile": 8,
    "rows_written_after": 4,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"run": "failed"},
        {"conclusion": "different"},
        {"differences": 1},
        {"writes_lost": 1},
        {"writes_lost": None},
        {"left_on_target": 1},
        {"orphans": 1},
        {"rows_written_meanwhile": 0},
        {"rows_written_after": 0},
    ],
    ids=str,
)
def test_it_fails_where_anything_is_not_as_promised(changes: dict[str, Any]) -> None:
    assert rehearse.kept(RESULT)
    assert not rehearse.kept(RESULT | changes)


def test_what_cannot_be_rehearsed_is_refused_with_what_to_choose() -> None:
    with pytest.raises(SystemExit, match=r"DATABASE=oracle cannot be rehearsed; choose one of .*mysql"):
        family("oracle")
    with pytest.raises(SystemExit, match="ROWS=a lot: a whole number"):
        rehearse.rows_wanted("a lot")


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb, "PROGRAMS", ("mariadbd-of-nowhere",))
    with pytest.raises(SystemExit, match=r"mariadbd-of-nowhere cannot be found\. On Debian: scripts/install"):
        family("mysql")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    if not mariadb.installed():
        pytest.skip("scripts/install_system_packages.sh installs MariaDB")
    with mariadb.servers(1) as (server,):
        filled = shop_mysql.MariaDbShop(server)
        filled.fill(ROWS)
        yield filled


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def execute(shop: Shop, statement: str) -> None:
    with closing(shop.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        connection.commit()


def test_each_acknowledged_write_that_is_gone_is_seen(shop: Shop) -> None:
    client = Client()
    with Admin(client) as admin:
        address = f"http://{admin.connection['host']}:{admin.connection['port']}/writes"
        client.open(shop)
        wait_until(lambda: len(client.placed) >= 3)
        for _ in range(2):  # as the guide's example says, it may be told twice
            httpx.put(address, json={"allowed": False}, trust_env=False).raise_for_status()
        placed = len(client.placed)
        assert client.before_freeze == client.writes == 4 * placed
        httpx.put(address, json={"allowed": True}, trust_env=False).raise_for_status()
        wait_until(lambda: len(client.placed) > placed)
        client.freeze()
    assert client.downtime > 0
    assert lost(shop, client) == []
    (first, second, *_), changed = client.placed.values(), min(client.changed)
    execute(shop, f'DELETE FROM payments WHERE "order" = {first}')
    execute(shop, f'DELETE FROM "order lines" WHERE "order" = {second}')
    execute(shop, f"UPDATE orders SET changes = changes + 1 WHERE id = {changed}")
    assert [said.rpartition(" (")[0] or said for said in lost(shop, client)] == [
        f"order {first}",
        f"order {second}",
        f"order {changed} was changed {client.changed[changed]} times and shows {client.changed[changed] + 1}",
    ]


def test_what_ends_the_client_is_not_taken_for_silence(shop: Shop) -> None:
    client = Client()
    execute(shop, "ALTER TABLE payments RENAME COLUMN token TO ticket")
    execute(shop, "ALTER TABLE payments ADD COLUMN more INT")
    client.open(shop)
    wait_until(lambda: not client.working)
    with pytest.raises(Exception, match="Column count"):
        client.freeze()


@pytest.mark.long
@pytest.mark.parametrize("name", names())
def test_a_small_shop_is_migrated_without_a_loss(name: str) -> None:
    try:
        family(name)
    except SystemExit as error:
        pytest.skip(str(error))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.rehearse"],
        env=environment | {"DATABASE": name, "ROWS": "20000"},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["writes_lost"] == result["differences"] == 0
    assert result["rows_compared"][0] == result["rows_compared"][1] > 20000
    assert set(result["seconds"]) == set(rehearsal_watch.STEPS)
