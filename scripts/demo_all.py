"""Run every DAG of ``dags/`` once on one emulator, and print a line of JSON for each: ``make demo-all``.

A DAG that changes or ends a job runs on the one that the DAG before it made; what a manifest makes is ended by another
run of the DAG that ends its kind. At the end nothing costs any more.
"""

import json
import runpy
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.local import ROOT
from scripts.runs import SPEED, calls, conclusion, prepare, returned

HOME = ROOT / ".airflow" / "demo-all"
DAGS = ROOT / "dags"


@dataclass(frozen=True)
class Part:
    """One run of a DAG, and what it must come to.

    :param conf: parameters of the run: what its form has no default for.
    :param pace: further ones: no approval is asked for, nothing is held for long.
    :param job: the parameter that takes the id of the job of the part before; "": it makes its own.
    :param purchases: how many jobs it buys or creates.
    :param conclusion: of its compare report; "" where it has none.
    :param goes_on: its job costs on when it has ended well.
    """

    dag_id: str
    conf: Mapping[str, Any] = field(default_factory=dict)
    pace: Mapping[str, Any] = field(default_factory=dict)
    job: str = ""
    purchases: int = 0
    conclusion: str = ""
    goes_on: bool = False


_CHANGED = [{"DbName": name, "DbMode": "All", "TableMode": "All"} for name in ("shop", "shop_archive")]

# By the key of a manifest that describes the same: what is made, changed where it can be, and ended.
LIVES: dict[str, tuple[Part, ...]] = {
    "migration": (Part("dts_migrate", pace={"approval": False, "hold_seconds": 1}, purchases=1, conclusion="same"),),
    "migration_2018": (Part("dts_migrate_2018", pace={"hold_seconds": 1}, purchases=1),),
    "sync": (
        Part("dts_sync", pace={"hold_seconds": 1}, purchases=1, conclusion="same", goes_on=True),
        Part(
            "dts_sync_modify",
            conf={"objects": {"Mode": "Partial", "Databases": _CHANGED}},
            job="job_id",
            goes_on=True,
        ),
        Part("dts_sync_retire", job="job_id", conclusion="same"),
    ),
    "subscription": (
        Part("dts_subscribe", conf={"instance_id": "cdb-9dijwkkw"}, purchases=1, goes_on=True),
        Part("dts_unsubscribe", job="subscribe_id"),
    ),
}


def lives() -> list[tuple[Part, ...]]:
    """The parts that belong to one job each; DAGs that are in none run last, as their forms are, and make nothing."""
    known = [*LIVES.values(), *_of_manifests()]
    others = load().keys() - {part.dag_id for life in known for part in life} - fleets()
    return [*known, *((Part(dag_id),) for dag_id in sorted(others))]


def fleets() -> set[str]:
    """The DAGs of fleets, which ask a person between their waves: nobody is here."""
    from tencent_dts.manifests.check import read_manifest
    from tencent_dts.manifests.dags import manifest_files

    manifests = map(read_manifest, manifest_files(ROOT / "migrations"))
    return {manifest.dag_id for manifest in manifests if manifest.kind is None}


def _of_manifests() -> Iterator[tuple[Part, ...]]:
    from tencent_dts.manifests.check import read_manifest
    from tencent_dts.manifests.dags import manifest_files

    for path in manifest_files(ROOT / "migrations"):
        manifest = read_manifest(path)
        if manifest.kind is None:
            continue
        made, *later = LIVES[manifest.kind.name]
        yield (replace(made, dag_id=manifest.dag_id, conf={}), *later[-1:])  # made, and ended where it must be


def load() -> dict[str, Any]:
    """Every DAG of the folder by its id, read again: a test run leaves its parameters in a DAG."""
    from airflow.sdk import DAG

    found = [runpy.run_path(str(path)) for path in sorted(DAGS.glob("*.py"))]
    return {value.dag_id: value for names in found for value in names.values() if isinstance(value, DAG)}


def run(emulator: Any, part: Part, job_id: str) -> tuple[dict[str, Any], str]:
    """Run one DAG; returns its line, and the id of its job."""
    started, before = time.monotonic(), len(emulator.journal())
    given = {part.job: job_id} if part.job else {}
    dag_run = load()[part.dag_id].test(run_conf={**part.conf, **part.pace, **given})
    line = {
        "dag_id": part.dag_id,
        "state": str(dag_run.state),
        **calls(emulator.journal()[before:]),
        "live": emulator.meter()["live"],
        "conclusion": conclusion(dag_run),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    return line, job_id or str(returned(dag_run, "purchase") or returned(dag_run, "create") or "")


def broken(part: Part, line: Mapping[str, Any], job_id: str) -> list[str]:
    """What a run's line says that was not promised."""
    promised = {
        "state": "success",
        "purchases": part.purchases,
        "conclusion": part.conclusion,
        "live": [job_id] if part.goes_on else [],
    }
    return [f"{name} is {line[name]}, not {value}" for name, value in promised.items() if line[name] != value]


def main() -> int:
    """Print a line for each run; 0 only where everything is as promised."""
    from tencent_dts.emulator import Emulator

    wrong: list[str] = []
    with Emulator(speed=SPEED) as emulator:
        prepare(HOME, int(emulator.endpoint.rpartition(":")[2]))
        for life in lives():
            job_id = ""
            for part in life:
                line, job_id = run(emulator, part, job_id)
                print(json.dumps({name: value for name, value in line.items() if value != ""}), flush=True)
                wrong += [f"{part.dag_id}: {what}" for what in broken(part, line, job_id)]
        wrong += [f"{job} costs on" for job in emulator.meter()["live"]]
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
