"""What `make bench` compares is comparable."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from scripts import bench


def test_the_empty_dag_has_the_tasks_and_edges_of_the_lifecycle(tmp_path: Path) -> None:
    import dags.dts_migrate as module

    empty: Any = runpy.run_path(str(bench.empty_dag(tmp_path)))["dag"]
    shape = {task.task_id: task.downstream_task_ids for task in module.dag.tasks}
    assert {task.task_id: task.downstream_task_ids for task in empty.tasks} == shape
    assert {type(task).__name__ for task in empty.tasks} == {"EmptyOperator"}


def test_a_ratio_is_of_means_and_carries_both_deviations() -> None:
    ours, without = bench.figure("a", "s", [3.0, 5.0]), bench.figure("b", "s", [2.0, 2.0])
    found = bench.ratio("a / b", ours, without)
    assert found.mean == 2.0
    assert found.deviation == pytest.approx(2 * ours.deviation / 4.0, abs=0.001)


def test_a_program_that_fails_ends_the_measurement() -> None:
    with pytest.raises(SystemExit, match="failed with 3"):
        bench.measured(["sh", "-c", "exit 3"])


def test_a_program_is_measured_to_its_last_line() -> None:
    seconds, megabytes, last = bench.measured(["sh", "-c", "echo one; sleep 0.2; echo two"])
    assert seconds >= 0.2
    assert megabytes > 0
    assert last == "two"
