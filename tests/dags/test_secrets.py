"""A secret is nowhere but in its connection and in the requests that need it: whole runs that also fail, then a sweep.

Swept are Airflow's whole home (database, its journal, task logs), every line of every logger at DEBUG, what triggers
are made of, the texts of errors, and the emulator's journal and state file.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import runpy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from airflow.configuration import conf
from airflow.sdk.definitions import dag as airflow_dag

from scripts.local import ROOT, connections
from tencent_dts.emulator import Emulator, Key
from tests.dag_runs import LocalRun
from tests.dags.migrations import change

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database")]


WRONG, RIGHT = 'wrong-"7f3c/Zü+9d', "r1ght-&%20='b8e2"
SECRETS = {
    "a wrong password": WRONG,
    "the source's password": RIGHT,
    "the target's password": "t4rget-<p&ss>\\w0rd;",
    "a wrong SecretKey": "wr0ngK3y/of+the=account",
    "the SecretKey": "Zx7+key/of=the&account",
    "the token": "t0ken-of+temporary/keys==",
    "the TmpSecretKey": "tmpKey+of/another=account",
    "the TmpToken": "tmpToken-of/another+account",
    "a node's TmpToken": "nodeToken/of+one=node",
}


def database() -> bytes:
    """The bytes of Airflow's metadata database, its journal included."""
    file = conf.get("database", "sql_alchemy_conn").removeprefix("sqlite:///")
    return b"".join(path.read_bytes() for path in Path(file).parent.glob("airflow.db*"))


def written(secret: str) -> list[str]:
    """The ways in which a text may be written."""
    plain, escaped = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
    return [secret, plain, escaped, json.dumps(escaped)[1:-1]]


def forms(secret: str) -> set[bytes]:
    """The bytes that a secret may be kept as: as it is, escaped, quoted for an address or a page, in base64, in hex."""
    raw = secret.encode()
    texts = [*written(secret), repr(secret)[1:-1], repr(raw)[2:-1], quote(secret), quote(secret, safe=""), raw.hex()]
    texts += [quote_plus(secret), html.escape(secret), html.escape(secret, quote=False), quote(secret).lower()]
    found = {text.encode() for text in texts} | {secret.encode("latin-1"), secret.encode("utf-16-le")}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # In the middle of a longer text its letters depend on where it begins; those at the edges on the neighbours.
        found |= {encode(b"\x00" * shift + raw)[4 if shift else 0 : len(raw) // 3 * 4] for shift in range(3)}
    return found


def swept(places: Mapping[str, bytes]) -> list[str]:
    """Which secret stands where."""
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, secret in SECRETS.items()
        if any(form in content for form in forms(secret))
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        lambda text: text,
        lambda text: json.dumps({"a": json.dumps({"Password": text})}),
        lambda text: f"https://user:{quote(text, safe='')}@host",
        lambda text: f"<td>{html.escape(text)}</td>",
        lambda text: base64.b64encode(f"user:{text}:more".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"us:{text}".encode()).decode(),
        lambda text: repr({"b": text.encode()}),
    ],
)
def test_the_sweep_finds_what_is_hidden(hidden: Callable[[str], str]) -> None:
    for name, secret in SECRETS.items():
        assert swept({"here": hidden(secret).encode()}) == [f"{name} in here"]


class Witness(logging.Handler):
    """Keeps every record of every logger whole, before Airflow masks anything in it, and every trigger."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.triggers: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record with its traceback."""
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.lines.append(f"{record.name}: {record.getMessage()}\n{trace}")

    @property
    def names(self) -> set[str]:
        """The loggers that said something."""
        return {line.partition(":")[0].partition(".")[0] for line in self.lines}


LOGGERS = (
    "httpx",
    "httpcore",
    "tencentcloud_sdk_common",
    "asyncio",
    "airflow",
    "airflow.task",
    "sqlalchemy",
    "uvicorn",
)


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """Every logger at DEBUG."""
    seen = Witness()
    original = airflow_dag._run_inline_trigger

    def run_trigger(trigger: Any, ti: Any) -> Any:
        seen.triggers.append(repr(trigger.serialize()))
        return original(trigger, ti)  # type: ignore[no-untyped-call]  # Airflow's is untyped

    monkeypatch.setattr(airflow_dag, "_run_inline_trigger", run_trigger)
    known = {name: logging.getLogger(name) for name in (*LOGGERS, *list(logging.root.manager.loggerDict))}
    loggers = {logger: logger.level for logger in (logging.root, *known.values())}
    for logger in loggers:
        # SQLAlchemy says what goes into the database and comes out of it, which is swept itself.
        logger.setLevel(logging.WARNING if logger.name.startswith("sqlalchemy") else logging.DEBUG)
        if logger is logging.root or not logger.propagate:
            logger.addHandler(seen)
    yield seen
    for logger, level in loggers.items():
        logger.setLevel(level)
        logger.removeHandler(seen)


