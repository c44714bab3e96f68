"""What all tests of whole runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.dags.migrations", "tests.dags.syncs", "tests.dag_runs")


@pytest.fixture(scope="module", autouse=True)
def no_dag_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """``dag.test()`` reads the whole DAG folder at every run; the DAG that is run is made known without it.

    For each module anew: tests of other folders run beside these in one process, and want the folder.
    """
    from airflow import settings  # it has read the folder's path already, when Airflow was imported

    folder = str(tmp_path_factory.mktemp("no-dags"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__DAGS_FOLDER", folder)
        patch.setattr(settings, "DAGS_FOLDER", folder)
        yield


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_turn(unpaced: None) -> None:
    """See there."""
