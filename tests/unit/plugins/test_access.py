"""Who may read the page: whoever may read the run in Airflow, and nobody may change anything."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from tencent_dts.plugins.routes import build
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs

pytestmark = pytest.mark.usefixtures("airflow_connections")
PATHS = ("run", "page.css", "page.js")


@pytest.fixture
def shown(cloud: Cloud, runs: Runs) -> dict[str, str]:
    """The parameters of a run that has a job."""
    return {"dag_id": DAG_ID, "run_id": runs.of(cloud.ready())}


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_asked_to_log_in(pages: Pages, shown: dict[str, str], path: str) -> None:
    answer = pages.get(path, user=None, **shown)
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert "dts-" not in answer.text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("user", ["viewer", "admin"])
def test_a_viewer_may_read(pages: Pages, shown: dict[str, str], path: str, user: str) -> None:
    assert pages.get(path, user=user, **shown).status_code == httpx.codes.OK


def test_a_user_without_a_right_to_runs_may_not_read(pages: Pages, shown: dict[str, str]) -> None:
    answer = pages.get("run", user="nobody", **shown)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "dts-" not in answer.text


def test_the_cookie_of_airflows_login_opens_the_page_in_its_frame(pages: Pages, shown: dict[str, str]) -> None:
    answer = pages.client.get("/tencent-dts/run", params=shown, headers={"Cookie": f"_token={pages.tokens['viewer']}"})
    assert answer.status_code == httpx.codes.OK


def test_a_made_up_login_opens_nothing(pages: Pages, shown: dict[str, str]) -> None:
    answer = pages.client.get("/tencent-dts/run", params=shown, headers={"Authorization": "Bearer made.up.token"})
    assert answer.status_code == httpx.codes.FORBIDDEN


@for_every("user", [None, "viewer", "admin"])
@for_every("method", ["POST", "PUT", "PATCH", "DELETE"])
@for_every("path", PATHS)
def test_nobody_can_change_anything(pages: Pages, shown: dict[str, str], path: str, method: str, user: str) -> None:
    answer = pages.request(method, path, user, **shown)
    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED


def routes() -> Iterator[APIRoute]:
    for route in build().routes:
        assert isinstance(route, APIRoute), f"{route} is not behind the application's login"
        yield route


def test_every_route_is_a_get_behind_a_login_and_the_page_behind_the_rights_to_the_run() -> None:
    found = {route.path: route for route in routes()}
    assert sorted(found) == ["/page.css", "/page.js", "/run"]
    for route in found.values():
        assert route.methods == {"GET"}
        assert "get_user" in names(route.dependant)
    assert names(found["/run"].dependant).count("inner") == 2  # requires_access_dag, of the run and its tasks


def names(dependant: Any) -> list[str]:
    """Every dependency of a route."""
    own = [getattr(dependant.call, "__name__", "")] if dependant.call else []
    return own + [name for part in dependant.dependencies for name in names(part)]


@pytest.mark.parametrize("dag_id", ["~", "no_such_dag", "", DAG_ID + "/../x"])
def test_a_right_to_all_dags_shows_no_run_of_another(pages: Pages, shown: dict[str, str], dag_id: str) -> None:
    answer = pages.get("run", dag_id=dag_id, run_id=shown["run_id"])
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert "no such run" in answer.text
    assert "dts-" not in answer.text.replace("tencent-dts", "")


def test_a_job_of_another_run_cannot_be_asked_for(pages: Pages, runs: Runs, shown: dict[str, str]) -> None:
    text = pages.text(runs.make(), job="dts-another")
    assert "no DTS job yet" in text
    assert "dts-another" not in text
