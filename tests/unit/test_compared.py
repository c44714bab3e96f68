"""What a comparison is of stands in its name, and only in a name that this package gave."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.engine.identity import Identity
from tencent_dts.kinds.compare import OF_MIGRATION, OF_SYNC
from tencent_dts.kinds.compared import changed_since, is_marked, is_of_whole_job, mark_of
from tencent_dts.kinds.sync.change_states import TAKING_HOLD
from tests.rules import for_every

OURS = Identity("tests", "shop", "manual__1", "compare", -1)
JOB: dict[str, Any] = {"Objects": {"Mode": "Partial", "Databases": [{"DbName": "shop"}]}, "Options": {}}


def named(configuration: dict[str, Any]) -> dict[str, Any]:
    return {"TaskName": f"{OURS.compare_name(1)}-{mark_of(OF_SYNC, JOB, configuration)}"}


def test_a_name_of_ours_tells_what_was_compared() -> None:
    task = named({"ObjectMode": "sameAsMigrate"})
    assert is_marked(OF_SYNC, task)
    assert is_of_whole_job(task)
    assert changed_since(OF_SYNC, task, JOB) == ""
    objects = {"Objects": {"Mode": "Partial", "Databases": [{"DbName": "other"}]}}
    for other in (objects, {"Options": {"OpTypes": ["Insert"]}}):
        assert "other objects, or syncs them otherwise" in changed_since(OF_SYNC, task, JOB | other)
    assert not is_of_whole_job(named({"ObjectMode": "custom"}))


@for_every("name", ["nightly-check-of-shop", "a-b-1-s", "a-b-1-schanged", "a-b-c-s0123456789ab", "", None])
def test_a_name_that_a_person_gave_tells_nothing(name: Any) -> None:
    task = {"TaskName": name}
    assert not is_marked(OF_SYNC, task)
    assert not is_of_whole_job(task)
    assert "does not say which objects" in changed_since(OF_SYNC, task, JOB)


@pytest.mark.parametrize("status", sorted(TAKING_HOLD))
def test_while_a_change_takes_hold_nothing_that_was_compared_tells_what_is_synced(status: str) -> None:
    changing = JOB | {"OptObjStatus": status}
    before = named({"ObjectMode": "sameAsMigrate"})
    during = {"TaskName": f"{OURS.compare_name(1)}-{mark_of(OF_SYNC, changing, {})}"}
    for task in (before, during):
        assert "is taking hold" in changed_since(OF_SYNC, task, changing)
    assert "was taking hold when it was compared" in changed_since(OF_SYNC, during, JOB)


def test_comparisons_of_a_migration_need_no_mark() -> None:
    assert mark_of(OF_MIGRATION, JOB, {}) == ""
    assert is_marked(OF_MIGRATION, {"TaskName": "nightly"})
    assert changed_since(OF_MIGRATION, {"TaskName": "nightly"}, JOB) == ""
