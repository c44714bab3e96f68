"""Which generation a fresh start lets a clear buy."""

from __future__ import annotations

from tencent_dts.commands.forget import FreshStart
from tencent_dts.engine.identity import Identity
from tencent_dts.model.answers import Item
from tests.rules import for_every

ME = Identity("tests", "dag", "run", "purchase")


@for_every(
    "kept, found, known, following",
    [
        (0, [0], "dts-0", 1),
        (0, [0, 3, 1], "dts-3", 4),
        (1, [0], None, 1),  # the order broke off before the store forgot the job: the same again
        (2, [0], "dts-0", 2),  # somebody has destroyed the later one by hand: no generation is bought twice
        (1, [], "dts-1", 2),  # it is gone, and its tags with it
        (1, [], None, 1),
    ],
    ids=["one", "several", "broken off", "the later one is gone", "gone", "nothing left"],
)
def test_it_is_above_that_of_every_job_there_is_or_was(
    kept: int, found: list[int], known: str | None, following: int
) -> None:
    items: list[Item] = [{"JobId": f"dts-{number}", "Tags": ME.tags(number)} for number in found]
    assert FreshStart._next_generation(kept, items, known) == following
