"""Sync jobs, their changes and compare tasks in every state."""

from __future__ import annotations

from tests.unit.subjects import Stage

STAGES: dict[str, Stage] = {}
