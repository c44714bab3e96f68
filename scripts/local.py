"""The settings of an Airflow on this machine, beside an emulator: what `make demo` and `make ui` share."""

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"


def example_connections(emulator_host: str, emulator_port: int) -> dict[str, dict[str, Any]]:
    """The example connections by their ids.

    The key pair is the emulator's published one, and the two databases do not exist.
    """
    cloud = {
        "conn_type": "tencentcloud",
        "login": "AKIDemulator",
        "password": "emulator-secret",
        "host": emulator_host,
        "port": emulator_port,
        "extra": {"region": "ap-guangzhou", "protocol": "http"},
    }
    source = {
        "conn_type": "mysql",
        "login": "dts",
        "password": "rehearsal-source",
        "host": "203.0.113.5",
        "port": 3306,
        "extra": {"access_type": "extranet", "region": "ap-guangzhou"},
    }
    target = {
        "conn_type": "mysql",
        "login": "dts",
        "password": "rehearsal-target",
        "extra": {"access_type": "cdb", "instance_id": "cdb-copyapgu", "region": "ap-guangzhou"},
    }
    return {"tencentcloud_default": cloud, "source_mysql": source, "target_mysql": target}


def connections(emulator_host: str, emulator_port: int) -> dict[str, str]:
    """The same as the environment variables that Airflow reads connections from."""
    found = example_connections(emulator_host, emulator_port)
    return {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(conn) for conn_id, conn in found.items()}


def pasted_connection(conn_id: str, emulator_host: str, emulator_port: int) -> str:
    """The line that gives an Airflow one of them, to be pasted into the shell that starts its processes."""
    name = f"AIRFLOW_CONN_{conn_id.upper()}"
    return f"export {name}='{connections(emulator_host, emulator_port)[name]}'"


def environment(home: Path, emulator_port: int, *, port: int = 8080, with_connections: bool = True) -> dict[str, str]:
    """The whole environment of an Airflow with its home in ``home`` and its API server on ``port``.

    ``with_connections``: the example connections stand in it, where no page shows or changes them.

    Nothing of another Airflow's settings is taken over. Makes the home and an empty plugins folder: the
    plugin comes with the package, and a folder of ours would load it twice.
    """
    plugins = home / "no-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    address = f"http://{LOOPBACK}:{port}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    not_proxied = ",".join(filter(None, [os.environ.get("NO_PROXY"), LOOPBACK, "localhost"]))
    return {
        **inherited,
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "NO_PROXY": not_proxied,
        "no_proxy": not_proxied,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        # Only this machine reaches the API server, so no one has to log in.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        # Tasks report to the API server: a port changed above alone would fail each of them.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__TENCENT_DTS__DEPLOYMENT": "local",
        **(connections(LOOPBACK, emulator_port) if with_connections else {}),
    }
