"""Every metric arrives, from real runs on the emulator, at a StatsD server and at an OpenTelemetry receiver."""

from __future__ import annotations

import asyncio
import http.server
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.providers.standard.operators import hitl
from airflow.sdk._shared.observability.metrics import stats as of_airflow
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics.stats_utils import get_stats_factory
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from scripts.local import ROOT
from tencent_dts import metrics
from tencent_dts.engine.identity import Identity
from tencent_dts.errors import DtsProblem
from tencent_dts.kinds import measures
from tencent_dts.metrics import METRICS
from tencent_dts.operators.reap import DtsReapOrphansOperator
from tencent_dts.operators.watch import DtsWatchJobsOperator
from tencent_dts.sensors.migration import DtsMigrationJobSucceededSensor
from tests.drive import AIRFLOW, Task
from tests.rules import for_every
from tests.servers import serving
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.test_approve import answered, approve
from tests.unit.stages import seeded
from tests.unit.triggers.test_shared_poll import Triggerer, run, wait_for

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow_database")

RUN = ("dts_migrate", "manual__2026-11-23T00:00:00+00:00")
AT = "connection=tencentcloud_default,kind=migration,region=ap-guangzhou"
AT_SYNC = AT.replace("migration", "sync")
WAITS = "waits,connection=tencentcloud_default,listing=DescribeMigrationJobs,region=ap-guangzhou"
Series = dict[str, dict[str, list[Any]]]
"""What arrived: by the metric's name as Airflow has it, the values of each of its tags."""


