"""A DAG run as the page needs it: its DTS jobs, and where it stands.

Which jobs it has is what its tasks have left them in Airflow's metadata database.

Every task of this package pushes the id of its job, the link to the console and the API version while it
works; the link gives the region and, with the version, the kind of job. The connection's id stands among the
task's rendered fields. All of it belongs to the run that the viewer may read; nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import parse_qs

from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.models.taskinstance import TaskInstance
from airflow.models.variable import Variable
from airflow.models.xcom import XComModel
from airflow.sdk.exceptions import AirflowException
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import Session

from tencent_dts.api.client import ClientSettings
from tencent_dts.api.console import console_url
from tencent_dts.engine.records import KEY, SEEN, LastSeen, jobs_of
from tencent_dts.errors import HolderUnknown, InvalidInput
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.page import View
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.answers import Item
from tencent_dts.plugins.run_tasks import Stop, reports_of, stops_of
from tencent_dts.tasks.links import LINK_KEY, VERSION_KEY

# Map indexes of a run that are read at once; the others are on further pages.
PER_PAGE = 50
VIEWS = tuple(kind.view for kind in KINDS)
_JOB_KEY = "job_id"
_CONNECTION = "tencentcloud_conn_id"


@dataclass(frozen=True)
class RunJob:
    """One job of a run.

    :param kind: how the page reads and shows it.
    :param map_index: of the tasks that work on it; -1 for tasks that are not mapped.
    :param tasks: ids of the tasks that have shown it, in the order in which they did.
    :param console: address of its page in the console, as the last of them has pushed it.
    :param seen: when that was.
    :param team: the team that the DAG belongs to, where Airflow has teams.
    :param record: how the package has last seen it; ``None`` where it never has, or what is kept cannot be read.
    """

    kind: View
    job_id: str
    region: str
    map_index: int
    tasks: tuple[str, ...]
    console: str
    connection: str
    seen: datetime
    team: str | None = None
    record: LastSeen | None = None


@dataclass(frozen=True)
class Run:
    """What Airflow knows of a run.

    :param jobs: those of one page, by map index and then the latest first.
    :param page: its number, from 1; ``pages``: how many there are.
    :param stops: what the run waits for or is stuck at, the most pressing first.
    :param reports: of the tasks that have looked for orphans.
    """

    jobs: Sequence[RunJob] = ()
    page: int = 1
    pages: int = 1
    stops: Sequence[Stop] = ()
    reports: Sequence[Item] = ()
    exists: bool = True


@dataclass(frozen=True)
class _Push:
    """What one task has shown of its job."""

    task_id: str
    map_index: int
    kind: View
    job_id: str
    region: str
    link: str
    seen: datetime


def job_of_link(link: object, version: object = None) -> tuple[View, str, str] | None:
    """The kind of job, the job and its region that a console link points to; ``None`` for anything but such a link.

    The inverse of :func:`tencent_dts.api.console.console_url`.

    :param version: the API version that the task has shown beside the link; ``None``, as tasks of earlier releases
        left it, takes the first kind that stands on this page of the console.
    """
    if not isinstance(link, str):
        return None
    address, _, asked = link.partition("?")
    page, query = address.rpartition("/")[2], parse_qs(asked)
    job_id, region = (query.get(name, [""])[0] for name in ("jobId", "region"))
    kind = next((kind for kind in VIEWS if kind.key == (page, version or kind.key[1])), None)
    ours = (console_url(job_id, region, site, page) for site in ("", ".intl."))
    return (kind, job_id, region) if kind and job_id and region and link in ours else None


def read_run(dag_id: str, run_id: str, page: int = 1) -> Run:
    """A run and one page of its jobs; one that does not ``exist`` where Airflow knows none.

    Reads the metadata database, so call it in a thread.

    :param page: from 1; one that there is not is the nearest that there is.
    """
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        if run is None:
            return Run(exists=False)
        indexes = _map_indexes(session, run)
        pages = max(1, -(-len(indexes) // PER_PAGE))
        page = min(max(page, 1), pages)
        dag = _Dag(session, run)
        return Run(
            jobs=_jobs(session, run, indexes[(page - 1) * PER_PAGE : page * PER_PAGE], dag),
            page=page,
            pages=pages,
            stops=stops_of(session, run, dag.tasks),
            reports=reports_of(session, run),
        )


def _map_indexes(session: Session, run: DagRun) -> list[int]:
    """Of the tasks that have shown a job; without their values, which are many in a large run."""
    column = XComModel.map_index
    of_run = (XComModel.dag_id == run.dag_id, XComModel.run_id == run.run_id, XComModel.key == LINK_KEY)
    return list(session.scalars(select(column).where(*of_run).distinct().order_by(column)))


def _jobs(session: Session, run: DagRun, indexes: Sequence[int], dag: _Dag) -> list[RunJob]:
    connections = _Connections(session, run, indexes, dag)
    team = _team(run.dag_id)
    found: dict[tuple[object, ...], RunJob] = {}
    pushes = _pushes(session, run, indexes)
    records = _records(session, {push.job_id for push in pushes})
    for push in pushes:
        key = (push.map_index, push.kind.key, push.job_id, push.region)
        found[key] = RunJob(
            kind=push.kind,
            job_id=push.job_id,
            region=push.region,
            map_index=push.map_index,
            tasks=(*(found[key].tasks if key in found else ()), push.task_id),
            console=push.link,
            connection=connections.of(push.task_id, push.map_index),
            seen=push.seen,
            team=team,
            record=records.get(push.job_id),
        )
    return sorted(found.values(), key=lambda job: (job.map_index, -job.seen.timestamp()))


def _records(session: Session, job_ids: Iterable[str]) -> dict[str, LastSeen]:
    """What the package keeps of how jobs were last seen, by their ids."""
    keys = [f"{KEY}{job_id}{SEEN}" for job_id in job_ids]
    found = {}
    for variable in session.scalars(select(Variable).where(Variable.key.in_(keys))):
        with suppress(HolderUnknown):  # it was edited by hand; the tasks say so
            (job_id,) = jobs_of([variable.key])
            found[job_id] = LastSeen.loads(variable.val or "", variable.key)
    return found


def account_of(job: RunJob) -> ClientSettings:
    """The settings to read a job with, from its connection as the API server can read it.

    :raises InvalidInput: the connection is not there, or a part of it is missing or wrong.
    """
    try:
        connection = Connection.get_connection_from_secrets(job.connection, team_name=job.team)
    except (AirflowException, PermissionError) as error:
        fix = "the API server cannot read it, though workers may"
        raise InvalidInput(f"connection {job.connection}", f"{fix}: {error}") from error
    return DtsHook(job.connection, job.region).settings_from(connection)


def _pushes(session: Session, run: DagRun, indexes: Sequence[int]) -> list[_Push]:
    """Of every task that has pushed a link together with the id of the job it points to; the latest last."""
    rows = session.execute(
        select(XComModel.task_id, XComModel.map_index, XComModel.key, XComModel.value, XComModel.timestamp).where(
            XComModel.dag_id == run.dag_id,
            XComModel.run_id == run.run_id,
            XComModel.key.in_((_JOB_KEY, LINK_KEY, VERSION_KEY)),
            XComModel.map_index.in_(indexes),
        )
    ).all()
    values = {(row.task_id, row.map_index, row.key): XComModel.deserialize_value(row) for row in rows}
    found: list[_Push] = []
    for row in rows:
        shown = {key: values.get((row.task_id, row.map_index, key)) for key in (_JOB_KEY, LINK_KEY, VERSION_KEY)}
        job = job_of_link(shown[LINK_KEY], shown[VERSION_KEY]) if row.key == LINK_KEY else None
        if job is not None and job[1] == shown[_JOB_KEY]:
            found.append(_Push(row.task_id, row.map_index, *job, str(shown[LINK_KEY]), row.timestamp))
    return sorted(found, key=lambda push: push.seen)


def _team(dag_id: str) -> str | None:
    return DagModel.get_team_name(dag_id) if conf.getboolean("core", "multi_team") else None


class _Dag:
    """The tasks of the DAG of one run as Airflow has stored them, read at most once."""

    def __init__(self, session: Session, run: DagRun) -> None:
        self._session = session
        self._run = run

    @cached_property
    def tasks(self) -> Mapping[str, object]:
        """By id; none where the DAG is gone."""
        dag = DBDagBag(load_op_links=False).get_dag_for_run(self._run, self._session)
        return dag.task_dict if dag is not None else {}


class _Connections:
    """The connection ids that the tasks of one run work with."""

    def __init__(self, session: Session, run: DagRun, indexes: Sequence[int], dag: _Dag) -> None:
        self._session = session
        self._run = run
        self._indexes = indexes
        self._dag = dag
        self._rendered: dict[tuple[str, int], Item] | None = None

    def of(self, task_id: str, map_index: int) -> str:
        """As it was rendered; from the DAG where Airflow has dropped that; else the default."""
        if self._rendered is None:
            self._rendered = self._read_rendered()
        rendered = (self._rendered.get((task_id, map_index)) or {}).get(_CONNECTION)
        return _usable(rendered) or _usable(self._of_dag(task_id)) or DtsHook.default_conn_name

    def _read_rendered(self) -> dict[tuple[str, int], Item]:
        # From Airflow 3.4 on the fields themselves no longer say which task they are of.
        instance, rendered = TaskInstance, RenderedTaskInstanceFields.rendered_fields
        rows = self._session.execute(
            select(instance.task_id, instance.map_index, rendered.label("rendered_fields"))
            .join(instance.rendered_task_instance_fields)
            .where(
                instance.dag_id == self._run.dag_id,
                instance.run_id == self._run.run_id,
                instance.map_index.in_(self._indexes),
            )
        )
        return {(row.task_id, row.map_index): row.rendered_fields for row in rows}

    def _of_dag(self, task_id: str) -> object:
        task = self._dag.tasks.get(task_id)
        partial = getattr(task, "partial_kwargs", None) or {}
        return partial.get(_CONNECTION) or getattr(task, _CONNECTION, None)


def _usable(value: object) -> str | None:
    """The value where it is an id: a template that was never rendered is none."""
    return value if isinstance(value, str) and value and "{{" not in value else None
