"""Sync jobs, their changes and compare tasks: what each sensor does in every state."""

from __future__ import annotations

from tests.unit.sensors import cases_sync_compare
from tests.unit.sensors.case import Case

JOBS: list[Case] = []
CASES: list[Case] = [*JOBS, *cases_sync_compare.CASES]
