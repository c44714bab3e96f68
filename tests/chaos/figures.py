"""Put every lifecycle through every fault, and walk at random: ``make chaos``.

Prints what failed, a table of the figures, and one line of JSON; the exit code is 0 only where all is as promised.
``LIFECYCLES=dts_sync make chaos`` runs one, ``LIFECYCLES=two_workers`` the purchases of two workers alone,
``LIFECYCLES=walks`` the random walks (``WALKS=2500 SEED=n``), and ``STEP=10`` every tenth case. ``WALK=1:37`` walks one
walk and tells it step by step; so does ``WALK='{"walk": ...}'``, as a failure is printed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.chaos.errors import Told, rehearsals
from tests.chaos.laboratory import Laboratory
from tests.chaos.lifecycles import LIFECYCLES
from tests.chaos.matrix import Case, Outcome, Put, cases_of, merged
from tests.chaos.two_workers import World, orders
from tests.chaos.walks import command

INVARIANTS = 6
TWO_WORKERS = "two_workers"
WALKS = "walks"
AT_ONCE = 40  # a multiple of the recoveries: those of one call and fault stay together
PROCESSES = int(os.environ.get("TEST_PROCESSES", "2"))
WORLDS = [World(step, lag) for step in (1, -1) for lag in (0.0, 5.0)]
MOST_ORDERS = 20_000


@dataclass
class Figures:
    """What became of one lifecycle's cases.

    :param needless: so many equal another one, as the fault turned nothing red: there was nothing to recover.
    """

    lifecycle: str
    calls: int
    cases: int
    merged: int
    needless: int = 0
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


def _put_through(cases: list[Case]) -> list[Put]:
    return _laboratory().put_through(cases)


def _put_through_for_errors(cases: list[Case]) -> list[Told]:
    """What each case says that turned red."""
    outcomes = [(case, _laboratory().run(case)) for case in cases]
    return [told for case, outcome in outcomes for told in told_by(outcome, f"{case.call.action} {case.fault.name}")]


def _rehearse(name: str) -> list[Told]:
    """What one lifecycle says of everything that can be rehearsed."""
    outcomes = [
        (word, _laboratory().rehearse(LIFECYCLES[name], seed, conf))
        for word, seed, conf in rehearsals()
        if not conf or name == "dts_migrate"
    ]
    return [told for word, outcome in outcomes for told in told_by(outcome, f"rehearsal {word}")]


def told_by(outcome: Outcome, maker: str) -> list[Told]:
    """The error of an outcome, if it has one."""
    return [Told(outcome.red, maker, outcome.kind, outcome.error)] if outcome.error else []


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
        for put in results:
            figures.green += put.green
            figures.needless += put.needless
            figures.passed += not put.wrong
            figures.failed += [f"{put.case}: {problem}" for problem in put.wrong]
        print(f"\r{name}: {figures.passed + len(figures.failed)} of {figures.merged}", end="", file=sys.stderr)
    figures.seconds = time.monotonic() - started
    print(file=sys.stderr)
    return figures


HEAD = f"{'lifecycle':20}{'calls':>7}{'cases':>8}{'merged to':>11}{'run':>7}{'passed':>8}{'green':>7}{'s a run':>9}"


def _line(row: Figures) -> str:
    run = row.merged - row.needless
    counts = f"{row.calls:>7}{row.cases:>8}{row.merged:>11}{run:>7}{row.passed:>8}{row.green:>7}"
    return f"{row.lifecycle:20}{counts}{row.seconds * PROCESSES / max(1, run):>9.2f}"


def _measured(pool: ProcessPoolExecutor, names: list[str], step: int) -> list[Figures]:
    """Each lifecycle's figures, shown as soon as they are there: all of them take long."""
    rows = []
    print(HEAD, flush=True)
    for name in names:
        rows.append(_measure(pool, name, step))
        print("\n".join([_line(rows[-1]), *rows[-1].failed]), flush=True)
    print("Merged are the cases that differ in the number of a poll alone: by task, call, fault and recovery. Run are")
    print("those that differ at all: where a fault turned nothing red, one of the three recoveries stands for all.")
    return rows


def _tried(pool: ProcessPoolExecutor) -> list[tuple[str, int, list[str]]]:
    """What became of two workers in one purchase, world by world."""
    found = []
    for world, tried, wrong in pool.map(_two_workers, WORLDS):
        found.append((world, tried, wrong))
        told = f"two workers in one purchase, {world}: {tried} orders, {tried - len(wrong)} as promised"
        print("\n".join([told, *wrong]), flush=True)
    return found


def main() -> int:
    """Run what is asked for; all by default."""
    if text := os.environ.get("WALK"):
        return command.show(text)
    step = int(os.environ.get("STEP", "1"))
    every = [*LIFECYCLES, TWO_WORKERS, WALKS] if step == 1 else list(LIFECYCLES)
    names = os.environ.get("LIFECYCLES", " ".join(every)).split()
    started = time.monotonic()
    with ProcessPoolExecutor(PROCESSES) as pool:
        rows = _measured(pool, [name for name in names if name not in (TWO_WORKERS, WALKS)], step)
        splits = _tried(pool) if TWO_WORKERS in names else []
        walks = command.walk(pool, PROCESSES) if WALKS in names else command.Figures()
    kinds: Counter[str] = Counter(problem.rpartition(": ")[2] for row in rows for problem in row.failed)
    figures: dict[str, Any] = {
        "lifecycles": len(rows),
        "cases": sum(row.cases for row in rows),
        "merged": sum(row.merged for row in rows),
        "run": sum(row.merged - row.needless for row in rows),
        "passed": sum(row.passed for row in rows),
        "green": sum(row.green for row in rows),
        "invariants": INVARIANTS * sum(row.merged for row in rows),
        "orders_of_two_workers": sum(tried for _, tried, _ in splits),
        "walks": walks.walks,
        "walks_broken": sum(walks.broken.values()),
        "kinds_of_breaches": dict(walks.broken.most_common(20)),
        "problems": dict(kinds.most_common(20)),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(figures))
    whole = figures["passed"] == figures["merged"] and not any(wrong for _, _, wrong in splits)
    return 0 if whole and not walks.broken else 1
