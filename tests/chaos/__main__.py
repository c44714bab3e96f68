"""Put every lifecycle through every fault: ``make chaos``.

Prints what failed, a table of the figures, and one line of JSON; the exit code is 0 only where all is as promised.
``LIFECYCLES=dts_sync make chaos`` runs one, ``STEP=10`` every tenth case.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.chaos.environment import prepared

prepared()

from tests.chaos.laboratory import Laboratory  # noqa: E402 - Airflow reads its settings when it is imported
from tests.chaos.lifecycles import LIFECYCLES  # noqa: E402 - as above
from tests.chaos.matrix import Case, cases_of, merged, verdict  # noqa: E402 - as above
from tests.chaos.two_workers import World, orders  # noqa: E402 - as above

INVARIANTS = 6
AT_ONCE = 40
WORLDS = [World(step, lag) for step in (1, -1) for lag in (0.0, 5.0)]
MOST_ORDERS = 20_000


@dataclass
class Figures:
    """What became of one lifecycle's cases."""

    lifecycle: str
    calls: int
    cases: int
    merged: int
    passed: int = 0
    green: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)


@cache
def _laboratory() -> Laboratory:
    return Laboratory()


def _straight(name: str) -> list[Case]:
    lifecycle = LIFECYCLES[name]
    return cases_of(lifecycle, _laboratory().straight(lifecycle))


def _put_through(cases: list[Case]) -> list[tuple[str, list[str], bool]]:
    found = []
    for case in cases:
        outcome = _laboratory().run(case)
        found.append((str(case), verdict(case, outcome), set(outcome.states) == {"success"}))
    return found


def _put_through_for_errors(cases: list[Case]) -> list[tuple[str, str, str]]:
    """For each case that turned red: the task, what made it so, and what it says."""
    found = []
    for case in cases:
        outcome = _laboratory().run(case)
        if outcome.error:
            task = f"{LIFECYCLES[case.lifecycle].legs[case.call.leg].dag_id} / {outcome.red}"
            found.append((task, f"{case.call.action}: {case.fault.name}", outcome.error))
    return found


def _two_workers(world: World) -> tuple[str, int, list[str]]:
    found = list(orders(_laboratory().emulator, world, at_most=MOST_ORDERS))
    return str(world), len(found), [f"two workers, {world}: {wrong} ({order})" for order, wrong in found if wrong]


def _measure(pool: ProcessPoolExecutor, name: str, step: int) -> Figures:
    started = time.monotonic()
    every = pool.submit(_straight, name).result()
    chosen = merged(every)[::step]
    figures = Figures(name, len({case.call for case in every}), len(every), len(chosen))
    batches = [chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE)]
    for results in pool.map(_put_through, batches):
        for case, wrong, green in results:
            figures.green += green
            figures.passed += not wrong
            figures.failed += [f"{case}: {problem}" for problem in wrong]
        print(f"\r{name}: {figures.passed + len(figures.failed)} of {figures.merged}", end="", file=sys.stderr)
    figures.seconds = time.monotonic() - started
    print(file=sys.stderr)
    return figures


def _table(rows: list[Figures]) -> Iterator[str]:
    yield f"{'lifecycle':24}{'calls':>8}{'cases':>9}{'merged to':>11}{'passed':>9}{'of them green':>15}{'s a case':>10}"
    for row in rows:
        each = row.seconds * (os.cpu_count() or 1) / max(1, row.merged)
        yield (
            f"{row.lifecycle:24}{row.calls:>8}{row.cases:>9}{row.merged:>11}{row.passed:>9}{row.green:>15}{each:>10.2f}"
        )


def main() -> int:
    """Run the lifecycles that are asked for; all by default."""
    names = os.environ.get("LIFECYCLES", " ".join(LIFECYCLES)).split()
    step = int(os.environ.get("STEP", "1"))
    started = time.monotonic()
    with ProcessPoolExecutor(int(os.environ.get("TEST_PROCESSES", "2"))) as pool:
        rows = [_measure(pool, name, step) for name in names]
        splits = list(pool.map(_two_workers, WORLDS)) if step == 1 else []
    kinds: Counter[str] = Counter(problem.rpartition(": ")[2] for row in rows for problem in row.failed)
    for row in rows:
        print("\n".join(row.failed))
    print("\n".join(_table(rows)))
    print("Merged are the cases that differ in the number of a poll alone: by task, call, fault and recovery.")
    for world, tried, wrong in splits:
        print(
            "\n".join(
                [f"two workers in one purchase, {world}: {tried} orders, {tried - len(wrong)} as promised", *wrong]
            )
        )
    figures: dict[str, Any] = {
        "lifecycles": len(rows),
        "cases": sum(row.cases for row in rows),
        "merged": sum(row.merged for row in rows),
        "passed": sum(row.passed for row in rows),
        "green": sum(row.green for row in rows),
        "invariants": INVARIANTS * sum(row.merged for row in rows),
        "orders_of_two_workers": sum(tried for _, tried, _ in splits),
        "problems": dict(kinds.most_common(20)),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(figures))
    return 0 if figures["passed"] == figures["merged"] and not any(wrong for _, _, wrong in splits) else 1


if __name__ == "__main__":
    sys.exit(main())
