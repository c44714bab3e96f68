"""The store: documents survive, and a transaction happens whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tencent_dts.emulator.world.store import Store


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path / "state.db" if request.param == "file" else None)


def names(store: Store, account: str | None = None) -> list[str]:
    return [document["name"] for document in store.all("job", account)]


def test_documents_are_found_by_kind_account_and_id(store: Store) -> None:
    store.put("job", "a", "1", {"name": "first"})
    store.put("job", "b", "1", {"name": "second"})
    store.put("task", "a", "1", {"name": "third"})
    assert store.get("job", "a", "1") == {"name": "first"}
    assert store.get("job", "a", "2") is None
    assert store.get("job", "c", "1") is None
    assert names(store) == ["first", "second"]
    assert names(store, "b") == ["second"]


def test_lists_keep_the_order_of_the_first_put(store: Store) -> None:
    for number in range(20):
        store.put("job", "ab"[number % 2], str(number), {"name": str(number)})
    store.put("job", "a", "4", {"name": "changed"})
    assert names(store) == ["0", "1", "2", "3", "changed", *map(str, range(5, 20))]


def test_changing_what_was_read_changes_nothing_until_put(store: Store) -> None:
    document = {"name": "first", "tags": ["x"]}
    store.put("job", "a", "1", document)
    document["name"] = "spoilt"
    read = store.get("job", "a", "1")
    assert read is not None
    read["tags"].append("y")
    store.all("job")[0]["tags"].clear()
    assert store.get("job", "a", "1") == {"name": "first", "tags": ["x"]}


def test_deleted_documents_are_gone(store: Store) -> None:
    store.put("job", "a", "1", {"name": "first"})
    store.delete("job", "a", "1")
    store.delete("job", "a", "1")
    assert store.get("job", "a", "1") is None
    assert names(store) == []


def test_failed_transaction_changes_nothing(store: Store) -> None:
    for number in ("1", "2", "3"):
        store.put("job", "a", number, {"name": number})

    def spoil() -> None:
        with store.transaction():
            store.put("job", "a", "1", {"name": "changed"})
            store.put("job", "a", "1", {"name": "changed again"})
            store.delete("job", "a", "2")
            store.put("job", "a", "4", {"name": "new"})
            with store.transaction():
                store.put("job", "b", "5", {"name": "inner"})
            raise KeyError("stop")

    with pytest.raises(KeyError):
        spoil()
    assert names(store) == ["1", "2", "3"]
    store.put("job", "a", "6", {"name": "6"})
    assert names(store) == ["1", "2", "3", "6"]


def test_what_is_no_json_is_refused_and_changes_nothing(store: Store) -> None:
    with pytest.raises(TypeError):
        store.put("job", "a", "1", {"name": object()})
    assert names(store) == []


def test_failed_write_to_the_file_changes_nothing_in_memory(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.put("job", "a", "1", {"name": "first"})
    store.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(Exception, match="readonly"):
        store.put("job", "a", "1", {"name": "second"})
    store.connection.execute("PRAGMA query_only = OFF")
    assert names(store) == ["first"]
    store.put("job", "a", "2", {"name": "third"})
    store.close()
    assert names(Store(tmp_path / "state.db")) == ["first", "third"]


def test_everything_is_there_after_closing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.put("job", "a", "2", {"name": "zwei \N{ROCKET}"})
    store.put("job", "a", "1", {"name": "eins"})
    store.delete("job", "a", "2")
    store.put("job", "a", "3", {"name": "drei \N{ROCKET}"})
    store.close()
    again = Store(tmp_path / "state.db")
    assert names(again) == ["eins", "drei \N{ROCKET}"]
    again.put("job", "a", "4", {"name": "vier"})
    assert names(again)[-1] == "vier"


def test_file_has_one_owner(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.put("job", "a", "1", {"name": "first"})
    second = "import sys; from tencent_dts.emulator.world.store import Store; Store(sys.argv[1])"
    result = subprocess.run(
        [sys.executable, "-c", second, str(tmp_path / "state.db")], check=False, capture_output=True, text=True
    )
    assert "database is locked" in result.stderr


def test_clear_removes_everything(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.put("job", "a", "1", {"name": "first"})
    store.put("task", "b", "1", {"name": "second"})
    store.clear()
    store.close()
    assert Store(tmp_path / "state.db").all("job") == []


WRITER = """
import sys
from tencent_dts.emulator.world.store import Store
store = Store(sys.argv[1])
number = 0
while True:
    number += 1
    with store.transaction():
        store.put("job", "a", "left", {"number": number})
        store.put("job", "a", "right", {"number": number})
    print(number, flush=True)
"""


def test_killed_process_loses_nothing_it_had_committed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        committed = 0
        while committed < 200:
            committed = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        committed = max([committed, *map(int, writer.stdout.read().split())])
    store = Store(path)
    left, right = store.get("job", "a", "left"), store.get("job", "a", "right")
    assert left == right
    assert left is not None
    assert left["number"] >= committed
