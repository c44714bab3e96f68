"""The commands ``airflow tencent-dts``: what people ask and order, from a machine of the Airflow that runs the DAGs.

Each takes what :mod:`tencent_dts.commands.definition` names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TextIO

from airflow.configuration import conf

from tencent_dts.commands.airflow_rest import AirflowApi, TaskAddress
from tencent_dts.errors import DtsProblem

Command = Callable[[argparse.Namespace], int]


def _command(order: Command) -> Callable[[argparse.Namespace], None]:
    """A command as Airflow calls it: what it returns is the exit code, and a problem is one, on one page."""

    @wraps(order)
    def run(options: argparse.Namespace) -> None:
        os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")  # else Airflow reads no connection of its database
        try:
            code = order(options)
        except DtsProblem as problem:
            _say(f"airflow tencent-dts {order.__name__}: {problem.render()}", sys.stderr)
            code = 1
        if code:
            raise SystemExit(code)

    return run


@_command
def plan(options: argparse.Namespace) -> int:
    """Print what the runs of a file would buy."""
    from tencent_dts.commands.preview import preview

    return _tell(preview(Path(options.file)))


@_command
def jobs(options: argparse.Namespace) -> int:
    """List the living jobs of this deployment."""
    from tencent_dts.commands.listing import living

    return _tell(living(options.connection, options.region))


@_command
def why(options: argparse.Namespace) -> int:
    """Say what is red in a run, and what to do next."""
    from tencent_dts.commands.listing import red_tasks

    with AirflowApi(_address(options), os.environ) as api:
        return _tell(red_tasks(api, options.dag, options.run))


def _tell(lines: Iterable[str]) -> int:
    for line in lines:
        _say(line)
    return 0


def _address(options: argparse.Namespace) -> str:
    return str(options.airflow_url or conf.get("api", "base_url", fallback="") or "http://localhost:8080")


@_command
def forget(options: argparse.Namespace) -> int:
    """A fresh start of one purchase task."""
    from tencent_dts.commands.forget import FreshStart

    address = TaskAddress(options.dag, options.run, options.task, options.map_index)
    with AirflowApi(_address(options), os.environ) as api:
        may = {"even_if_running": options.even_if_running, "although_not_found": options.although_not_found}
        start = FreshStart(api, address, **may, note=_say)
        plan = start.plan()
        mapped = f"[{address.map_index}]" if address.map_index >= 0 else ""
        _say(f"Fresh start for task {address.task_id}{mapped} in run {address.run_id} of {address.dag_id}:")
        for line in ["nothing is left to do"] if plan.is_done else plan.lines():
            _say(f"  {line}")
        if not plan.is_done:
            if not options.yes and not _agreed():
                _say("airflow tencent-dts forget: not confirmed; nothing was done. --yes does not ask.", sys.stderr)
                return 1
            start.carry_out(plan)
    _say(f"Now clear {address.task_id}{mapped} with its downstream: it buys one job, of generation {plan.generation}.")
    return 0


def _agreed() -> bool:
    _say("Type yes to go on: ")
    return sys.stdin.readline().strip() == "yes"


def _say(line: str, stream: TextIO | None = None) -> None:
    out = stream or sys.stdout
    out.write(f"{line}\n")
    out.flush()
