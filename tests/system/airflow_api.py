"""Airflow's REST API, as a person's browser and a script would use it."""

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from tests.system.processes import wait_until

FINISHED_RUN = frozenset({"success", "failed"})
FINISHED_TASK = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class AirflowApi:
    """A session of one user. Every method raises ``httpx.HTTPStatusError`` when Airflow refuses."""

    def __init__(self, address: str, user: str, password: str) -> None:
        """Take where the API server is (``http://127.0.0.1:PORT``) and who asks; logs in at the first call."""
        self.address = address
        self.user = user
        self._password = password
        self._client = httpx.Client(base_url=address, timeout=60, trust_env=False)
        self._token = ""

    def __enter__(self) -> Self:
        """Use the session; it is closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def token(self) -> str:
        """The login token; as the cookie ``_token`` it opens the pages in a browser too."""
        if not self._token:
            body = {"username": self.user, "password": self._password}
            answer = self._client.post("/auth/token", json=body)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        return self._token

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send any request with the login; the answer may be an error."""
        return self._client.request(method, path, headers={"Authorization": f"Bearer {self.token}"}, **options)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Call ``/api/v2/<path>`` and return what the JSON answer holds, None for an empty one."""
        answer = self.request(method, f"/api/v2/{path}", **options)
        if answer.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path}: {answer.status_code} {answer.text}", request=answer.request, response=answer
            )
        return answer.json() if answer.content else None

    def health(self) -> dict[str, str]:
        """``healthy`` or not, by component."""
        answer = self._client.get("/api/v2/monitor/health")
        return {name: part["status"] for name, part in answer.raise_for_status().json().items() if part}

    def living_jobs(self, job_type: str) -> int:
        """How many processes of a kind, such as ``TriggererJob``, have sent a heartbeat lately."""
        return len(self.call("GET", "jobs", params={"job_type": job_type, "is_alive": True})["jobs"])

    def import_errors(self) -> dict[str, str]:
        """What is wrong with each DAG file that does not load."""
        return {item["filename"]: item["stack_trace"] for item in self.call("GET", "importErrors")["import_errors"]}

    def set_connection(self, connection_id: str, conn_type: str, **fields: Any) -> None:
        """Make a connection, or change it: ``host``, ``port``, ``login``, ``password``, ``extra`` (JSON text)."""
        body = {"connection_id": connection_id, "conn_type": conn_type, **fields}
        if self.request("GET", f"/api/v2/connections/{connection_id}").status_code == httpx.codes.NOT_FOUND:
            self.call("POST", "connections", json=body)
        else:
            self.call("PATCH", f"connections/{connection_id}", json=body)

    def start_run(self, dag_id: str, conf: Mapping[str, Any] | None = None, *, seconds: float = 90) -> str:
        """Wait until the DAG is there, take it off pause and start a run; returns the run's id."""
        wait_until(lambda: self._dag_is_there(dag_id), seconds=seconds, what=f"DAG {dag_id}", every=2)
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": False})
        body = {"logical_date": None, "conf": dict(conf or {})}
        return str(self.call("POST", f"dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of a DAG run."""
        return str(self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def wait_for_run(self, dag_id: str, run_id: str, state: str = "success", *, seconds: float = 300) -> None:
        """Wait until the run is in ``state``; fails at once when it ends otherwise, with each task's state."""
        found = wait_until(
            lambda: self._one_of(self.run_state(dag_id, run_id), FINISHED_RUN | {state}),
            seconds=seconds,
            what=f"run {run_id} of {dag_id} to be {state}",
            every=1,
        )
        assert found == state, f"run {run_id} of {dag_id} is {found}: {self.task_states(dag_id, run_id)}"

    def task(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """One task instance, as Airflow shows it: ``state``, ``try_number``, ``hostname``, ``trigger``, ..."""
        mapped = f"/{map_index}" if map_index >= 0 else ""
        answer = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}{mapped}")
        assert isinstance(answer, dict)
        return answer

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Every task instance of a run, as :meth:`task` has it."""
        found = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", params={"limit": 100})
        assert found["total_entries"] == len(found["task_instances"])
        return list(found["task_instances"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """The state of every task of a run; mapped ones as ``task[index]``."""
        return {
            item["task_id"] + (f"[{item['map_index']}]" if item["map_index"] >= 0 else ""): item["state"]
            for item in self.tasks(dag_id, run_id)
        }

    def red_tasks(self, dag_id: str, run_id: str) -> list[str]:
        """The tasks of a run that failed themselves."""
        return [task for task, state in self.task_states(dag_id, run_id).items() if state == "failed"]

    def wait_for_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        state: str | Collection[str],
        *,
        map_index: int = -1,
        minimum_try: int = 0,
        seconds: float = 180,
    ) -> dict[str, Any]:
        """Wait until a task is in one of the states and return it; fails at once when it ends otherwise.

        ``minimum_try`` looks only at that try and later ones, for a task that was cleared.
        """
        wanted = {state} if isinstance(state, str) else set(state)

        def check() -> dict[str, Any] | None:
            found = self.task(dag_id, run_id, task_id, map_index)
            if found["try_number"] < minimum_try:
                return None
            return found if found["state"] in wanted | FINISHED_TASK else None

        found = wait_until(check, seconds=seconds, what=f"task {task_id} to be {' or '.join(sorted(wanted))}", every=1)
        if found["state"] not in wanted:
            log = self.log(dag_id, run_id, task_id, map_index=map_index)
            raise AssertionError(f"task {task_id} is {found['state']}, not {wanted}:\n{log}")
        return found

    def triggerer_of(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> str | None:
        """The host name of the triggerer that holds a deferred task's wait, None while no triggerer does."""
        job = self.task(dag_id, run_id, task_id, map_index)["triggerer_job"]
        return None if job is None else str(job["hostname"])

    def clear_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *,
        map_index: int = -1,
        downstream: bool = True,
        only_failed: bool = False,
    ) -> list[str]:
        """Clear a task (with its downstream, as the UI offers) and return the ids of all that was cleared."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [[task_id, map_index] if map_index >= 0 else task_id],
            "include_downstream": downstream,
            "only_failed": only_failed,
            "reset_dag_runs": True,
        }
        cleared = self.call("POST", f"dags/{dag_id}/clearTaskInstances", json=body)
        return [item["task_id"] for item in cleared["task_instances"]]

    def clear_run(self, dag_id: str, run_id: str) -> None:
        """Clear every task of a run."""
        self.call("POST", f"dags/{dag_id}/dagRuns/{run_id}/clear", json={"dry_run": False, "only_failed": False})

    def mark_task(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """Mark a task ``success``, ``failed`` or ``skipped``."""
        self.call("PATCH", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}", json={"new_state": state})

    def mark_run(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run ``success`` or ``failed``."""
        self.call("PATCH", f"dags/{dag_id}/dagRuns/{run_id}", json={"state": state})

    def respond(self, dag_id: str, run_id: str, task_id: str, option: str = "Approve", *, map_index: int = -1) -> None:
        """Answer a task that waits for a person."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/{map_index}/hitlDetails"
        self.call("PATCH", path, json={"chosen_options": [option], "params_input": {}})

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """A value that a task has left, deserialized."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self.call("GET", path, params={"map_index": map_index, "deserialize": False, "stringify": False})[
            "value"
        ]

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int | None = None, map_index: int = -1) -> str:
        """The text of a task's log, the last try's unless told."""
        number = try_number or self.task(dag_id, run_id, task_id, map_index)["try_number"]
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}"
        content = self.call("GET", path, params={"map_index": map_index, "full_content": True})["content"]
        return "\n".join(item if isinstance(item, str) else _line(item) for item in content)

    def _dag_is_there(self, dag_id: str) -> bool:
        answer = self.request("GET", f"/api/v2/dags/{dag_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            errors = self.import_errors()
            assert not errors, "\n".join(f"{name}: {error}" for name, error in errors.items())
            return False
        return answer.raise_for_status().is_success

    @staticmethod
    def _one_of(state: str, wanted: Collection[str]) -> str | None:
        return state if state in wanted else None


def _line(item: Mapping[str, Any]) -> str:
    """One entry of a log: what happened and, for a failure, each error's type and message."""
    errors = [f"{error.get('exc_type')}: {error.get('exc_value')}" for error in item.get("error_detail") or []]
    return "\n".join([str(item.get("event", item)), *errors])
