"""Migration jobs of API 2018-03-30: what each operator does in every state."""

from __future__ import annotations

from tests.unit.operators.case import Case

CASES: list[Case] = []
