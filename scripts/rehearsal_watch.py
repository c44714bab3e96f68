"""How a rehearsal goes on, as the emulator shows it: when each step began, the lag, and what the comparison found."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any, Self

from scripts.emulators import EmulatorProcess

LOOK_SECONDS = 0.2
LAGS = 8
"""How many of the lags are shown."""

# What is shown, between which two moments.
STEPS = {
    "check": ("checking", "checkPass"),
    "export": ("dumper", "loader"),
    "load": ("loader", "sinker"),
    "follow, until the job is ready": ("sinker", "readyComplete"),
    "compare": ("compare running", "compare success"),
    "cut over": ("completing", "success"),
}


class Watch:
    """Looks at the only job several times a second while the body of ``with`` runs."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self._emulator = emulator
        self._moments: dict[str, float] = {}
        self._lags: list[tuple[float, int, int]] = []
        self._comparisons: list[dict[str, Any]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._done.set()
        self._thread.join()

    def seconds(self) -> dict[str, float]:
        """Return how long each step took, of those that came to their end."""
        known = self._moments
        return {
            name: round(known[end] - known[start], 1)
            for name, (start, end) in STEPS.items()
            if {start, end} <= known.keys()
        }

    def lag(self) -> list[tuple[float, int, int]]:
        """Return (seconds since the copy began, megabytes, seconds behind) for some moments, first and last among them.

        -1 stands for what was not known.
        """
        last = len(self._lags) - 1
        chosen = sorted({round(number * last / (LAGS - 1)) for number in range(LAGS)}) if last > 0 else range(last + 1)
        began = self._moments.get("dumper", 0.0)
        return [
            (round(at - began, 1), megabytes, seconds) for at, megabytes, seconds in map(self._lags.__getitem__, chosen)
        ]

    def comparison(self) -> dict[str, Any]:
        """Return what the last comparison compared and found."""
        last = self._comparisons[-1] if self._comparisons else {"rows": [], "different_rows": None}
        return {"rows_compared": last["rows"] or [0, 0], "differences": last["different_rows"]}

    def _look_on(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            jobs = self._emulator.jobs()
            if jobs:
                self._look(jobs[0])

    def _look(self, job: dict[str, Any]) -> None:
        now = time.monotonic()
        self._comparisons = job["compare_tasks"] or self._comparisons
        labels = [step["id"] for step in job["steps"]]
        labels += [state for _, axis, state in job["history"] if axis == "Status"]
        labels += [f"compare {task['Status']}" for task in job["compare_tasks"]]
        for label in labels:
            self._moments.setdefault(label, now)
        if "sinker" in labels and "completing" not in labels:
            self._lags.append((now, *job["lag"]))
