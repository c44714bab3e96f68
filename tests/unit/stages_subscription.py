"""Subscriptions of API 2018-03-30 in every state."""

from __future__ import annotations

from tests.unit.subjects import Stage

STAGES: dict[str, Stage] = {}
