"""Whole runs of dts_watch in Airflow: a file is written, an event is made, a run is started, and nothing twice."""

from __future__ import annotations

import email
import json
import runpy
import socketserver
from pathlib import Path
from typing import Any

import pytest
from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.dagrun import DagRun
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseNotifier
from airflow.utils.session import create_session
from sqlalchemy import select

from scripts.local import ROOT
from tencent_dts.engine.identity import Identity
from tencent_dts.operators.watch import DtsWatchJobsOperator
from tests.dag_runs import LocalRun, _make_known
from tests.servers import serving
from tests.unit.emulator.sync_cloud import SyncCloud

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


class FileNotifier(BaseNotifier):
    """Writes each message to a file, as a notifier of any provider would send it."""

    template_fields = ("path", "text")

    def __init__(self, path: str, text: str = "{{ dts_watch.text }}") -> None:
        super().__init__()
        self.path, self.text = path, text

    def notify(self, context: Any) -> None:
        with Path(self.path).open("a") as file:
            file.write(f"{self.text}\n")


def erring(emulator: Any) -> str:
    """A living link in error, bought by a run that is over."""
    emulator.set_speed(0)
    tags = Identity("tests", "dts_sync", "manual__1", "purchase").tags(0)
    return SyncCloud(emulator).erring({"Tags": tags})


def asset_events() -> list[dict[str, Any]]:
    with create_session() as session:
        found = select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        return list(session.scalars(found.where(AssetModel.name == "tencent_dts_findings")))


def test_a_run_tells_a_file_an_asset_and_a_dag_once(dts_emulator: Any, tmp_path: Path) -> None:
    job_id = erring(dts_emulator)
    with DAG("page_someone", schedule=None) as paged:
        EmptyOperator(task_id="page")
    _make_known(paged)
    file = tmp_path / "messages"
    with DAG("own_watch", schedule=None) as dag:
        DtsWatchJobsOperator(
            task_id="watch", kinds="sync", notifiers=[FileNotifier(str(file))], trigger_dag_id="page_someone"
        )
    before = len(asset_events())
    first = LocalRun(dag)
    assert first.state == "success"
    assert [row["job_id"] for row in first.xcom("watch")["findings"]] == [job_id]
    assert job_id in file.read_text()
    assert "ResumeSyncJob" in file.read_text()
    (event,) = asset_events()[before:]
    assert event["told"][0]["job_id"] == job_id
    with create_session() as session:
        started = session.scalars(select(DagRun).where(DagRun.dag_id == "page_someone")).all()
        assert [(run.conf or {})["told"][0]["job_id"] for run in started] == [job_id]

    told = file.read_text()
    assert LocalRun(dag).state == "success"
    assert file.read_text() == told
    assert len(asset_events()) == before + 1


class Mailbox(socketserver.StreamRequestHandler):
    """Takes every mail."""

    def handle(self) -> None:
        server: Any = self.server
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            self.wfile.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n"))
            if word == b"QUIT":
                return
            if word == b"DATA":
                server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"250 ok\r\n")


def test_the_guide_s_example_writes_a_mail(dts_emulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = erring(dts_emulator)
    server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.mails = []
    extra = {"disable_ssl": True, "disable_tls": True}
    address = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.server_address[1], "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(address))
    with serving(server):
        run = LocalRun(runpy.run_path(str(ROOT / "docs" / "examples" / "watch_with_mail.py"))["dag"])
    assert run.state == "success"
    (mail,) = map(email.message_from_string, server.mails)
    assert mail["Subject"] == "DTS jobs of tests: 1 finding"
    texts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "text/html"]
    assert job_id in b"".join(texts).decode()  # type: ignore[arg-type]  # of a part that is not multipart


def test_it_runs_by_its_form_and_is_scheduled(dts_emulator: Any) -> None:
    job_id = erring(dts_emulator)
    dag = runpy.run_path(str(ROOT / "dags" / "dts_watch.py"))["dag"]
    assert dag.timetable.can_be_scheduled
    run = LocalRun(dag, {"fail_on_findings": True, "asset_event": False})
    assert run.red() == ["watch"]
    assert job_id in run.error("watch")
    assert run.xcom("watch", "report")["findings"][0]["job_id"] == job_id


def test_a_misspelt_limit_is_refused(dts_emulator: Any) -> None:
    run = LocalRun(runpy.run_path(str(ROOT / "dags" / "dts_watch.py"))["dag"], {"pause_hours": 12})
    assert run.red() == ["watch"]
    assert "did you mean paused_hours" in run.error("watch")
