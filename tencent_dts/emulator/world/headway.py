"""How far a job has come: the lag behind its source, the percent of a step.

Documents: DescribeMigrationDetail and DescribeSyncJobs (steps).
"""

from __future__ import annotations

from tencent_dts.emulator.world import agenda, kinds
from tencent_dts.emulator.world.records import Record

SINKER = "sinker"


def lag_at(job: Record, now: float) -> tuple[int, int]:
    """Return (megabytes, seconds) behind the source; (-1, -1) where the API has no valid value.

    What piled up during the full phase still grows for a quarter of the time, by half, and then drains.
    """
    kind = kinds.of(job)
    healthy = job["state"] in kind.incremental_states | {"completing"} and job["trade"]["state"] in kind.served
    if not healthy or job["lag"] is None:
        return -1, -1
    if "rows" in job:
        megabytes, seconds = job["rows"].get("lag", [-1, -1])
        return megabytes, seconds
    lag = job["lag"]
    passed = agenda.share(now - lag["since"], lag["drain"])
    left = 1 + 2 * passed if passed < 0.25 else max(0.0, (1 - passed) * 2)
    # Rounded up: the lag is 0 only when nothing is left.
    return -int(-lag["megabytes"] * left // 1), -int(-lag["seconds"] * left // 1)


def progress(job: Record, now: float) -> int:
    """Return how far the step under way is, in percent; the incremental step is at 100 from its start."""
    step = job["steps"][-1]
    if step["ended"] is not None or step["id"] == SINKER:
        return 100
    if "percent" in job.get("rows", {}):
        return job["rows"]["percent"]
    left = agenda.remaining(job, "step_done", now)
    # A step that is going to fail, or has, got a third of its way.
    return 33 if left is None else int(100 * agenda.share(step["seconds"] - left, step["seconds"]))
