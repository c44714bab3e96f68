"""Manifests -> DAGs."""

from __future__ import annotations

import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

from airflow.sdk import DAG, get_parsing_context, task

from tencent_dts import settings
from tencent_dts.errors import InvalidInput
from tencent_dts.manifests import fleet
from tencent_dts.manifests.check import BEFORE_EVERYTHING, INVALID, Manifest, read_manifest
from tencent_dts.manifests.document import Finding, InvalidManifest
from tencent_dts.manifests.kinds import build


def manifest_files(folder: Path) -> list[Path]:
    """The manifests of a folder by name, those with the wrong ending ``.yml`` included."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.name[0] != ".")


def manifest_dags(default_folder: Path) -> dict[str, DAG]:
    """The DAGs of all manifests, by id, for a DAG file to take into its ``globals()``.

    :param default_folder: where the manifests are, unless ``[tencent_dts] migrations_folder`` says otherwise.
    :raises InvalidInput: the configured folder does not exist. Without a configured one, none need exist.
    """
    configured = settings.migrations_folder()
    folder = configured or default_folder
    if not folder.is_dir():
        if configured:
            raise InvalidInput("[tencent_dts] migrations_folder", "there is no such folder", str(folder))
        return {}
    wanted = get_parsing_context().dag_id  # a worker about to run a task needs that task's DAG alone
    chosen = [path for path in manifest_files(folder) if wanted in (None, path.stem, invalid_id(path))]
    return {dag.dag_id: dag for dag in map(_dag_of, chosen)}


def invalid_id(path: Path) -> str:
    """The id of the DAG that a bad file becomes."""
    name = path.stem if path.suffix == ".yaml" else path.name
    clean = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:200]
    return INVALID + (clean if clean == name else f"{clean}_{crc32(name.encode()):08x}")


def _dag_of(path: Path) -> DAG:
    try:
        return load_manifest(path)[1]
    except InvalidManifest as problem:
        return invalid_dag(path, problem)


def load_manifest(path: Path) -> tuple[Manifest, DAG]:
    """Read one file and build its DAG.

    :raises InvalidManifest: and nothing else, whatever the file says: a file that breaks in an unforeseen way
        of would take the DAGs of all files away, those with jobs under way included.
    """
    try:
        manifest = read_manifest(path)
        return manifest, build_dag(manifest)
    except InvalidManifest:
        raise
    except Exception as fault:  # of whatever class: passed on, it would take the DAGs of all files away
        # The error's text could show a value that the file should not hold, so only its class and place are shown.
        frame = traceback.extract_tb(fault.__traceback__)[-1]
        place = f"{Path(frame.filename).name}, line {frame.lineno}"
        message = f"it cannot be made into a DAG: {type(fault).__name__} in {place}; please report this with the file"
        raise InvalidManifest(f"{path.parent.name}/{path.name}", [Finding(0, message)]) from fault


def build_dag(manifest: Manifest) -> DAG:
    """The DAG of a manifest: one run at a time, paused until a person unpauses it, nothing caught up on."""
    with DAG(
        manifest.dag_id,
        description=manifest.description or None,
        schedule=manifest.timetable,
        start_date=manifest.begins,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,  # a schedule buys: a person says yes to that once
        default_args={"owner": manifest.owner},
        params=manifest.kind.form.params(manifest.values) if manifest.kind else None,
        tags=["tencent-dts", "manifest", *manifest.tags],
        doc_md=f"{manifest.description}\n\nMade of `{manifest.source}`.".strip(),
    ) as dag:
        if manifest.kind:
            build(manifest.kind)
        else:
            fleet.build(manifest.values)
    return dag


def invalid_dag(path: Path, problem: InvalidManifest) -> DAG:
    """The DAG that a bad file becomes. It runs once by itself, so that it is seen to be red."""

    @task(retries=0, doc_md="Fails with what is wrong with the file. Correct the file; clearing does nothing.")
    def explain() -> None:
        raise problem

    with DAG(
        invalid_id(path),
        description=problem.what,
        schedule="@once",
        start_date=datetime.fromisoformat(BEFORE_EVERYTHING).replace(tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        tags=["tencent-dts", "manifest", "invalid"],
        doc_md=f"```\n{problem}\n```",
    ) as dag:
        explain()
    return dag
