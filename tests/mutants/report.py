"""What became of the mutants, for a person and as JSON."""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

from tests.mutants.trial import Outcome
from tests.mutants.work import Mutant

KNOWN = Path(__file__).with_name("survivors.toml")


class Report:
    """Counts outcomes, and says at the end whether they will do.

    :param drawn: how many mutants there are.
    """

    def __init__(self, drawn: int) -> None:
        self._drawn = drawn
        self._known: dict[str, str] = tomllib.loads(KNOWN.read_text("utf-8"))["survivors"]
        self._outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self._survivors: list[Mutant] = []

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        """Count one, and print it where it survived; one that could not be made is none."""
        if outcome.verdict == "not made":
            return
        seen = outcome.verdict in ("killed", "hung")
        verdict = outcome.verdict if seen or mutant.name not in self._known else "explained"
        self._outcomes[mutant.path][verdict] += 1
        done = sum(sum(counts.values()) for counts in self._outcomes.values())
        if not seen:
            self._survivors.append(mutant)
            place = f"{mutant.path}:{mutant.line}:{mutant.column}"
            print(f"{done}/{self._drawn} {verdict}: {place} {mutant.operator}: {mutant.text}", flush=True)

    def finish(self, most: float) -> int:
        """Print the table and a line of JSON.

        :param most: the part that may survive unexplained.
        :returns: 0 where no more do.
        """
        total: Counter[str] = Counter()
        print(f"\n{'file':<56}{'killed':>8}{'hung':>6}{'explained':>11}{'survived':>10}{'not run':>9}")
        for path, counts in sorted(self._outcomes.items()):
            total += counts
            row = "".join(f"{counts[name]:>{width}}" for name, width in _COLUMNS.items())
            print(f"{path.removeprefix('tencent_dts/'):<56}{row}")
        left = total["survived"] + total["not run"]
        tried = total.total()
        score = round(1 - left / tried, 4) if tried else 1.0
        names = sorted(mutant.name for mutant in self._survivors if mutant.name not in self._known)
        print(json.dumps({**total, "mutants": tried, "score": score, "survivors": names}))
        return int(1 - score > most)


_COLUMNS = {"killed": 8, "hung": 6, "explained": 11, "survived": 10, "not run": 9}
