"""What a task remembers over legs, tries and clears, and when a clear has made it void."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from tencent_dts.engine.memory import Memory, digest_of, keyed_digest


class Store:
    """A task's store; it takes nothing without saying that it never expires."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        assert retention is not None, f"{key} would expire"
        self.values[key] = value

    def delete(self, key: str) -> None:
        self.values.pop(key, None)


class Life:
    """One task instance from try to try.

    :param retries: of the task.
    """

    def __init__(self, retries: int | None = 2) -> None:
        self.store = Store()
        self.number, self.most, self.retries, self.clears = 1, retries or 0, retries, 0

    def memory(self, job_id: str = "dts-1") -> Memory:
        ti = SimpleNamespace(try_number=self.number, max_tries=self.most)
        task, run = SimpleNamespace(retries=self.retries), SimpleNamespace(clear_number=self.clears)
        context: Any = {"task_state_store": self.store, "ti": ti, "task": task, "dag_run": run}
        return Memory(context, job_id)

    def retried(self) -> Memory:
        self.number += 1
        return self.memory()

    def cleared(self, *, counted: bool = True) -> Memory:
        """As Airflow does it: the tries so far and the retries of the task are allowed."""
        self.most = self.number + (self.retries or 0)
        self.number += 1
        self.clears += counted
        return self.memory()


@pytest.fixture
def life() -> Life:
    return Life()


def test_a_deadline_is_fixed_by_the_first_leg_of_a_try(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    assert life.memory().deadline(60) == 1060.0
    now = 1050.0
    assert life.memory().deadline(60) == 1060.0
    assert life.memory().deadline(60, of="another") == 1110.0
    assert life.retried().deadline(60) == 1110.0


def test_a_verdict_stands_through_retries_until_a_clear(life: Life) -> None:
    assert (life.memory().reported(), life.memory().has_verdict()) == (None, False)
    assert not life.memory().was_cleared_after_report()
    problem = ValueError("the check has failed")
    assert life.memory().report(problem) is problem
    for memory in (life.memory(), life.retried()):
        assert (memory.reported(), memory.has_verdict()) == ("the check has failed", True)
        assert not memory.was_cleared_after_report()
    memory = life.cleared()
    assert (memory.reported(), memory.has_verdict(), memory.was_cleared_after_report()) == (None, True, True)
    memory.forget_report()
    assert (memory.has_verdict(), memory.was_cleared_after_report()) == (False, False)


def test_a_clear_shows_by_the_count_of_the_run_alone(life: Life) -> None:
    """There are fewer retries now than then, so that the tries that are allowed stay the same."""
    life.memory().report(ValueError("wrong"))
    assert life.retried().reported() == "wrong"
    life.retries = 5
    life.clears += 1
    assert life.memory().reported() is None


@pytest.mark.parametrize("retries", [0, 2])
def test_a_clear_shows_by_the_tries_that_are_allowed_alone(retries: int) -> None:
    life = Life(retries)
    life.memory().report(ValueError("wrong"))
    assert life.retried().reported() == "wrong"
    assert life.cleared(counted=False).reported() is None


def test_what_may_have_been_a_clear_is_taken_for_one() -> None:
    """The tries that are allowed are what a clear of that very try would have come to."""
    life = Life(retries=2)
    life.number = 1
    life.most = 2
    life.memory().report(ValueError("wrong"))
    life.retries = 1
    assert life.retried().reported() is None
    life = Life(retries=2)
    life.memory().report(ValueError("wrong"))
    life.retries = None
    assert life.retried().reported() == "wrong"


def test_an_accepted_call_is_remembered_until_a_clear(life: Life) -> None:
    assert life.memory().was_called() is False
    life.memory().note_called()
    assert (life.memory().was_called(), life.retried().was_called(), life.cleared().was_called()) == (True, True, False)


def test_evidence_stands_until_a_clear_or_until_it_is_forgotten(life: Life) -> None:
    assert life.memory().was_cleared_after_evidence() is False
    life.memory().prove({"conclusion": "same"})
    assert life.memory().get("evidence") == {"conclusion": "same"}
    assert (life.retried().was_cleared_after_evidence(), life.cleared().was_cleared_after_evidence()) == (False, True)
    life.memory().forget_evidence()
    assert life.store.values == {}


def test_what_a_job_is_remembered_by_is_kept_under_its_id(life: Life) -> None:
    memory = life.memory("")
    assert (memory.purchased(), memory.place(), memory.generation()) == (None, None, 0)
    memory.remember_place({"region": "ap-guangzhou"})
    memory.raise_generation(3)
    memory.ledger().announce()
    assert (memory.announced(), memory.pending_since() is not None) == (True, True)
    memory.remember_purchase("dts-1")
    memory.set("called", 1)
    memory.ledger("compare").announce()
    assert life.store.values.keys() == {
        "place",
        "generation",
        "intent",
        "job_id",
        "dts-1/called",
        "dts-1/intent/compare",
    }
    assert (memory.purchased(), memory.place(), memory.generation()) == ("dts-1", {"region": "ap-guangzhou"}, 3)
    life.memory("").forget_purchase()
    assert life.memory("").purchased() is None
    assert not life.memory("").announced()


def test_a_digest_takes_a_key_where_it_hides_a_secret_and_none_otherwise() -> None:
    plain, secret = {"b": 1, "a": "ä"}, {"SrcInfo": {"Password": "correct horse"}}
    assert digest_of("key", plain) == digest_of("another", {"a": "ä", "b": 1}) == keyed_digest("", plain)
    assert digest_of("key", secret) == keyed_digest("key", secret) != keyed_digest("another", secret)
    assert digest_of("", secret) == ""
