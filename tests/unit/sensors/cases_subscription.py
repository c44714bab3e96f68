"""Subscriptions of API 2018-03-30: what each sensor does in every state."""

from __future__ import annotations

from tests.unit.sensors.case import Case

CASES: list[Case] = []
