"""What a check of a job finds, whatever kind the job is of, and which of its items can be skipped.

Documents: DescribeMigrationCheckJob, SkipCheckItem, DescribeCheckSyncJobResult, SkipSyncCheckItem,
DescribeModifyCheckSyncJobResult.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from tencent_dts.emulator.data.desk import Outcome
from tencent_dts.emulator.data.model import Finding
from tencent_dts.emulator.world import agenda, checks, rehearsals, rows
from tencent_dts.emulator.world.kernel import ApiError, World
from tencent_dts.emulator.world.kinds import Steps
from tencent_dts.emulator.world.records import Check, Record
from tencent_dts.emulator.world.tables import DENIED, WRONG_VALUE

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import CheckStep


def begin(world: World, job: Record, steps: Steps) -> Check:
    """Return a check that starts now; what it will find is settled and shows step by step."""
    began: Check = {"started": world.clock.now(), "ended": None, **_found(world, job, steps)}
    if rows.real(world, job):
        rows.begin(world, job, "check")
        began.update({"flag": "", "steps": checks.so_far(began["steps"], 0)})
    return began


def answered(world: World, job: Record, check: Check, outcome: Outcome) -> Findings:
    """Return what the servers have found, once they have, on top of what is rehearsed."""
    steps = tuple((step["StepId"] or "", step["StepName"] or "") for step in check["steps"])
    # Where a server could not be asked to the end, nothing is known of the other items; the words say why.
    found = [Finding("ConnectDBCheck", "failed", outcome.words)] if outcome.words else outcome.value
    answer = _found(world, job, steps, _troubles(found, job["family"]))
    return {**answer, "status": "failed", "flag": "checkNotPass"} if outcome.words else answer


def _troubles(found: Sequence[Finding], family: str) -> dict[str, tuple[str, checks.Failure | None]]:
    """Return the servers' findings by step: a failure hides warnings, and each says what the servers said."""
    troubles: dict[str, tuple[str, checks.Failure | None]] = {}
    for step in dict.fromkeys(finding.step for finding in found):
        own = [finding for finding in found if finding.step == step]
        worst = "failed" if any(finding.result == "failed" for finding in own) else "warning"
        words = "\n".join(finding.words for finding in own if finding.result == worst)
        troubles[step] = worst, replace(checks.failure(step, family), log=words)
    return troubles


class Findings(TypedDict):
    """What a check has found, as its record keeps it."""

    status: str
    flag: str
    steps: list[CheckStep]


def _found(
    world: World, job: Record, steps: Steps, real: dict[str, tuple[str, checks.Failure | None]] | None = None
) -> Findings:
    """What the check finds: what servers have said, rehearsed troubles, wrong passwords, or nothing."""
    known = {step for step, _ in steps}
    troubles = dict(real or {})
    for item in rehearsals.pending(world, job, "checks"):
        struck = {step: (result, None) for step, result in item["checks"].items() if step in known}
        troubles |= struck
        if struck:
            rehearsals.use(job, item, "checks")
    for side, user in [] if rows.real(world, job) else job["configuration"]["wrong_passwords"]:
        troubles["ConnectDBCheck"] = "failed", checks.wrong_password(side, user)
    results = checks.results(steps, troubles, job["skips"], as_root=job["configuration"]["as_root"])
    broken = rehearsals.pending(world, job, "check_run")[:1]
    for item in broken:
        rehearsals.use(job, item, "check_run")
    flag = "checkPass" if checks.passed(results) and not broken else "checkNotPass"
    return {"status": "failed" if broken else "success", "flag": flag, "steps": results}


def so_far(world: World, job: Record, check: Check, event: str) -> tuple[list[CheckStep], int]:
    """Return the steps of a check as they show now, and how many of them are done; ``event`` is what ends it."""
    left = agenda.remaining(job, event, world.clock.now())
    if left is None:
        return check["steps"], len(check["steps"])
    seconds = world.settings.timings.checking
    done = int(len(check["steps"]) * agenda.share(seconds - left, seconds))
    return checks.so_far(check["steps"], done), done


def skip(job: Record, steps: Steps, wanted: list[str]) -> None:
    """Skip check items from the next check on. Raises ApiError for unknown ones and those that cannot be skipped."""
    known = {step for step, _ in steps}
    unknown = [step for step in wanted if step not in known]
    if unknown or not wanted:
        raise ApiError(
            WRONG_VALUE, f"StepIds: {', '.join(unknown) or 'none given'}; known: {', '.join(sorted(known))}."
        )
    fixed = checks.NOT_SKIPPABLE.intersection(wanted)
    if fixed:
        raise ApiError(DENIED, f"{', '.join(sorted(fixed))} cannot be skipped.")
    job["skips"] = list(dict.fromkeys(job["skips"] + wanted))
