"""Sync jobs, their changes and compare tasks: what each sensor does in every state."""

from __future__ import annotations

from tests.unit.sensors.case import Case

CASES: list[Case] = []
