"""What a purchase is found by, and whose it is."""

from __future__ import annotations

import dataclasses
import threading
import time
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from tencent_dts.api.pacing import Pacer
from tencent_dts.engine.identity import Identity, by_age, generation_of, tags_of
from tencent_dts.engine.memory import Memory, digest_of, keyed_digest
from tencent_dts.spec import load
from tests.drive import Store, TaskInstance
from tests.rules import for_every

MINE = Identity("production", "dag", "manual__2026-11-23T00:00:00+00:00", "purchase", 3)


@for_every("field", ["deployment", "dag_id", "run_id", "task_id", "map_index"])
def test_each_part_makes_another_owner(field: str) -> None:
    other = dataclasses.replace(MINE, **{field: 4 if field == "map_index" else "other"})  # type: ignore[arg-type]  # by name
    assert other.owner != MINE.owner
    assert (other.run_key == MINE.run_key) is (field == "task_id")


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert Identity("a", "b", "c", "d").owner != Identity("a", "bc", "", "d").owner
    assert Identity("a", "b", "c", "d").owner != Identity("ab", "", "c", "d").owner


def test_name_and_tags_are_what_the_api_takes() -> None:
    strange = dataclasses.replace(MINE, dag_id="dag {with} 名 & " + "x" * 300)
    request = {
        "SrcDatabaseType": "mysql",
        "DstDatabaseType": "mysql",
        "SrcRegion": "ap-guangzhou",
        "DstRegion": "ap-guangzhou",
        "InstanceClass": "small",
        "JobName": strange.job_name("t" * 300),
        "Tags": strange.tags(2),
    }
    assert load().problems("CreateMigrationService", request) == []
    assert request["JobName"].startswith(strange.owner)  # type: ignore[attr-defined]  # a text
    tags = tags_of(request)
    assert all(len(value) <= 255 for value in tags.values())
    assert tags["airflow-task"] == "purchase[3]"
    assert generation_of(request) == 2


@for_every("tags", [None, [], [{"TagKey": "airflow-generation", "TagValue": "newest"}]])
def test_a_generation_that_cannot_be_read_is_the_first(tags: Any) -> None:
    assert generation_of({"Tags": tags}) == 0


def test_every_worker_sees_the_same_order() -> None:
    items = [
        {"JobId": "dts-b", "CreateTime": "2026-11-23 10:00:00"},
        {"JobId": "dts-a", "CreateTime": "2026-11-23 10:00:00"},
        {"JobId": "dts-z", "CreateTime": "2026-11-23 09:59:59"},
    ]
    expected = ["dts-z", "dts-a", "dts-b"]
    assert [item["JobId"] for item in by_age(items)] == expected
    assert [item["JobId"] for item in by_age(items[::-1])] == expected


class TestMemory:
    """What a task remembers over tries."""

    def memory(self, ti: TaskInstance | None = None, store: Store | None = None) -> tuple[Memory, TaskInstance]:
        ti = ti or TaskInstance()
        return Memory({"ti": ti, "task_state_store": store or Store()}, "dts-1"), ti

    def test_a_reported_verdict_stands_through_retries_and_is_stale_after_a_clear(self) -> None:
        memory, ti = self.memory()
        ti.max_tries = 2
        memory.report(ValueError("red"))
        ti.try_number += 1
        assert memory.reported() == "red"
        assert not memory.was_cleared_after_report()
        ti.max_tries = 4
        assert memory.reported() is None
        assert memory.was_cleared_after_report()
        memory.forget_report()
        assert not memory.was_cleared_after_report()

    @for_every("arithmetic", product([0, 1, 2, 5], [0, 1, 2, 5, 9], [0, 1, 2], [True, False], [-1, 3]), ids=str)
    def test_a_clear_is_noticed_however_many_retries_there_are_by_then(
        self, arithmetic: tuple[int, int, int, bool, int]
    ) -> None:
        """Airflow's arithmetic: max_tries is what the tries so far and the retries of the task come to at the clear."""
        before, after, clears, counted, index = arithmetic
        ti, task, run = TaskInstance(map_index=index), SimpleNamespace(retries=before), SimpleNamespace(clear_number=0)
        context = {"ti": ti, "task": task, "dag_run": run, "task_state_store": Store()}
        ti.max_tries = before

        def clear() -> None:
            ti.max_tries = ti.try_number + task.retries
            run.clear_number += counted
            ti.try_number += 1

        for _ in range(clears):
            clear()
        Memory(context, "dts-1").report(ValueError("it"))
        Memory(context, "dts-1").prove({"conclusion": "same"})
        given = ti.try_number
        while ti.try_number <= ti.max_tries:  # the try itself, and its automatic retries
            assert Memory(context, "dts-1").reported() == "it"
            assert not Memory(context, "dts-1").was_cleared_after_evidence()
            ti.try_number += 1
        ti.try_number = given
        task.retries = after
        clear()
        assert Memory(context, "dts-1").reported() is None
        assert Memory(context, "dts-1").was_cleared_after_report()
        assert Memory(context, "dts-1").was_cleared_after_evidence()

    def test_a_deadline_is_fixed_for_a_try_and_new_for_the_next(self) -> None:
        memory, ti = self.memory()
        first = memory.deadline(100)
        assert memory.deadline(500) == first
        ti.try_number += 1
        assert memory.deadline(500) > first

    def test_memories_of_two_jobs_are_apart(self) -> None:
        store = Store()
        one, ti = self.memory(store=store)
        one.set("digest", "x")
        assert Memory({"ti": ti, "task_state_store": store}, "dts-2").get("digest") is None

    def test_a_digest_needs_its_key_and_ignores_the_order_of_fields(self) -> None:
        assert keyed_digest("k", {"a": 1, "b": 2}) == keyed_digest("k", {"b": 2, "a": 1})
        assert keyed_digest("k", {"a": 1}) != keyed_digest("other", {"a": 1})
        assert keyed_digest("k", {"a": 1}) != keyed_digest("k", {"a": 2})

    def test_a_request_with_a_secret_is_never_digested_without_a_key(self) -> None:
        secret = {"SrcInfo": {"Info": [{"User": "root", "Password": "hunter2"}]}}
        assert digest_of("", secret) == ""
        assert digest_of("k", secret) == keyed_digest("k", secret) != digest_of("other", secret)
        plain = {"Objects": {"Mode": "Partial"}}
        assert digest_of("", plain) == digest_of("k", plain) != ""


class TestPacer:
    """Calls of one process spread over time, for each account and action."""

    def test_slots_follow_each_other_and_actions_do_not_wait_for_each_other(self) -> None:
        pacer = Pacer()
        delays = [pacer.reserve("account", "action", 10) for _ in range(4)]
        assert delays[0] == 0
        assert delays[3] == pytest.approx(0.3, abs=0.05)
        assert pacer.reserve("account", "other", 10) == 0
        assert pacer.reserve("other", "action", 10) == 0

    def test_an_idle_time_is_not_saved_up(self) -> None:
        pacer = Pacer()
        pacer.reserve("account", "action", 20)
        time.sleep(0.2)
        assert pacer.reserve("account", "action", 20) == 0
        assert pacer.reserve("account", "action", 20) > 0.03

    def test_threads_share_it(self) -> None:
        pacer = Pacer()
        delays: list[float] = []
        threads = [
            threading.Thread(target=lambda: delays.append(pacer.reserve("account", "action", 10))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert max(delays) == pytest.approx(0.7, abs=0.1)
