"""Sync jobs, their changes and compare tasks: what each operator does in every state."""

from __future__ import annotations

from tests.unit.operators import cases_sync_compare
from tests.unit.operators.case import Case

JOBS: list[Case] = []
CASES: list[Case] = [*JOBS, *cases_sync_compare.CASES]
