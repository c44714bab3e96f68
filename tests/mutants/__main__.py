"""``make mutate``: break the engine line by line, and see whether a test turns red.

Cosmic Ray makes the mutants. A run of the tests under ``pytest-cov`` says once which tests run each line; a mutant is
given those tests alone, the fastest first, until one fails. What survives is named in ``survivors.toml``, with the
reason why no test can see it, or lacks a test.

MUTANTS=200 SEED=1     how many, drawn by which seed; MUTANTS=all takes every one
ONLY=engine/converge   only files whose path holds this
COVERING=FILE          which tests run which lines, kept by an earlier run in .build/mutants; while no line moves
"""

from __future__ import annotations

import os
import sys

from tests.mutants.report import Report
from tests.mutants.trial import Trials
from tests.mutants.work import draw

SURVIVING = 0.1
"""The largest part of the mutants that may survive without being named."""


def main() -> int:
    """Draw mutants, try them, print a table; 1 where too many survive that nobody has explained."""
    mutants = draw(os.environ.get("MUTANTS", "200"), int(os.environ.get("SEED", "1")), os.environ.get("ONLY", ""))
    report = Report(len(mutants))
    with Trials() as trials:
        for mutant, outcome in trials.run(mutants):
            report.add(mutant, outcome)
        if red := trials.red_without_a_mutant():
            print(f"{red}\nThese tests are red without a mutant: the score means nothing")
            return 1
    return report.finish(SURVIVING)


if __name__ == "__main__":
    sys.exit(main())
