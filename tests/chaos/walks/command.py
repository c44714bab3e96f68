"""The walks of ``make chaos``: many at once, each breach shrunk and printed so that it can be walked again."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

from tests.chaos.walks.walk import Walk, Walked, shrunk, walked

AT_ONCE = 25
SHRUNK_OF_A_KIND = 2  # a third one of the same kind teaches nothing


@dataclass
class Figures:
    """What became of all walks.

    :param broken: how many broke each promise first.
    """

    walks: int = 0
    green: int = 0
    moments: int = 0
    seconds: float = 0.0
    broken: Counter[str] = field(default_factory=Counter)


def _walked(seed: int, numbers: range) -> list[tuple[Walked, int]]:
    """Walk some; each without what would be too long to hand over, and with its number of moments."""
    found = [walked(Walk.of(seed, number)) for number in numbers]
    return [(replace(one, trace=[], ticks=[]), len(one.ticks)) for one in found]


def told(found: Walked) -> str:
    """A breach as a person reads it, and as it is walked again."""
    steps = [f"    at moment {at}: {kind} {', '.join(map(str, more))}" for at, kind, more in found.walk.events]
    line = found.walk.write(broken=found.broken)
    head = f"WALK={found.walk.name} ({found.walk.story}) breaks a promise: {found.kind}"
    return "\n".join([head, *steps, f"  again: WALK='{line}' make chaos", f"  {line}"])


def walk(pool: ProcessPoolExecutor, processes: int) -> Figures:
    """Walk as many as ``WALKS`` says, from ``SEED``; print each kind of breach, shrunk."""
    count, seed = int(os.environ.get("WALKS", "2500")), int(os.environ.get("SEED", "1"))
    started, figures = time.monotonic(), Figures()
    batches = [range(first, min(first + AT_ONCE, count)) for first in range(0, count, AT_ONCE)]
    to_shrink: list[Walked] = []
    for results in pool.map(_walked, [seed] * len(batches), batches):
        for found, moments in results:
            figures.walks += 1
            figures.green += found.green
            figures.moments += moments
            if found.broken:
                figures.broken[found.kind] += 1
                to_shrink += [found] if figures.broken[found.kind] <= SHRUNK_OF_A_KIND else []
        print(f"\rwalks: {figures.walks} of {count}, {sum(figures.broken.values())} broken", end="", file=sys.stderr)
    figures.seconds = time.monotonic() - started
    print(file=sys.stderr)
    for found in pool.map(shrunk, to_shrink):
        print(told(found), flush=True)
    pace = figures.walks / max(0.001, figures.seconds) / processes
    print(
        f"{figures.walks} walks of seed {seed}: {figures.green} green to their end, {figures.moments} moments, ", end=""
    )
    print(f"{sum(figures.broken.values())} broken; {pace:.1f} walks a second and process")
    print("\n".join(f"  {times} x {promise}" for promise, times in figures.broken.most_common()))
    return figures


def show(text: str) -> int:
    """Walk one walk, and tell it step by step."""
    found = walked(Walk.read(text))
    print("\n".join(found.trace))
    print(told(found) if found.broken else json.dumps({"walk": found.walk.name, "green": found.green, "broken": []}))
    return 1 if found.broken else 0
