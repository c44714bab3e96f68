"""Airflow's own API server application with the plugin in it, and runs whose tasks have shown a job."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tencent_dts.api.console import console_url
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.model.resource import Resource
from tencent_dts.tasks.links import LINK_KEY, VERSION_KEY
from tests.unit.plugins.markup import Markup

USERS = "admin:admin,viewer:viewer,nobody:"
PASSWORDS = {"admin": "admin-password", "viewer": "viewer-password", "nobody": "nobody-password"}
DAG_ID = "page_of_a_migration"
TASKS = ("purchase", "configure")


@dataclass(frozen=True)
class Pages:
    """The API server as its users meet it."""

    client: TestClient
    tokens: dict[str, str]

    def get(self, path: str, user: str | None = "viewer", **params: str) -> httpx.Response:
        """Ask for a page of the plugin, with the login of a user or none."""
        return self.request("GET", path, user, **params)

    def request(self, method: str, path: str, user: str | None = "viewer", **params: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        answer: httpx.Response = self.client.request(method, f"/tencent-dts/{path}", params=params, headers=headers)
        return answer

    def text(self, run_id: str, **params: str) -> str:
        """What the page of a run shows to a viewer."""
        answer = self.get("run", dag_id=DAG_ID, run_id=run_id, **params)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="session")
def airflow_app(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """Airflow's application as ``airflow api-server`` serves it, with the plugins of the installed packages."""
    passwords = tmp_path_factory.mktemp("auth") / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", USERS)
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of the tests, " * 5)
        from airflow.api_fastapi.app import create_app

        yield create_app("core")


@pytest.fixture(scope="session")
def pages(airflow_app: FastAPI) -> Iterator[Pages]:
    with TestClient(airflow_app) as client:
        tokens = {}
        for user, password in PASSWORDS.items():
            answer = client.post("/auth/token", json={"username": user, "password": password})
            tokens[user] = answer.json()["access_token"]
        yield Pages(client, tokens)


def make_dag(dag_id: str, conn_id: str = "tencentcloud_default") -> Any:
    """A DAG with the first tasks of a migration."""
    from airflow.sdk import DAG

    from tencent_dts.kinds.migration.texts import TEXTS
    from tencent_dts.operators.migration import DtsDescribeMigrationDetailOperator

    with DAG(dag_id, schedule=None) as dag:
        for task_id in TASKS:
            # As in the DAGs of the package; the first has no documentation, as a task of somebody else's may.
            doc_md = TEXTS["dts_migrate"][task_id].doc_md if task_id != TASKS[0] else None
            DtsDescribeMigrationDetailOperator(
                task_id=task_id, job_id="dts-1", tencentcloud_conn_id=conn_id, doc_md=doc_md
            )
    return dag


class Runs:
    """Makes DAG runs whose tasks have pushed what tasks push."""

    def __init__(self, dag_id: str = DAG_ID, conn_id: str = "tencentcloud_default") -> None:
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

        DagBundlesManager().sync_bundles_to_db()
        bag = DagBag(dag_folder="/dev/null", collect_dags=False)
        bag.dags[dag_id] = make_dag(dag_id, conn_id)
        sync_bag_to_db(bag, "dags-folder", None)
        self.dag_id = dag_id
        self._numbers = itertools.count(1)

    def make(self) -> str:
        """A run without a job; its task instances exist."""
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        run_id = f"manual__{next(self._numbers)}+{id(self)}"
        with create_session() as session:
            dag = SerializedDagModel.get_dag(self.dag_id, session=session)
            assert dag is not None
            dag.create_dagrun(
                run_id=run_id,
                run_after=datetime.now(UTC),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.RUNNING,
                session=session,
            )
        return run_id

    def push(self, run_id: str, task_id: str, key: str, value: Any, map_index: int = -1) -> None:
        from airflow.models.xcom import XComModel

        XComModel.set(
            key=key,
            value=value,
            dag_id=self.dag_id,
            task_id=task_id,
            run_id=run_id,
            map_index=map_index,
            serialize=False,
        )

    def show(
        self,
        run_id: str,
        job_id: str,
        task_id: str = "purchase",
        region: str = "ap-guangzhou",
        kind: Resource = MIGRATION_JOB,
    ) -> str:
        """Let a task push id, link and API version of its job, as every task of the package does."""
        self.push(run_id, task_id, "job_id", job_id)
        self.push(run_id, task_id, LINK_KEY, console_url(job_id, region, "dts.tencentcloudapi.com", kind.console))
        self.push(run_id, task_id, VERSION_KEY, kind.version)
        return run_id

    def of(self, *job_ids: str, kind: Resource = MIGRATION_JOB) -> str:
        """A run with these jobs of one kind, a task each."""
        run_id = self.make()
        for task_id, job_id in zip(TASKS, job_ids, strict=False):
            self.show(run_id, job_id, task_id, kind=kind)
        return run_id


@pytest.fixture(scope="session")
def runs(airflow_database: None) -> Runs:
    return Runs()


@pytest.fixture
def page(pages: Pages, runs: Runs) -> Any:
    """The page of a run with these jobs, all of one kind."""
    return lambda *job_ids, kind=MIGRATION_JOB: Markup(pages.text(runs.of(*job_ids, kind=kind)))
