"""Subscriptions of API 2018-03-30: what each sensor does in every state."""

from __future__ import annotations

from tencent_dts.sensors import subscription
from tests.unit.sensors.case import Case
from tests.unit.stages_subscription import KEY, PLAN

CASES: list[Case] = [
    Case(
        subscription.DtsAsyncRequest2018Sensor,
        reached=("request success",),
        soon="request running",
        waiting=("request running",),
        failing=("request failed", "no such request"),
        hole="no such request",
        key=KEY,
    ),
    Case(
        subscription.DtsSubscribeConfigured2018Sensor,
        reached=("configured", "request success", "objects changing", "prepaid"),
        soon="configuring",
        waiting=("configuring",),
        failing=(
            *("unconfigured", "subscription creating", "request failed", "activation failed"),
            *("configured for another instance", "subscription isolating", "subscription isolated"),
            *("isolated unconfigured", "subscription offlining", "subscription offline"),
        ),
        arguments={"configuration": PLAN},
        hole="no such subscription",
        key=KEY,
    ),
    Case(
        subscription.DtsSubscribeIsolated2018Sensor,
        reached=("subscription isolated", "subscription offlining", "subscription offline"),
        soon="subscription isolating",
        waiting=("configured", "unconfigured", "subscription creating", "subscription isolating", "prepaid"),
        failing=(),
        gone_is_reached=True,
        hole="no such subscription",
        key=KEY,
    ),
]
