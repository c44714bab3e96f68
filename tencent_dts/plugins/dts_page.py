"""The plugin that adds the *DTS* tab to the page of a DAG run.

Airflow imports plugins in every process, so this module stays light: the page itself, with FastAPI, the
database models and the client, is imported at the first request, which only an API server gets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/tencent-dts"

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


class PageOnDemand:
    """The ASGI application of the page, built when the first request comes."""

    def __init__(self) -> None:
        self._app: App | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if self._app is None:
            from tencent_dts.plugins.routes import build

            self._app = build()
        await self._app(scope, receive, send)


PAGE = {"app": PageOnDemand(), "url_prefix": PREFIX, "name": "Tencent Cloud DTS"}
TAB = {
    "name": "DTS",
    # No leading slash: it is resolved against Airflow's base address, which may have a path of its own.
    "href": f"{PREFIX.removeprefix('/')}/run?dag_id={{DAG_ID}}&run_id={{RUN_ID}}",
    "destination": "dag_run",
    "url_route": "tencent-dts",
}
_PAGES, _TABS = [PAGE], [TAB]


class TencentDtsPlugin(AirflowPlugin):
    """Registers the page and its tab; loaded by the entry point ``airflow.plugins``."""

    name = "tencent_dts"
    fastapi_apps = _PAGES
    external_views = _TABS
