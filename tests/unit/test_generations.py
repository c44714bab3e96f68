"""Which of the jobs that a list shows a purchase may go on with, after a fresh start."""

from __future__ import annotations

from typing import Any

from tencent_dts.engine.identity import Identity
from tencent_dts.engine.purchases import JobPurchase
from tencent_dts.kinds.migration.kind import MIGRATION
from tencent_dts.model.answers import Item
from tests.rules import for_every

ME = Identity("tests", "dag", "run", "purchase")
LEAST = 2


def purchase(remembered: str | None) -> JobPurchase:
    return JobPurchase(MIGRATION.purchase, ME, {}, "title", True, LEAST, print, lambda: remembered)


def job(job_id: str, generation: int | None) -> dict[str, Any]:
    tags = ME.tags(generation) if generation is not None else []
    return {"JobId": job_id, "Tags": tags, "CreateTime": "2026-11-23 10:00:00"}


@for_every(
    "remembered, generation, goes_on",
    [
        (None, LEAST, True),
        (None, LEAST + 1, True),
        (None, LEAST - 1, False),
        (None, None, False),
        ("dts-1", LEAST, True),
        ("dts-1", None, True),  # a person took its tags off
        ("dts-1", LEAST - 1, False),  # the fresh start broke off before the store let go of it
        ("dts-2", None, False),
    ],
)
def test_no_job_from_before_a_fresh_start_is_gone_on_with(
    remembered: str | None, generation: int | None, goes_on: bool
) -> None:
    assert purchase(remembered).ids_of([job("dts-1", generation)]) == (["dts-1"] if goes_on else [])


def test_the_oldest_of_several_comes_first() -> None:
    jobs: list[Item] = [
        job("dts-3", LEAST),
        job("dts-1", LEAST) | {"CreateTime": "2026-11-24 10:00:00"},
        job("dts-2", LEAST),
    ]
    assert purchase(None).ids_of(jobs) == ["dts-2", "dts-3", "dts-1"]
    assert purchase(None).created_id({"JobIds": ["dts-9"]}) == "dts-9"
