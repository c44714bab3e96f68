"""One scheduled Airflow DAG for each file of ``migrations/``; see the guide, "Migrations in Git"."""

from __future__ import annotations

from pathlib import Path

from tencent_dts.manifests import manifest_dags

globals().update(manifest_dags(Path(__file__).parent.parent / "migrations"))
