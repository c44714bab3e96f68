"""Migrate a shop that is written to throughout, between two real servers, and prove that nothing is lost.

``make rehearse``: DATABASE=mysql or postgresql chooses the servers, ROWS=1000000 the size of the shop. The DAG is the
guide's example of a freeze (``docs/examples/freeze_source.py``), as it stands there.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.demo import Recorder, listen, say, table
from scripts.emulators import EmulatorProcess
from scripts.families import Family, environment, family
from scripts.local import ROOT
from scripts.rehearsal_watch import Watch
from scripts.runs import conclusion, prepare
from scripts.shop import Admin, Client, Shop, lost

HOME = ROOT / ".airflow" / "rehearse"
DAG_FILE = ROOT / "docs" / "examples" / "freeze_source.py"
ROWS = 1_000_000
SPEED = "60"  # a copy is as fast as it is; what else DTS takes its time for passes sixty times as fast
AFTERWARDS_SECONDS = 2.0  # for which the client writes to the target when all is over


@dataclass
class Cutover(Recorder):
    """Shows each task as the demo does, and lets the client go on in the target as soon as the job has succeeded."""

    client: Client | None = None
    target: Shop | None = None
    moved: bool = False

    def record(self, task_id: str, *, failed: bool = False) -> None:
        """Note what the task that has just ended did."""
        super().record(task_id, failed=failed)
        if task_id == "succeeded" and not failed and self.client is not None:
            self.moved = True
            self.client.open(self.target)


def rows_wanted(given: str) -> int:
    """Return the size of the shop. Raises ``SystemExit`` naming what is wrong with it."""
    if not given.isdecimal() or int(given) < 100:
        raise SystemExit(f"ROWS={given}: a whole number of at least 100 is needed, such as ROWS={ROWS}")
    return int(given)


def run(emulator: EmulatorProcess, chosen: Family, client: Client, shops: tuple[Shop, Shop]) -> dict[str, Any]:
    """Run the migration while the client writes; return what it came to."""
    source, target = shops
    cutover = Cutover(emulator, client=client, target=target)
    listen(cutover)
    connection_ids = dict(zip(("source_connection", "target_connection"), chosen.connection_ids, strict=True))
    with Watch(emulator) as watch:
        client.open(source)
        say("Running the DAG of docs/examples/freeze_source.py, task by task; the client writes throughout:")
        dag = runpy.run_path(str(DAG_FILE))["dag"]
        dag_run = dag.test(run_conf={"approval": False, "hold_seconds": 1, **connection_ids})
        time.sleep(AFTERWARDS_SECONDS)
    frozen = client.before_freeze
    client.freeze()
    return {
        "tasks": table(cutover.steps),
        "run": str(dag_run.state),
        "conclusion": conclusion(dag_run),
        "rows_written_meanwhile": frozen,
        "rows_written_after": client.writes - frozen,
        "seconds": watch.seconds(),
        "lag": watch.lag(),
        "writes_acknowledged": client.writes,
        "writes_lost": len(lost(target, client)) if cutover.moved else None,
        "write_downtime_seconds": round(client.downtime, 1),
        "left_on_target": len(target.left()),
        **watch.comparison(),
    }


def lines(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the result says, as a person reads it."""
    yield "rows copied", f"{result['rows_copied']:,}"
    yield "rows written meanwhile", f"{result['rows_written_meanwhile']:,}, and {result['rows_written_after']:,} after"
    for name, seconds in result["seconds"].items():
        yield f"seconds: {name}", f"{seconds}"
    for at, megabytes, seconds in result["lag"]:
        yield f"lag {at} s after the start of the copy", f"{megabytes} MB, {seconds} s"
    here, there = result["rows_compared"]
    yield "rows compared", f"{here:,} with {there:,}"
    yield "differences", f"{result['differences']}, the report says {result['conclusion']!r}"
    yield "acknowledged writes lost", f"{result['writes_lost']} of {result['writes_acknowledged']:,}"
    yield "seconds of write downtime", f"{result['write_downtime_seconds']}"
    yield "left on the target by the replication", f"{result['left_on_target']}"
    yield "peak memory of the emulator, MB", f"{result['emulator_peak_megabytes']}"


def kept(result: Mapping[str, Any]) -> bool:
    """Whether all is as promised."""
    promised = {
        "run": "success",
        "conclusion": "same",
        "differences": 0,
        "writes_lost": 0,
        "left_on_target": 0,
        "orphans": 0,
    }
    wrote = result["rows_written_meanwhile"] > 0 and result["rows_written_after"] > 0
    return wrote and all(result[name] == value for name, value in promised.items())


def rehearse(chosen: Family, rows: int) -> dict[str, Any]:
    """Set everything up from nothing, migrate, and leave nothing running."""
    began = time.monotonic()
    say(f"Starting two {chosen.product} servers and filling a shop of {rows:,} rows ...")
    with chosen.shops(None) as shops, tempfile.TemporaryDirectory(prefix="dts-rehearsal-") as folder:
        source, target = shops
        source.fill(rows)
        client = Client(rows)
        servers = chosen.named(shops)
        with EmulatorProcess(Path(folder), servers, "--speed", SPEED) as emulator, Admin(client) as admin:
            prepare(HOME, emulator.port, DAG_FILE)
            os.environ.update(environment(chosen.connections(shops) | {"shop_admin": admin.connection}))
            set_up = round(time.monotonic() - began, 1)
            result = run(emulator, chosen, client, (source, target))
            result |= {"orphans": len(emulator.meter()["live"]), "emulator_peak_megabytes": emulator.peak_memory()}
    wall = round(time.monotonic() - began - set_up, 1)
    return {"database": chosen.name, "rows_copied": rows, **result, "set_up_seconds": set_up, "wall_seconds": wall}


def main() -> int:
    """Print the table and one line of JSON; 0 only where nothing is lost or different."""
    chosen = family(os.environ.get("DATABASE") or "mysql")
    result = rehearse(chosen, rows_wanted(os.environ.get("ROWS") or str(ROWS)))
    print(result.pop("tasks"), end="\n\n")
    told = list(lines(result))
    width = max(len(name) for name, _ in told)
    print("\n".join(f"{name.ljust(width)}  {value}" for name, value in told), end="\n\n")
    print(json.dumps(result))
    return 0 if kept(result) else 1


if __name__ == "__main__":
    sys.exit(main())
