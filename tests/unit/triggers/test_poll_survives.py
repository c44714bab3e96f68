"""Whatever is wrong with its connection or its process, the shared poll goes on, and uses what was put right."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tencent_dts.hooks.dts import DtsHook
from tests.unit.emulator.cloud import Cloud
from tests.unit.triggers.test_shared_poll import Triggerer, bought, run, wait_for

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow_database")

CONNECTION = "AIRFLOW_CONN_TENCENTCLOUD_DEFAULT"
# Variables of the environment, and parts of the connection; None removes it.
TROUBLES: dict[str, tuple[dict[str, str], dict[str, Any] | None]] = {
    "no connection": ({}, None),
    "a wrong key": ({}, {"password": "not-the-key"}),
    "an extra that is a list": ({}, {"extra": '["ap-guangzhou"]'}),
    "an extra that is broken": ({}, {"extra": '{"region": '}),
    "a language that DTS does not speak": ({}, {"extra": {"protocol": "http", "language": "chinese"}}),
    "a token with a line break": ({}, {"extra": {"protocol": "http", "token": "t0ken\n"}}),
    "another protocol": ({}, {"extra": {"protocol": "https"}}),
    "a proxy of another kind": ({"ALL_PROXY": "socks://127.0.0.1:7890"}, {}),
    "certificates that are nowhere": ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, {}),
}


def goes_on(triggerer: Triggerer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken or failed while the trouble lasts; once it is over, everybody sees the state."""

    async def story() -> None:
        for _ in range(30):
            await triggerer.turn()
            await asyncio.sleep(0.02)
        assert triggerer.fired == {}
        assert list(triggerer.runner.failed_triggers) == []
        monkeypatch.undo()
        await triggerer.until(lambda: len(triggerer.fired) == 3)

    run(triggerer, story)
    assert {payload["reason"] for (payload,) in triggerer.fired.values()} == {"done"}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_that_passes_ends_nobody_s_wait(
    trouble: str, cloud: Cloud, airflow_connections: dict[str, Any]
) -> None:
    variables, parts = TROUBLES[trouble]
    with pytest.MonkeyPatch.context() as patch:
        jobs = bought(cloud, 3, "success")
        triggerer = Triggerer(wait_for(job, interval=0.1) for job in jobs)
        for name, value in variables.items():
            patch.setenv(name, value)
        if parts is None:
            patch.delenv(CONNECTION)
        else:
            patch.setenv(CONNECTION, json.dumps({**airflow_connections["tencentcloud_default"], **parts}))
        goes_on(triggerer, patch)


@pytest.mark.parametrize(
    "error", [KeyError("a fault of ours"), RuntimeError("of a library"), OSError("of the machine")]
)
def test_nothing_but_cancellation_ends_the_poll(error: Exception, cloud: Cloud) -> None:
    async def breaks(hook: DtsHook) -> Any:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        jobs = bought(cloud, 3, "success")
        triggerer = Triggerer(wait_for(job, interval=0.1) for job in jobs)
        patch.setattr(DtsHook, "aresolve", breaks)
        goes_on(triggerer, patch)
