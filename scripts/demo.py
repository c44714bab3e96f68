"""Run one migration end to end on the emulator, and show every step: ``make demo``."""

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from scripts.local import ROOT
from scripts.runs import SPEED, calls, conclusion, prepare

HOME = ROOT / ".airflow" / "demo"


NEXT = """
Next: `make ui` opens Airflow with the emulator beside it; the guide (docs/guide.md, First run) has the failures to
rehearse there. `make demo-all` runs every DAG once."""


def say(text: str) -> None:
    """Says to a person what goes on, beside the result."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Step:
    """One task as the demo shows it."""

    task: str
    did: str
    state: str
    calls: int
    seconds: float


@dataclass
class Recorder:
    """Airflow's listener: looks at the emulator's journal whenever a task has ended."""

    emulator: Any
    steps: list[Step] = field(default_factory=list)
    seen: int = 0
    since: float = field(default_factory=time.monotonic)

    def record(self, task_id: str, *, failed: bool = False) -> None:
        """Note what the task that has just ended did."""
        journal = self.emulator.journal()
        entries = journal[self.seen :]
        orders = [entry["action"] for entry in entries if not entry["action"].startswith("Describe")]
        jobs = self.emulator.jobs()
        state = f"{jobs[0]['Status']}, {jobs[0]['TradeStatus']}" if jobs else "no job yet"
        now = time.monotonic()
        did = ("FAILED: " if failed else "") + (", ".join(orders) or ("looked" if entries else "no call"))
        self.steps.append(Step(task_id, did, state, len(entries), now - self.since))
        say(f"  {task_id}: {did}")  # while it goes on; the table comes at the end
        self.seen, self.since = len(journal), now


def listen(recorder: Recorder) -> None:
    """Register the recorder with Airflow."""
    from airflow.listeners import hookimpl
    from airflow.sdk.listener import get_listener_manager

    class Listener:
        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            recorder.record(task_instance.task_id)

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any) -> None:
            recorder.record(task_instance.task_id, failed=True)

    manager: Any = get_listener_manager()
    manager.add_listener(Listener())


def run() -> Any:
    """Run the DAG that people run; returns the finished DAG run."""
    from dags.dts_migrate import dag

    return dag.test(run_conf={"approval": False, "hold_seconds": 1})


def table(steps: list[Step]) -> str:
    """The steps as text in columns."""
    rows = [("task", "what it did", "state of the job after it", "API calls", "seconds")]
    rows += [(s.task, s.did, s.state, str(s.calls), f"{s.seconds:.1f}") for s in steps]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def main() -> int:
    """Print the table and one line of JSON; 0 only where everything is as promised."""
    started = time.monotonic()
    say("Preparing an Airflow and an emulator of its own; the first time this takes half a minute ...")
    from tencent_dts.emulator import Emulator

    with Emulator(speed=SPEED) as emulator:
        prepare(HOME, int(emulator.endpoint.rpartition(":")[2]), ROOT / "dags" / "dts_migrate.py")
        recorder = Recorder(emulator)
        listen(recorder)
        say("Running the DAG dts_migrate, task by task:")
        dag_run = run()
        journal, meter, jobs = emulator.journal(), emulator.meter(), emulator.jobs()
        answered = [entry["action"] for entry in journal if not entry["code"]]
        result = {
            "job_id": jobs[0]["JobId"] if jobs else "",
            "status": jobs[0]["Status"] if jobs else "",
            "trade_status": jobs[0]["TradeStatus"] if jobs else "",
            "conclusion": conclusion(dag_run),
            "completes": answered.count("CompleteMigrateJob"),
            **calls(journal),
            "orphans": len(meter["live"]),
            "wall_seconds": round(time.monotonic() - started, 1),
        }
    print(table(recorder.steps))
    print(f"\nrun {dag_run.run_id}: {dag_run.state}")
    print(json.dumps(result))
    promised = {"purchases": 1, "conclusion": "same", "trade_status": "isolated", "orphans": 0}
    kept = all(result[name] == value for name, value in promised.items())
    say(NEXT)
    return 0 if str(dag_run.state) == "success" and kept else 1


if __name__ == "__main__":
    sys.exit(main())
