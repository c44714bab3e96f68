"""Sync jobs, their changes and compare tasks: what each operator does in every state."""

from __future__ import annotations

from tests.unit.operators.case import Case

CASES: list[Case] = []
