"""What the page sends besides its text, and what it makes of text that is hostile wherever the service has text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world.kernel import HANDLERS, Registered
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.migration_2018.states import MIGRATION_JOB_2018
from tencent_dts.kinds.subscription_2018.states import SUBSCRIPTION
from tencent_dts.kinds.sync.states import SYNC_JOB
from tencent_dts.model.resource import Resource
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs
from tests.unit.plugins.markup import Markup

pytestmark = pytest.mark.usefixtures("airflow_connections")

HOSTILE = (
    "</td><script>alert('x')</script><img src=x onerror=alert(1)>\"' onload=alert(2) {{ 7 * 7 }} javascript:alert(3)"
)
IDS = ("JobId", "SubscribeId", "CompareTaskId")


def compared(cloud: Cloud) -> str:
    """A job that has been checked and compared, with differences."""
    job = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job}, "compare": {"conclusion": "different"}})
    cloud.compare(job)
    return job


MADE: dict[str, tuple[Resource, Callable[[Cloud], str]]] = {
    "migration": (MIGRATION_JOB, compared),
    "sync": (SYNC_JOB, lambda cloud: SyncCloud(cloud.emulator).syncing({})),
    "migration 2018": (MIGRATION_JOB_2018, lambda cloud: Cloud2018(cloud.emulator).in_time()),
    "subscription": (SUBSCRIPTION, lambda cloud: Cloud2018(cloud.emulator).active()),
}


def tainted(value: Any, name: str = "") -> Any:
    """A copy with every text hostile, but the ids by which the page finds things."""
    if isinstance(value, dict):
        return {key: tainted(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [tainted(item, name) for item in value]
    return HOSTILE if isinstance(value, str) and name not in IDS else value


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let every read of the emulator answer hostile texts from now on."""

    def begin() -> None:
        load_areas()
        for key, known in list(HANDLERS.items()):
            if known.action.startswith("Describe"):
                handler = known.handler

                def answer(world: Any, caller: Any, params: Any, handler: Any = handler) -> dict[str, Any]:
                    return dict(tainted(handler(world, caller, params)))

                monkeypatch.setitem(HANDLERS, key, Registered(known.action, known.version, answer, "assumed", ""))

    return begin


@pytest.mark.parametrize("kind", MADE)
def test_whatever_the_service_says_is_only_text(
    cloud: Cloud, pages: Pages, runs: Runs, hostile: Callable[[], None], kind: str
) -> None:
    resource, make = MADE[kind]
    job = make(cloud)
    hostile()
    text = pages.text(runs.of(job, kind=resource))
    shown = Markup(text)
    assert HOSTILE in shown.text
    assert job in shown.text
    assert shown.tags.count("script") == 1
    assert "img" not in shown.tags
    assert [name for name, _ in shown.attributes if name.startswith("on")] == []
    assert [link for link in shown.links if not link.startswith(("https://", "page.css", "run?"))] == []
    assert "{{ 7 * 7 }}" in text


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("user", "path", "params", "status"),
    [
        ("viewer", "run", {"dag_id": DAG_ID, "run_id": "manual__never"}, 404),
        ("viewer", "run", {}, 422),
        ("viewer", "page.css", {}, 200),
        ("viewer", "page.js", {}, 200),
        ("viewer", "nothing", {}, 404),
        (None, "run", {"dag_id": DAG_ID, "run_id": "x"}, 401),
        ("nobody", "run", {"dag_id": DAG_ID, "run_id": "x"}, 403),
    ],
)
def test_every_answer_forbids_what_a_page_could_be_misused_for(
    pages: Pages, user: str | None, path: str, params: dict[str, str], status: int
) -> None:
    answer = pages.get(path, user=user, **params)
    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_no_method_but_get_and_its_refusal_is_hardened_too(pages: Pages) -> None:
    answer = pages.request("POST", "run")
    assert answer.status_code == 405
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["dag_id", "run_id", "job"])
def test_a_hostile_address_is_only_text(pages: Pages, runs: Runs, name: str) -> None:
    params = {"dag_id": DAG_ID, "run_id": runs.make(), name: HOSTILE}
    answer = pages.get("run", **params)
    shown = Markup(answer.text)
    assert shown.tags.count("script") == 1
    assert "img" not in shown.tags
