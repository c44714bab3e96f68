"""The wait for an answer that an earlier try has asked for: Airflow's own, which fires no sooner than it may."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.providers.standard.triggers import hitl

from tencent_dts.triggers.answer import DtsAnswerTrigger
from tests.drive import first_event, rebuilt


def trigger(first_look: float = 0.0, **changes: Any) -> DtsAnswerTrigger:
    given = {
        "ti_id": uuid4(),
        "options": ["Approve", "Reject"],
        "defaults": ["Reject"],
        "params": {},
        "multiple": False,
        "timeout_datetime": datetime.now(UTC) + timedelta(hours=1),
    }
    return DtsAnswerTrigger(first_look=first_look, **given | changes)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has answered before the trigger starts."""
    detail = SimpleNamespace(
        response_received=True,
        chosen_options=["Approve"],
        params_input={},
        responded_at=datetime.now(UTC),
        responded_by_user=SimpleNamespace(id="1", name="alice"),
    )
    monkeypatch.setattr(hitl, "get_hitl_detail_content_detail", lambda ti_id: detail)


def test_it_is_rebuilt_from_what_it_serializes() -> None:
    one = trigger(7.0)
    other = rebuilt(one)
    assert type(other) is DtsAnswerTrigger
    assert other.serialize() == one.serialize()
    assert other.first_look == 7.0


def test_an_answer_that_was_given_already_is_told(answered: None) -> None:
    event = asyncio.run(first_event(rebuilt(trigger())))
    assert event["chosen_options"] == ["Approve"]
    assert event["responded_by_user"]["name"] == "alice"


def test_it_fires_no_sooner_than_a_scheduler_can_bear(answered: None) -> None:
    begun = time.monotonic()
    asyncio.run(first_event(trigger(0.5)))
    assert time.monotonic() - begun >= 0.5
