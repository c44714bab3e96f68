"""Sync jobs, their changes and compare tasks in every state."""

from __future__ import annotations

from tests.unit import stages_sync_compare
from tests.unit.subjects import Stage

JOBS: dict[str, Stage] = {}
STAGES: dict[str, Stage] = {**JOBS, **stages_sync_compare.STAGES}
