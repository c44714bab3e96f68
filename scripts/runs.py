"""What `make demo` and `make demo-all` share: an Airflow of their own, and what a run has come to."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.local import environment

SPEED = 600.0  # virtual seconds a second: a migration of minutes in a few moments

# The calls that buy or create a job.
PURCHASES = ("CreateMigrationService", "CreateSyncJob", "CreateMigrateJob", "CreateSubscribe")


def prepare(home: Path, emulator_port: int, dag_file: Path | None = None) -> None:
    """Point this process at an Airflow of its own; its database is migrated once and copied for each run.

    :param home: of that Airflow.
    :param emulator_port: where the emulator listens.
    :param dag_file: its one DAG file; ``dag.test()`` reads every DAG that there is. All by default.
    """
    settings = environment(home, emulator_port)
    if dag_file is not None:
        folder = home / "dags"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dag_file, folder / dag_file.name)
        settings |= {"AIRFLOW__CORE__DAGS_FOLDER": str(folder)}
    settings |= {
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__TENCENT_DTS__DEPLOYMENT": "demo",
        "AIRFLOW__TENCENT_DTS__POLL_INTERVAL": "0.3",
        "PYTHONWARNINGS": "ignore",
    }
    os.environ.update(settings)
    database, pristine = home / "airflow.db", home / "migrated.db"
    if not pristine.exists():
        database.unlink(missing_ok=True)
        subprocess.run(["airflow", "db", "migrate"], check=True, stdout=subprocess.DEVNULL, env=os.environ)
        database.replace(pristine)
    shutil.copyfile(pristine, database)


def returned(dag_run: Any, task_id: str) -> Any:
    """What a task of a run returned; ``None`` where the run has no such task, or it returned nothing."""
    instance = dag_run.get_task_instance(task_id)
    return instance.xcom_pull(task_ids=task_id) if instance is not None else None


def conclusion(dag_run: Any) -> str:
    """What the compare report of a run said; "" where it has none."""
    return str((returned(dag_run, "report") or {}).get("conclusion", ""))


def calls(journal: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Purchases, calls, and calls that were throttled, of a part of the emulator's journal."""
    return {
        "purchases": sum(entry["action"] in PURCHASES and not entry["code"] for entry in journal),
        "api_calls": len(journal),
        "throttled": sum(entry["code"].startswith("RequestLimitExceeded") for entry in journal),
    }