def switched(monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    """Set Airflow's section of metrics, and let this process take note, as a worker does when it starts."""
    for name, value in options.items():
        monkeypatch.setenv(f"AIRFLOW__METRICS__{name.upper()}", str(value))
    stats.initialize(factory=get_stats_factory(), export_legacy_names=False)


@pytest.fixture(autouse=True)
def _nothing_is_sent_afterwards() -> Iterator[None]:
    yield
    metrics._begun.clear()
    stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """A StatsD server: the lines that have arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**23)
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        options = {"statsd_on": True, "statsd_host": "127.0.0.1", "statsd_port": server.getsockname()[1]}
        switched(monkeypatch, **options, statsd_influxdb_enabled=True)

        def received() -> list[str]:
            lines: list[str] = []
            while True:
                try:
                    lines += server.recv(65536).decode().splitlines()
                except BlockingIOError:
                    return lines

        yield received


def series_of(lines: list[str]) -> Series:
    """Lines as ``airflow.tencent_dts.calls,action=X,code=OK:1|c``."""
    found: Series = {}
    for line in lines:
        head, _, value = line.rpartition(":")
        name, *tags = head.split(",")
        series = found.setdefault(name, {"": []})
        series[""].append(value)
        for tag in tags:
            key, _, told = tag.partition("=")
            series.setdefault(key, []).append(told)
    return found


KINDS = {"counter": "c", "gauge": "g", "timing": "ms"}


def everything_happens(cloud: Cloud) -> None:
    """A migration that is waited for and approved, a throttled call, a look of the watch and one of the reaper."""
    tags = {"Tags": Identity("tests", *RUN, "purchase").tags(0)}
    job = cloud.ready(purchase=tags)
    erring = cloud.incremental(purchase=tags)
    seeded(cloud, erring, {"force_status": "error"})
    cloud.emulator.add_fault({"action": "DescribeMigrationJobs", "times": 1, "code": "RequestLimitExceeded"})
    AIRFLOW.runs[RUN] = ("failed", None)
    Task(DtsWatchJobsOperator(task_id="watch")).run()
    Task(DtsReapOrphansOperator(task_id="reap")).run()
    parked = approve(job_id=job, evidence={"job_id": job, "conclusion": "same", "compare_task_id": "first"})
    with pytest.raises(TaskAwaitingInput):
        parked.operator.execute(parked.context)
    parked.operator.resume_execution("execute_complete", {"event": answered("Approve")}, parked.context)
    in_a_triggerer(cloud, job)


def in_a_triggerer(cloud: Cloud, job: str) -> None:
    """Airflow's own runner of triggers, in which Airflow has not prepared the SDK's metrics."""
    listed = len(cloud.emulator.journal("DescribeMigrationJobs"))
    triggerer = Triggerer([wait_for(job)])

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal("DescribeMigrationJobs")) >= listed + 3)
        seeded(cloud, job, {"force_status": "success"})
        await triggerer.until(lambda: bool(triggerer.fired))

    run(triggerer, story)


@pytest.fixture
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **_: None)


@pytest.mark.usefixtures("_asked")
def test_each_metric_arrives_at_a_statsd_server_with_its_tags(statsd: Any, cloud: Cloud) -> None:
    everything_happens(cloud)
    lines = statsd()
    found = series_of(lines)
    missing = [metric.name for metric in METRICS if f"airflow.{metric.full_name}" not in found]
    assert missing == []
    for metric in METRICS:
        series = found[f"airflow.{metric.full_name}"]
        assert set(series) == {"", *metric.tags}, metric.name
        assert all(value.endswith(f"|{KINDS[metric.kind]}") for value in series[""]), metric.name
    own = [name for name in found if name.startswith("airflow.tencent_dts.")]
    assert sorted(own) == sorted(f"airflow.{metric.full_name}" for metric in METRICS)
    assert "correct horse" not in "".join(lines)
    assert "emulator-secret" not in "".join(lines)


@pytest.mark.usefixtures("_asked")
def test_what_they_say_is_what_happened(statsd: Any, cloud: Cloud) -> None:
    everything_happens(cloud)
    lines = statsd()

    def sent(text: str) -> list[str]:
        return [line.partition("airflow.tencent_dts.")[2] for line in lines if text in line]

    assert sent("throttled") == ["throttled,action=DescribeMigrationJobs:1|c"]
    assert sent("code=RequestLimitExceeded") == ["calls,action=DescribeMigrationJobs,code=RequestLimitExceeded:1|c"]
    assert f"jobs,{AT},status=error:1|g" in sent("jobs,")
    assert f"jobs,{AT},status=canceled:0|g" in sent("jobs,")
    assert f"findings,{AT},rule=in_error:1|g" in sent("findings,")
    assert f"findings,{AT_SYNC},rule=paused:0|g" in sent("findings,")
    assert f"orphans,{AT},standing=orphan:2|g" in sent("orphans,")
    assert sent("approvals_") == ["approvals_asked:1|c", "approvals_answered,answer=approved:1|c"]
    assert sent("waits_ended") == ["waits_ended,kind=migration_job,reason=done:1|c"]
    assert f"{WAITS}:1|g" in sent("waits,")
    assert sent("waits,")[-1] == f"{WAITS}:0|g"
    ages = [float(line.rpartition(":")[2].partition("|")[0]) for line in sent("job_age_hours")]
    assert all(0 < age < 1 for age in ages)


def test_a_lag_that_is_not_known_is_not_sent(statsd: Any, cloud: Cloud) -> None:
    cloud.dumping(purchase={"Tags": Identity("tests", *RUN, "purchase").tags(0)})
    AIRFLOW.runs[RUN] = ("failed", None)
    Task(DtsWatchJobsOperator(task_id="watch", kinds="migration")).run()
    found = series_of(statsd())
    assert "airflow.tencent_dts.job_seen" in found
    assert "airflow.tencent_dts.job_lag_seconds" not in found


def test_nor_is_one_of_a_job_that_has_not_begun(statsd: Any, cloud: Cloud) -> None:
    """API 2018-03-30 tells a lag of 0 until there are steps of a run."""
    Cloud2018(cloud.emulator).made(Tags=Identity("tests", *RUN, "purchase").tags(0))
    AIRFLOW.runs[RUN] = ("failed", None)
    Task(DtsWatchJobsOperator(task_id="watch", kinds="migration_2018")).run()
    found = series_of(statsd())
    assert "airflow.tencent_dts.job_seen" in found
    assert "airflow.tencent_dts.job_lag_seconds" not in found


def test_what_cannot_be_read_any_more_is_still_counted_among_the_findings(statsd: Any, cloud: Cloud) -> None:
    SyncCloud(cloud.emulator).erring({"Tags": Identity("tests", *RUN, "purchase").tags(0)})
    Task(DtsWatchJobsOperator(task_id="watch", kinds="sync")).run()
    cloud.emulator.add_fault({"action": "DescribeSyncJobs", "code": "AuthFailure.UnauthorizedOperation"})
    with pytest.raises(DtsProblem, match="UnauthorizedOperation"):
        Task(DtsWatchJobsOperator(task_id="watch", kinds="sync")).run()
    sent = [line for line in statsd() if f"findings,{AT_SYNC},rule=in_error" in line]
    assert [line.rpartition(":")[2] for line in sent] == ["1|g", "1|g"]


def test_waits_of_all_intervals_at_one_place_are_one_number(statsd: Any, cloud: Cloud) -> None:
    job = cloud.ready(purchase={"Tags": Identity("tests", *RUN, "purchase").tags(0)})
    triggerer = Triggerer([wait_for(job), wait_for(job), wait_for(job) | {"interval": 0.3}])
    lines: list[str] = []

    def counted() -> bool:
        lines.extend(line for line in statsd() if f".{WAITS}:" in line)
        return any(line.endswith(":3|g") for line in lines)

    async def story() -> None:
        await triggerer.until(counted)
        seeded(cloud, job, {"force_status": "success"})
        await triggerer.until(lambda: len(triggerer.fired) == 3)

    run(triggerer, story)
    lines.extend(line for line in statsd() if f".{WAITS}:" in line)
    assert lines[-1].endswith(":0|g")


def test_a_job_that_cannot_be_measured_ends_no_wait_and_no_look(
    statsd: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.ready(purchase={"Tags": Identity("tests", *RUN, "purchase").tags(0)})

    def broken(*_: Any) -> None:
        raise TypeError("an answer of a form that nobody foresaw")

    monkeypatch.setattr(measures, "_progress", broken)
    AIRFLOW.runs[RUN] = ("running", None)
    assert Task(DtsWatchJobsOperator(task_id="watch", kinds="migration")).run()["failed"] == []
    in_a_triggerer(cloud, job)
    assert any(f".{WAITS}:1|g" in line for line in statsd())


class Collector(http.server.BaseHTTPRequestHandler):
    """An OpenTelemetry receiver: OTLP over HTTP, in protobuf."""

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Silence."""


@pytest.mark.usefixtures("_asked")
def test_each_metric_arrives_at_an_opentelemetry_receiver(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.received = []
    with serving(server):
        port = server.server_port
        switched(monkeypatch, otel_on=True, otel_host="127.0.0.1", otel_port=port, otel_interval_milliseconds=600000)
        senders: list[Any] = [of_airflow._get_backend()]  # as a worker's process has it; then, as a triggerer's
        everything_happens(cloud)
        senders.append(of_airflow._get_backend())
        for sender in senders:
            sender.otel.shutdown()  # which sends what is left
    arrived = {
        metric.name: metric
        for request in server.received
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    shapes = {"counter": "sum", "gauge": "gauge", "timing": "exponential_histogram"}
    for metric in METRICS:
        got = arrived[f"airflow.{metric.full_name}"]
        assert got.WhichOneof("data") == shapes[metric.kind], metric.name
        (points,) = (getattr(got, shapes[metric.kind]).data_points,)
        assert {attribute.key for point in points for attribute in point.attributes} == set(metric.tags), metric.name


# --- It fails nothing, and holds nothing up ---


class Breaking:
    """A backend that raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionError(name)


def test_a_backend_that_breaks_fails_no_task(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    stats.initialize(factory=Breaking, export_legacy_names=False)  # type: ignore[arg-type]  # that is the point
    job = cloud.succeeded()
    assert Task(DtsMigrationJobSucceededSensor(task_id="done", job_id=job, wait="sync")).run()


def test_a_wrong_tag_fails_no_task_either(statsd: Any) -> None:
    metrics.send(metrics.CALLS, action="DescribeMigrationJobs")
    assert statsd() == []


def test_the_metrics_of_a_thousand_jobs_do_not_hold_up_the_triggerer(statsd: Any, cloud: Cloud) -> None:
    """They are sent beside the event loop: while a slow backend takes them, the loop goes on."""
    from tencent_dts.triggers import wait

    cloud.ready(purchase={"Tags": Identity("tests", *RUN, "purchase").tags(0)})
    sending = threading.Event()
    ticks = 0

    async def turn() -> None:
        nonlocal ticks
        stream = wait.DtsWaitTrigger.open_shared_stream(wait_for("dts-none"))
        looking = asyncio.ensure_future(anext(stream))
        assert await asyncio.to_thread(sending.wait, 20)
        for _ in range(5):
            ticks += 1
            await asyncio.sleep(0)
        release.set()
        await looking
        await stream.aclose()  # type: ignore[attr-defined]  # a generator

    release = threading.Event()
    went_on: list[bool] = []

    def slow(*_: Any) -> None:
        sending.set()
        went_on.append(release.wait(5))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wait, "send_jobs", slow)
        asyncio.run(turn())
    assert (ticks, went_on) == (5, [True])


def test_nothing_is_measured_where_airflow_sends_nothing(cloud: Cloud) -> None:
    assert not metrics.are_on()


# --- The files beside them ---

FILES = [ROOT / "deploy" / "grafana" / "tencent-dts.json", ROOT / "deploy" / "prometheus" / "tencent-dts.rules.yaml"]
BY_NAME = {metric.prometheus_name: metric for metric in METRICS}


@for_every("path", FILES, ids=lambda path: path.name)
def test_every_metric_and_tag_that_a_file_uses_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    used = set(re.findall(r"airflow_tencent_dts_\w+", text))
    assert used
    assert used <= BY_NAME.keys()
    for name, matchers in re.findall(r"(airflow_tencent_dts_\w+)\{([^}]*)\}", text):
        labels = set(re.findall(r"(\w+)\s*=?[=!]~?", matchers))
        assert labels <= set(BY_NAME[name].tags), (name, labels)


def expressions() -> list[str]:
    """Every expression of the dashboard and the alerts, on one line each."""
    panels = json.loads(FILES[0].read_text("utf-8"))["panels"]
    groups = yaml.safe_load(FILES[1].read_text("utf-8"))["groups"]
    found = [target["expr"] for panel in panels for target in panel["targets"]]
    return found + [rule["expr"] for group in groups for rule in group["rules"]]


def test_a_gauge_that_nobody_sends_any_more_counts_for_nothing() -> None:
    """It keeps its last value; and what looks lives for seconds, so that there is not always a sample of now."""
    gauges = {metric.prometheus_name: metric for metric in METRICS if metric.kind == "gauge" and metric.name != "waits"}
    for expression in expressions():
        used = [name for name in re.findall(r"airflow_tencent_dts_\w+", expression) if name in gauges]
        assert expression.count("last_over_time(") == len(used), expression
        assert not used or "max" in expression, expression
        for name in used:
            seen = "job_seen" if "job" in gauges[name].tags else "jobs_seen" if "status" in gauges[name].tags else ""
            assert f"airflow_tencent_dts_{seen}" in expression, expression


def test_counts_of_processes_that_live_for_seconds_are_not_subtracted_from_each_other() -> None:
    """A cleared approval is asked for twice and answered once; a failed or deleted run never answers."""
    assert not [expression for expression in expressions() if re.search(r"_total\)? *-", expression)]


def test_the_rules_are_well_formed_and_say_what_to_do() -> None:
    groups = yaml.safe_load(FILES[1].read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) >= 8
    for rule in rules:
        assert rule["alert"].startswith("TencentDts")
        assert {"severity"} <= rule["labels"].keys()
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"]


def test_names_are_ones_that_every_backend_takes() -> None:
    assert all(re.fullmatch(r"[a-z_]+", metric.name) for metric in METRICS)
    assert not [tag for metric in METRICS for tag in metric.tags if re.search("job_id|run_id", tag)]
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.text.endswith(".") for metric in METRICS)
