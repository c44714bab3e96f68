"""The admin API over HTTP: the same as the library's methods."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world.kernel import CONTROLS
from tests.rules import for_every
from tests.unit.emulator.raw import call, client, refusal

LIST = "DescribeMigrationJobs"
Seen = list[dict[str, Any]]


def admin(emulator: Emulator, path: str, method: str = "GET", body: Any = None) -> Any:
    """Make an admin call and return what it answers."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"http://{emulator.endpoint}/_emulator/{path}"
    request = urllib.request.Request(url, data, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own server
        return json.load(response)


def test_health_is_ok(emulator: Emulator) -> None:
    assert admin(emulator, "health") == {"status": "ok", "failures": []}


def test_health_tells_of_a_handler_that_broke(stub: Any) -> None:
    def broken(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        raise KeyError("nobody thought of this")

    stub(LIST, broken)
    with Emulator() as emulator:
        assert refusal(client(emulator), LIST) == "InternalError.InternalErrorError"
        health = admin(emulator, "health")
        emulator.reset()
    assert health["status"] == "broken"
    assert "nobody thought of this" in health["failures"][0]


def test_clock_is_read_advanced_and_sped_up(emulator: Emulator) -> None:
    before = admin(emulator, "clock")
    assert before["speed"] == 0
    after = admin(emulator, "clock", "POST", {"advance": 90})
    assert after["now"] == pytest.approx(before["now"] + 90)
    assert admin(emulator, "clock", "POST", {"speed": 7})["speed"] == 7
    emulator.set_speed(0)
    emulator.advance(10)
    assert emulator.clock()["now"] >= after["now"] + 10


def test_faults_are_added_listed_and_removed(emulator: Emulator, seen: Seen) -> None:
    first = admin(emulator, "faults", "POST", {"action": LIST, "code": "InternalError", "times": 1})["id"]
    second = admin(emulator, "faults", "POST", {"action": "*", "latency": 0.01})["id"]
    assert refusal(client(emulator), LIST) == "InternalError"
    rules = admin(emulator, "faults")
    assert [(rule["id"], rule["fired"]) for rule in rules] == [(first, 1), (second, 0)]
    admin(emulator, f"faults?id={first}", "DELETE")
    assert [rule["id"] for rule in admin(emulator, "faults")] == [second]
    admin(emulator, "faults", "DELETE")
    assert admin(emulator, "faults") == []


def test_journal_is_the_librarys(emulator: Emulator, seen: Seen) -> None:
    sdk = client(emulator)
    call(sdk, LIST)
    refusal(sdk, "ModifyMigrationJob")
    assert admin(emulator, "journal") == emulator.journal()
    assert admin(emulator, f"journal?action={LIST}") == emulator.journal(LIST)
    assert admin(emulator, f"journal?after={emulator.journal()[0]['sequence']}") == emulator.journal()[1:]


def test_state_meter_and_seed_come_from_the_areas(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[dict[str, Any]] = []

    def seed(world: Any, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        if "match" not in wanted:
            raise ValueError("a seed needs a match")
        seeds.append(wanted)
        return seeds

    monkeypatch.setitem(CONTROLS, "jobs", lambda world, _: [{"JobId": "dts-1", "Password": "secret"}])
    monkeypatch.setitem(CONTROLS, "meter", lambda world, _: {"orphans": []})
    monkeypatch.setitem(CONTROLS, "seed", seed)
    assert admin(emulator, "state")["jobs"] == emulator.jobs() == [{"JobId": "dts-1", "Password": "******"}]
    assert admin(emulator, "meter") == emulator.meter() == {"orphans": []}
    assert admin(emulator, "seed", "POST", {"match": {"any": True}}) == [{"match": {"any": True}}]
    with pytest.raises(ValueError, match="needs a match"):
        emulator.seed({})


def test_reset_forgets_everything(emulator: Emulator, seen: Seen) -> None:
    before = emulator.clock()["now"]
    call(client(emulator), LIST)
    emulator.add_fault({"code": "InternalError"})
    emulator.advance(86_400)
    emulator.set_speed(5)
    admin(emulator, "reset", "POST")
    assert (emulator.journal(), emulator.faults(), emulator.jobs()) == ([], [], [])
    assert before <= emulator.clock()["now"] < before + 600
    assert emulator.clock()["speed"] == 0


@for_every(
    "path, body",
    [
        ("clock", {}),
        ("clock", {"advance": -1}),
        ("clock", {"advance": "a while"}),
        ("clock", {"advance": True}),
        ("clock", {"rewind": 5}),
        ("clock", b"{"),
        ("clock", b"[]"),
        ("clock", b"\xff"),
        ("clock", b"[" * 100_000),
        ("faults", {"action": LIST}),
        ("faults", {"bogus": 1}),
        ("seed", b"seeds"),
    ],
    anew="emulator",
)
def test_wrong_arguments_are_refused_with_the_reason(emulator: Emulator, path: str, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        admin(emulator, path, "POST", body)
    assert caught.value.code == 400
    assert json.load(caught.value)["error"]


@pytest.mark.parametrize(
    ("path", "method", "status"), [("nothing", "GET", 404), ("reset", "GET", 405), ("journal?after=x", "GET", 400)]
)
def test_wrong_addresses_are_refused(emulator: Emulator, path: str, method: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        admin(emulator, path, method)
    assert caught.value.code == status
    caught.value.close()


def test_library_needs_a_running_emulator(emulator: Emulator) -> None:
    with pytest.raises(RuntimeError, match="does not run"):
        Emulator().journal()