class Scene:
    """An emulator whose only key is a temporary one, and connections with every secret that there can be.

    The key and the source's password are wrong at first.

    :param emulator: where it keeps its state is ``state``.
    """

    def __init__(self, emulator: Emulator, state: Path, patch: pytest.MonkeyPatch) -> None:
        self.emulator = emulator
        self.state = state
        self._patch = patch
        host, port = emulator.endpoint.split(":")
        raw = connections(host, int(port))
        self._values = {name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(value) for name, value in raw.items()}
        extra = {**self._values["tencentcloud_default"]["extra"], "token": SECRETS["the token"]}
        self.change("tencentcloud_default", login="AKIDtemporary", password=SECRETS["a wrong SecretKey"], extra=extra)
        node = {"host": "203.0.113.5", "port": 3306, "tmp_token": SECRETS["a node's TmpToken"]}
        keys = {"tmp_secret_key": SECRETS["the TmpSecretKey"], "tmp_token": SECRETS["the TmpToken"], "nodes": [node]}
        self.change("source_mysql", password=WRONG, extra={**self._values["source_mysql"]["extra"], **keys})
        self.change("target_mysql", password=SECRETS["the target's password"])

    def change(self, conn_id: str, **parts: Any) -> None:
        """Change parts of a connection."""
        change(self._patch, self._values, conn_id, **parts)

    def mend(self, conn_id: str, password: str) -> bool:
        """Give a connection the right password; False where it has it."""
        if self._values[conn_id]["password"] == password:
            return False
        self.change(conn_id, password=password)
        return True

    def kept(self) -> dict[str, bytes]:
        """Everything that the emulator keeps."""
        return {
            "the journal": json.dumps(self.emulator.journal(), ensure_ascii=False).encode(),
            "the emulator's jobs": json.dumps(self.emulator.jobs(), ensure_ascii=False).encode(),
            "the emulator's state": b"".join(
                path.read_bytes() for path in self.state.parent.glob(f"{self.state.name}*")
            ),
        }


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    state = tmp_path / "state.sqlite"
    accounts = {"AKIDtemporary": Key(SECRETS["the SecretKey"], SECRETS["the token"])}
    # Slow enough that a task which waits for the copy is deferred to a trigger.
    with Emulator(speed=60, state=state, accounts=accounts, rate_limit=False) as emulator:
        yield Scene(emulator, state, monkeypatch)


Ids = dict[str, Any]
Step = tuple[str, Callable[[Ids], dict[str, Any]]]
MORE = {"Mode": "Partial", "Databases": [{"DbName": "more", "DbMode": "All", "TableMode": "All"}]}
LIFECYCLES: dict[str, tuple[Step, ...]] = {
    "migrate": (("dts_migrate", lambda ids: {"approval": False, "hold_seconds": 0}),),
    "sync": (
        ("dts_sync", lambda ids: {"hold_seconds": 0}),
        ("dts_sync_modify", lambda ids: {"job_id": ids["dts_sync"], "objects": MORE}),
        ("dts_sync_retire", lambda ids: {"job_id": ids["dts_sync"]}),
    ),
    "migrate_2018": (("dts_migrate_2018", lambda ids: {"hold_seconds": 0}),),
    "subscribe": (
        ("dts_subscribe", lambda ids: {"instance_id": "cdb-9dijwkkw"}),
        ("dts_unsubscribe", lambda ids: {"subscribe_id": ids["dts_subscribe"]}),
    ),
    "watch": (("dts_watch", lambda ids: {}),),
}
CONFIGURES = {"migrate": "ModifyMigrationJob", "sync": "ConfigureSyncJob", "migrate_2018": "CreateMigrateJob"}


def cleared(run: LocalRun, errors: list[str]) -> LocalRun:
    """Clear what is red, as the on-call does, and remember what it said."""
    red = run.red()
    assert red, run.states()
    errors += [run.error(task_id) for task_id in red]
    for task_id in red:
        run.clear(task_id)
    return run


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_no_secret_is_kept_or_said_through_failures_to_the_end(
    lifecycle: str, scene: Scene, witness: Witness, capfd: pytest.CaptureFixture[str]
) -> None:
    errors: list[str] = []
    ids: Ids = {}
    for dag_id, parameters in LIFECYCLES[lifecycle]:
        run = LocalRun(runpy.run_path(str(ROOT / "dags" / f"{dag_id}.py"))["dag"], parameters(ids))
        if scene.mend("tencentcloud_default", SECRETS["the SecretKey"]):
            cleared(run, errors)
        if lifecycle in CONFIGURES and scene.mend("source_mysql", RIGHT):
            cleared(run, errors)
        assert run.state == "success", {name: run.error(name) for name in run.red()}
        ids[dag_id] = run.xcom("purchase")
    assert scene.emulator.meter()["live"] == []

    printed = capfd.readouterr()
    home = [path for path in Path(os.environ["AIRFLOW_HOME"]).rglob("*") if path.is_file()]
    places = {
        **scene.kept(),
        "the database": database(),
        "Airflow's home": b"".join(path.read_bytes() for path in home),
        "the log": "\n".join(witness.lines).encode(),
        "what was printed": (printed.out + printed.err).encode(),
        "a trigger": "\n".join(witness.triggers).encode(),
        "an error": "\n".join(errors).encode(),
    }
    assert swept(places) == []
    # Each place was looked at while there was something to see.
    assert run.run_id.encode() in places["the database"]
    assert {"httpx", "httpcore", "tencentcloud_sdk_common", "asyncio"} <= witness.names
    assert b"AuthFailure.SignatureFailure" in places["an error"]
    assert b"AuthFailure.SignatureFailure" in places["the emulator's state"]
    if lifecycle in CONFIGURES:
        assert witness.triggers
        assert b"password" in places["an error"]
        sent = [call["parameters"] for call in scene.emulator.journal(CONFIGURES[lifecycle]) if not call["code"]]
        assert "******" in json.dumps(sent)
