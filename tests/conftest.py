"""An Airflow of its own for each test process, an emulator that its connections name, a time limit for each test."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.local import ROOT, connections

pytest_plugins = ["tencent_dts.emulator.fixture"]

LIMIT = 600
"""Seconds for one test, with its fixtures: many times what the slowest takes, for machines are shared."""
LIMIT_OF_PROCESSES = 1800
"""The same for the tests of the whole topology."""

SECONDS = {"POLL_INTERVAL": "0.05", "FIRST_LOOK": "0", "SETTLE_TIME": "2", "VISIBLE_WITHIN": "4", "CALL_TIMEOUT": "20"}


def _airflow_home() -> Path:
    """Set before Airflow is imported: it reads its settings once."""
    home = Path(tempfile.mkdtemp(prefix="airflow-home-"))
    (home / "no-plugins").mkdir()
    (home / "no-certificates").mkdir()
    for name in [name for name in os.environ if name.startswith("AIRFLOW") or name == "SSL_CERT_FILE"]:
        del os.environ[name]
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "no-plugins"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__TENCENT_DTS__DEPLOYMENT": "tests",
        "AIRFLOW__TENCENT_DTS__PACE_FOLDER": "none",  # tests that run side by side do not wait for each other
        "AIRFLOW__TENCENT_DTS__ERROR_WIDTH": "0",  # so that tests can look for sentences, which end in no line's end
        # A client loads the certificates of all authorities, though it talks plain HTTP: half of most tests' time.
        "SSL_CERT_DIR": str(home / "no-certificates"),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    os.environ |= {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in SECONDS.items()}
    return home


HOME = _airflow_home()


@contextlib.contextmanager
def limited(seconds: int, name: str) -> Iterator[None]:
    """Fail a test that hangs, and show where each thread stands."""

    def late(*_: object) -> None:
        faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
        pytest.fail(f"{name} took longer than {seconds} s; the stacks of all threads are on the standard error output")

    before, began = signal.signal(signal.SIGALRM, late), time.monotonic()
    outer = signal.alarm(seconds)  # seconds that were left of a limit around this one; 0 where there is none
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.alarm(max(1, outer - round(time.monotonic() - began)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Nothing that is imported or collected is garbage: looking for some among it takes a third of the time.

    Frozen, it is not looked through during the tests either.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test has the same name in every process: an address or a temporary path in one ends a run of several."""
    changing = re.compile(r" at 0x[0-9a-f]{4,}|" + re.escape(tempfile.gettempdir()))
    names = [item.nodeid for item in items if changing.search(item.nodeid)]
    if names:
        raise pytest.UsageError(f"these tests have another name in each process; give them ids: {names[:5]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """No test hangs for ever."""
    system = ROOT / "tests" / "system" in item.path.parents
    with limited(LIMIT_OF_PROCESSES if system else LIMIT, item.nodeid):
        return (yield)


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_masked_yet() -> None:
    """What the tests of one file have masked is not masked in the answers that those of the next file read."""
    import airflow._shared.secrets_masker as of_airflow
    import airflow.sdk._shared.secrets_masker as of_tasks

    for masker in (of_airflow, of_tasks):
        masker.reset_secrets_masker()


@pytest.fixture(autouse=True)
def settings_are_put_back() -> Iterator[None]:
    """Every test leaves the settings as it found them, in whichever order what it has set is undone.

    One that took those of another would wait as long as a user does.
    """
    before = _settings()
    yield
    for name in _settings():
        del os.environ[name]
    os.environ.update(before)


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW__TENCENT_DTS__")}


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """A migrated SQLite database; migrated once for a lock file and a release of Airflow, then copied."""
    import hashlib
    from importlib.metadata import version

    key = hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()[:12]
    pristine = ROOT / ".build" / f"airflow-{version('apache-airflow-core')}-{key}.db"
    database = HOME / "airflow.db"
    if not pristine.exists():
        airflow = Path(sys.executable).with_name("airflow")
        subprocess.run([airflow, "db", "migrate"], check=True, capture_output=True)
        pristine.parent.mkdir(exist_ok=True)
        unfinished = pristine.with_suffix(f".{os.getpid()}")
        shutil.copyfile(database, unfinished)
        unfinished.replace(pristine)
    shutil.copyfile(pristine, database)


def _of_a_person() -> dict[str, str]:
    """Connections to the databases that the tests' person at the API configures jobs for."""
    region = {"region": "ap-guangzhou"}
    mysql = {"conn_type": "mysql", "password": "correct horse"}
    public = mysql | {"host": "203.0.113.10", "port": 3306, "extra": region}
    instance = mysql | {"extra": region | {"instance_id": "cdb-e78e0nnv"}}
    databases = {
        "AIRFLOW_CONN_PERSON_MYSQL": public | {"login": "migrator"},
        "AIRFLOW_CONN_PERSON_SYNC": public | {"login": "syncer"},
        "AIRFLOW_CONN_PERSON_CDB": instance | {"login": "migrator"},
    }
    return {name: json.dumps(value) for name, value in databases.items()}


@pytest.fixture
def airflow_connections(dts_emulator: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """The example connections, as Airflow reads them from the environment; the values can be changed and set again."""
    host, port = dts_emulator.endpoint.split(":")
    values = connections(host, int(port)) | _of_a_person()
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(value) for name, value in values.items()}


@pytest.fixture
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn to call, which is a tenth of a second for each: ``test_client`` holds that one does."""
    from tencent_dts.api.pacing import PACER

    monkeypatch.setattr(PACER, "reserve", lambda *_: 0.0)


@pytest.fixture(scope="session")
def dts_emulator_options() -> dict[str, Any]:
    """Virtual time runs fast, so that whole migrations take a second; there is a second key, and another account.

    Nobody is throttled unless a test asks for it: the limits of the emulator have tests of their own.
    """
    from tencent_dts.emulator.http.signatures import Key
    from tencent_dts.emulator.library import DEFAULT_ACCOUNTS

    ((secret_id, secret_key),) = DEFAULT_ACCOUNTS.items()
    own = {secret_id: Key(secret_key, account="own"), "AKIDrotated": Key("rotated-secret", account="own")}
    return {"speed": 600.0, "rate_limit": False, "accounts": {**own, "AKIDother": Key("other-secret", account="other")}}
