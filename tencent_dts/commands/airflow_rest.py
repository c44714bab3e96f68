"""What the commands of this package ask of Airflow's REST API: one task instance, its run, its state store.

Workers have no need of it. Who asks is read from the environment, never from an argument: ``AIRFLOW_TOKEN``, or
``AIRFLOW_USERNAME`` and ``AIRFLOW_PASSWORD``, for which Airflow gives a token. Neither is logged or shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts.api.redaction import hide
from tencent_dts.engine.runs import GONE
from tencent_dts.errors import AirflowApiError, InvalidInput

_TIMEOUT = 60.0
_PAGE = 100
_BEARER = "AIRFLOW_TOKEN"  # names of environment variables, as the next
_LOGIN = ("AIRFLOW_USERNAME", "AIRFLOW_PASSWORD")
_ADVICE = {
    401: f"Set {_BEARER}, or {_LOGIN[0]} and {_LOGIN[1]}, to a login of this Airflow; then run the command again.",
    403: "Ask for a role that may read, edit and delete task instances of this DAG; then run the command again.",
    404: "Check --dag, --run, --task and --map-index (of a mapped task) as the page of the task shows them.",
}


Answer = Mapping[str, Any]
"""An object of an answer of Airflow's API."""


@dataclass(frozen=True)
class TaskAddress:
    """Which task instance: of which run of which DAG.

    :param map_index: index of a mapped task; -1 for a task that is not mapped.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    @property
    def dag(self) -> str:
        """Its DAG's path."""
        return f"dags/{_part(self.dag_id)}"

    @property
    def instances(self) -> str:
        """The path of all task instances of its run."""
        return f"{self.dag}/dagRuns/{_part(self.run_id)}/taskInstances"

    @property
    def instance(self) -> str:
        """Its own path."""
        mapped = f"/{self.map_index}" if self.map_index >= 0 else ""
        return f"{self.instances}/{_part(self.task_id)}{mapped}"

    @property
    def store(self) -> str:
        """The path of its state store; the map index is a parameter there."""
        return f"{self.instances}/{_part(self.task_id)}/state-store"


def _part(text: str) -> str:
    """One part of a path: ids may hold any character."""
    return quote(text, safe="")


class AirflowApi:
    """A session with one Airflow, to be used in ``with``.

    :param address: of the API server, as ``https://airflow.example.com``, with its path where it has one.
    :param environment: where the login is looked up; without one none is sent.
    """

    def __init__(self, address: str, environment: Mapping[str, str]) -> None:
        url = httpx.URL(address)
        if url.scheme not in ("http", "https") or not url.host:
            raise InvalidInput("--airflow-url", "give the address of Airflow's API server, as http://localhost:8080")
        if url.userinfo:
            raise InvalidInput("--airflow-url", f"give no login in it; set {', '.join((_BEARER, *_LOGIN))} instead")
        self.address = address
        self._environment = environment
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        """Log in.

        :raises AirflowApiError: Airflow does not answer, or refuses the login.
        """
        token = self._environment.get(_BEARER) or self._token_for(*(self._environment.get(name) for name in _LOGIN))
        if token:
            hide(token)
            self._client.headers["Authorization"] = f"Bearer {token}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def _token_for(self, user: str | None, password: str | None) -> str | None:
        if not user or not password:
            return None
        hide(password)
        answer = self._send("POST", "auth/token", json={"username": user, "password": password})
        return str(answer["access_token"])

    def call(self, method: str, path: str, **options: Any) -> Any:
        """What ``/api/v2/<path>`` answers, ``None`` for an empty answer.

        :raises AirflowApiError: no answer, or a refusal.
        """
        return self._send(method, f"api/v2/{path}", **options)

    def pages(self, path: str, items: str, **params: Any) -> Iterator[Answer]:
        """Every item of a list, read page by page."""
        offset = 0
        while True:
            answer = self.call("GET", path, params={**params, "limit": _PAGE, "offset": offset})
            yield from answer[items]
            offset += len(answer[items])
            if not answer[items] or offset >= (answer["total_entries"] or 0):
                return

    def _send(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise AirflowApiError(
                f"Airflow's API at {self.address} did not answer {method} /{path}",
                cause=f"{type(error).__name__}: {error}",
                next_step="Check --airflow-url and that the API server runs; then run the command again.",
            ) from error
        if not answer.is_success:
            raise AirflowApiError(
                f"Airflow's API answered {method} /{path} with {answer.status_code} {answer.reason_phrase}",
                cause=_detail(answer),
                next_step=_ADVICE.get(answer.status_code, "Fix the cause; then run the command again."),
                status=answer.status_code,
            )
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise AirflowApiError(
                f"What answers {method} /{path} at {self.address} is not Airflow's API: its answer is not JSON",
                next_step="Check --airflow-url; then run the command again.",
            ) from error


def _detail(answer: httpx.Response) -> str | None:
    """Airflow's reason for a refusal."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return str(body["detail"]) if isinstance(body, dict) and body.get("detail") else None


class RestShelf:
    """Airflow's variables and the states of its runs, as :mod:`~tencent_dts.engine.records` uses them, from outside."""

    def __init__(self, api: AirflowApi) -> None:
        self._api = api

    async def get(self, key: str) -> str | None:
        """The value of a variable; ``None`` where there is none.

        :raises AirflowApiError: Airflow does not answer.
        """
        reported = self._unless_missing("GET", f"variables/{_part(key)}")
        return None if reported is None else str(reported["value"])

    async def put(self, key: str, value: str, description: str) -> None:
        """Write a variable."""
        body = {"key": key, "value": value, "description": description}
        if self._unless_missing("PATCH", f"variables/{_part(key)}", json=body) is None:
            self._api.call("POST", "variables", json=body)

    async def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of a run, :data:`tencent_dts.engine.runs.GONE` where there is none."""
        reported = self._unless_missing("GET", f"dags/{_part(dag_id)}/dagRuns/{_part(run_id)}")
        return GONE if reported is None else str(reported["state"])

    def _unless_missing(self, method: str, path: str, **options: Any) -> Any:
        try:
            return self._api.call(method, path, **options)
        except AirflowApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise


class RestStore:
    """The state store of one task instance, as :class:`~tencent_dts.engine.memory.Memory` uses it, from outside."""

    def __init__(self, api: AirflowApi, address: TaskAddress) -> None:
        self._api = api
        self._address = address

    def get(self, key: str, default: Any = None) -> Any:
        """The kept value.

        :raises AirflowApiError: it is not kept where the API can read it.
        """
        try:
            value = self._call("GET", key)["value"]
        except AirflowApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return default
            raise
        if isinstance(value, dict) and any(name.startswith("__airflow") for name in value):
            raise AirflowApiError(
                f"The state store keeps `{key}` outside of Airflow's database, where the API cannot read it",
                next_step="Trigger a new run of the DAG instead; it buys a job of its own.",
            )
        return value

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        """Keep a JSON value: for as long as the run exists, or as long as Airflow keeps such values by default."""
        self._call("PUT", key, json={"value": value, "expires_at": None if retention is NEVER_EXPIRE else "default"})

    def delete(self, key: str) -> None:
        """Keep it no longer."""
        self._call("DELETE", key)

    def _call(self, method: str, key: str, **options: Any) -> Any:
        path = f"{self._address.store}/{_part(key)}"
        return self._api.call(method, path, params={"map_index": self._address.map_index}, **options)
