"""One list of kinds of jobs, and everything that is done for each of them walks over it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource
from tests.rules import for_every

# Added in its own process, before anything else has read the list.
_WITH_A_MADE_UP_KIND = """
import json, types
from dataclasses import replace
from tencent_dts.kinds import registry
from tencent_dts.model.operation import Operation

like = registry.KINDS[0]
resource = replace(like.resource, name="made-up job", listing="DescribeMadeUpJobs", console="made-up")
stop = replace(like.kills["stop"], action="StopMadeUpJob", resource=resource)
registry.KINDS = (*registry.KINDS, replace(
    like,
    name="made_up",
    tables=(types.SimpleNamespace(JOB=resource, STOP=stop),),
    purchase=replace(like.purchase, action="CreateMadeUpJob", resource=resource),
    planned=replace(like.planned, once_started="unmake it."),
    forms=(replace(like.form, name="made-up run"),),
    texts={"dts_made_up": {"purchase": "Made up."}},
    view=replace(like.view, resource=resource),
    kills={"stop": stop},
    sparing=("dts_made_up_change",),
))
registry.BY_NAME["made_up"] = registry.KINDS[-1]

from tencent_dts import params
from tencent_dts.kinds import costs, rows
from tencent_dts.manifests import check
from tencent_dts.orphans import form, reaping
from tencent_dts.plugins import run_jobs, runbook
from tencent_dts.tasks import places as watched, planned

print(json.dumps({
    "a form": "made-up run" in [each.name for each in params.FORMS],
    "manifests": "made_up" in check.MANIFEST_SCHEMA["properties"],
    "a bill": "made-up job" in costs.PRICES,
    "the search for orphans": reaping.BY_NAME["made_up"].resource is resource,
    "its form": "made_up" in form.REAP.schema["kinds"]["items"]["enum"],
    "what it spares": "dts_made_up_change" in form.REAP.schema["sparing_dags"]["default"],
    "the DTS tab": resource in [view.resource for view in run_jobs.VIEWS],
    "the watch": watched.BY_NAME["made_up"].watch == like.watch,
    "links to the runbook": "dts_made_up" in runbook.SECTIONS,
    "rows by their names": ("2021-12-06", "StopMadeUpJob") in rows.OPERATIONS and "DescribeMadeUpJobs" in rows.LISTINGS,
    "what is ordered on a kill": rows.KILLS.get("made-up job") == {"stop": stop},
    "the plan": planned.planned(resource).once_started == "unmake it.",
}))
"""


def test_a_kind_that_is_added_to_the_list_is_everywhere() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _WITH_A_MADE_UP_KIND], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    there: dict[str, bool] = json.loads(run.stdout.splitlines()[-1])
    assert [place for place, known in there.items() if not known] == []


@for_every("of", [lambda kind: kind.name, lambda kind: kind.resource.name, lambda kind: kind.view.key])
def test_kinds_are_told_apart(of: Any) -> None:
    assert len({of(kind) for kind in KINDS}) == len(KINDS)


def test_a_kind_is_of_one_piece() -> None:
    """Each of its facets is about its own resource."""
    wrong = []
    for kind in KINDS:
        rows = [row for table in kind.tables for row in vars(table).values()]
        own = [kind.purchase.isolate, *kind.calm, *kind.kills.values(), kind.planned.configure]
        facets: dict[str, Resource] = {"view": kind.view.resource, **{row.action: row.resource.job for row in own}}
        wrong += [f"{kind.name}: {name}" for name, resource in facets.items() if resource is not kind.resource]
        wrong += [f"{kind.name}: {row.action} is in none of its tables" for row in own if row not in rows]
        assert any(isinstance(row, Goal) for row in rows)
        assert any(isinstance(row, Operation) for row in rows)
    assert wrong == []
