"""The command ``dts-airflow``: what on-call orders on purpose, from a machine of the Airflow that runs the DAGs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TextIO

_EPILOG = """\
Run it on a machine of this Airflow: it reads the task's connection and [tencent_dts] deployment as tasks do.
The login to Airflow's API comes from the environment: AIRFLOW_TOKEN, or AIRFLOW_USERNAME and AIRFLOW_PASSWORD.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage. After a failure run the same command again.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 refused or failed."""
    options = _parser().parse_args(arguments)
    from tencent_dts.errors import DtsProblem  # below here Airflow is loaded, which takes seconds

    try:
        return _forget(options)
    except DtsProblem as problem:
        _say(f"dts-airflow forget: {problem.render()}", sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dts-airflow", description="Tencent Cloud DTS on Airflow, for on-call.")
    forget = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "forget",
        help="let a task buy a new job at its next clear",
        description="A fresh start for one purchase task: isolate (2018: delete) the job that it has bought and "
        "forget it, so that the next clear of the task buys another, once. Shows what it will do, and asks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = forget.add_argument
    add("--dag", required=True, metavar="DAG_ID", help="the DAG")
    add("--run", required=True, metavar="RUN_ID", help="the run")
    add("--task", required=True, metavar="TASK_ID", help="the task that buys, as purchase or create")
    add("--map-index", type=int, default=-1, metavar="N", help="which one, where the task is mapped")
    add("--yes", action="store_true", help="do not ask")
    add("--even-if-running", action="store_true", help="end a job that is at work, too, where DTS does so")
    add("--although-not-found", action="store_true", help="pass over a job that is not found: it has been deleted")
    add("--airflow-url", metavar="URL", help="address of Airflow's API server (default: [api] base_url)")
    return parser


def _forget(options: argparse.Namespace) -> int:
    from airflow.configuration import conf

    from tencent_dts.commands.airflow_rest import AirflowApi, TaskAddress
    from tencent_dts.commands.forget import FreshStart

    address = TaskAddress(options.dag, options.run, options.task, options.map_index)
    url = options.airflow_url or conf.get("api", "base_url", fallback="") or "http://localhost:8080"
    with AirflowApi(url, os.environ) as api:
        may = {"even_if_running": options.even_if_running, "although_not_found": options.although_not_found}
        start = FreshStart(api, address, **may, note=_say)
        plan = start.plan()
        mapped = f"[{address.map_index}]" if address.map_index >= 0 else ""
        _say(f"Fresh start for task {address.task_id}{mapped} in run {address.run_id} of {address.dag_id}:")
        for line in ["nothing is left to do"] if plan.is_done else plan.lines():
            _say(f"  {line}")
        if not plan.is_done:
            if not options.yes and not _agreed():
                _say("dts-airflow forget: not confirmed; nothing was done. --yes does not ask.", sys.stderr)
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
