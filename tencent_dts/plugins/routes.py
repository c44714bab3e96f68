"""The routes of the page; each is a GET behind Airflow's own access checks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tencent_dts.plugins.facts import Job, job_of
from tencent_dts.plugins.reading import Snapshot, read_job
from tencent_dts.plugins.run_jobs import Run, RunJob, account_of, read_run
from tencent_dts.plugins.sharing import SharedReads

SECONDS_BETWEEN_READS = 10
_AT_ONCE = 5
_HERE = Path(__file__).parent

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NO_RUN = "Airflow has no such run."
_NO_JOB = (
    "This run has no DTS job yet. One shows here as soon as a task has bought or adopted it "
    "(and never, where the DAG has no tasks of this provider)."
)
_MAY_READ = [
    Depends(requires_access_dag(method="GET", access_entity=entity))
    for entity in (DagAccessEntity.RUN, DagAccessEntity.TASK_INSTANCE)
]


def build(seconds_between_reads: float = SECONDS_BETWEEN_READS) -> FastAPI:
    """The application that Airflow mounts. It changes nothing, so it has nothing but GET.

    :param seconds_between_reads: for which a job that was read is shown without reading it again.
    """
    # Every route requires a login.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(get_user)])
    view = _Page(seconds_between_reads)

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # Refusals too, which FastAPI makes before any route is reached.
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    @app.get("/run", dependencies=_MAY_READ, response_class=HTMLResponse)
    async def run(dag_id: str, run_id: str, job: str = "", page: int = 1) -> HTMLResponse:
        return await view.of_run(dag_id, run_id, job, page)

    @app.get("/page.css")
    def style() -> FileResponse:
        return FileResponse(_HERE / "assets" / "page.css", media_type="text/css")

    @app.get("/page.js")
    def script() -> FileResponse:
        return FileResponse(_HERE / "assets" / "page.js", media_type="text/javascript")

    return app


class _Page:
    """The page of a run, with what this process has read lately."""

    def __init__(self, seconds_between_reads: float) -> None:
        self._runs: SharedReads[Run] = SharedReads(seconds_between_reads)
        self._reads: SharedReads[Snapshot] = SharedReads(seconds_between_reads)
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("page.html")

    async def of_run(self, dag_id: str, run_id: str, chosen: str, page: int) -> HTMLResponse:
        """Show where a run stands, and its jobs; of many, an index and the chosen one."""

        async def read(_: Run | None) -> Run:
            return await asyncio.to_thread(read_run, dag_id, run_id, page)

        run = await self._runs.get((dag_id, run_id, page), read)
        shown = _choose(run.jobs, chosen)
        text = self._template.render(
            dag_id=dag_id,
            run_id=run_id,
            refresh_seconds=SECONDS_BETWEEN_READS,
            notice=_notice(run),
            stops=run.stops,
            reports=run.reports,
            index=_index(dag_id, run_id, run, shown) if len(run.jobs) > len(shown) else [],
            turns=_turns(dag_id, run_id, run),
            jobs=await asyncio.gather(*(self._job(job) for job in shown)),
        )
        return HTMLResponse(text, status_code=200 if run.exists else 404)

    async def _job(self, job: RunJob) -> Job:
        key = (job.team, job.connection, job.region, job.kind.key, job.job_id)
        snapshot = await self._reads.get(key, partial(read_job, job.kind, job.job_id, partial(account_of, job)))
        return job_of(job, snapshot)


def _choose(jobs: Sequence[RunJob], chosen: str) -> Sequence[RunJob]:
    """The jobs to show: all of a few; else the one asked for, or the first."""
    if len(jobs) <= _AT_ONCE:
        return jobs
    return [next((job for job in jobs if job.job_id == chosen), jobs[0])]


def _notice(run: Run) -> str:
    """What is said in place of jobs."""
    if not run.exists:
        return _NO_RUN
    return "" if run.jobs or run.reports else _NO_JOB


def _index(dag_id: str, run_id: str, run: Run, shown: Sequence[RunJob]) -> list[dict[str, object]]:
    """A link to each job of a page."""
    return [
        {
            "query": urlencode({"dag_id": dag_id, "run_id": run_id, "page": run.page, "job": job.job_id}),
            "text": f"{job.map_index}: {job.job_id}" if job.map_index >= 0 else job.job_id,
            "chosen": job in shown,
        }
        for job in run.jobs
    ]


def _turns(dag_id: str, run_id: str, run: Run) -> list[dict[str, object]]:
    """A link to each page of jobs; none where there is one page."""
    if run.pages == 1:
        return []
    return [
        {
            "query": urlencode({"dag_id": dag_id, "run_id": run_id, "page": page}),
            "text": str(page),
            "chosen": page == run.page,
        }
        for page in range(1, run.pages + 1)
    ]
