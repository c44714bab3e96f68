"""What is promised of every run, read from the emulator's own record of calls, jobs and bills."""

import time
from collections import Counter
from typing import Any

from tests.system.emulator import EmulatorProcess


def answered(emulator: EmulatorProcess, action: str) -> list[dict[str, Any]]:
    """The calls of an action that were carried out."""
    return [call for call in emulator.journal(action) if not call["code"]]


def assert_promised(emulator: EmulatorProcess) -> None:
    """Whether the runs are green or red: one live job for each purchase, and no cutover without a proof."""
    live = set(emulator.meter()["live"])
    owners = Counter(_tags(job)["airflow-owner"] for job in emulator.jobs() if job["JobId"] in live)
    assert [owner for owner, jobs in owners.items() if jobs > 1] == []
    jobs = {job["JobId"]: job for job in emulator.jobs()}
    for call in answered(emulator, "CompleteMigrateJob"):
        proofs = [task["Conclusion"] for task in jobs[call["parameters"]["JobId"]]["compare_tasks"]]
        assert "same" in proofs


def assert_migrated(emulator: EmulatorProcess, jobs: int = 1) -> None:
    """So many jobs were bought, each cut over once and isolated, and nothing costs any more."""
    assert_promised(emulator)
    assert [(job["Status"], job["TradeStatus"]) for job in emulator.jobs()] == [("success", "isolated")] * jobs
    assert len(answered(emulator, "CreateMigrationService")) == jobs
    assert len(answered(emulator, "CompleteMigrateJob")) == jobs
    assert emulator.meter()["live"] == []


def assert_silent(emulator: EmulatorProcess, seconds: float = 20) -> None:
    """Nothing is called for longer than a wait waits between two looks."""
    before = emulator.journal()
    time.sleep(seconds)
    assert emulator.journal()[len(before) :] == []


def assert_kept(emulator: EmulatorProcess) -> None:
    """The jobs of runs that ended badly were left as they are: nothing was completed, stopped or isolated."""
    assert_promised(emulator)
    assert {job["TradeStatus"] for job in emulator.jobs()} == {"normal"}
    for action in ("CompleteMigrateJob", "StopMigrateJob", "IsolateMigrateJob"):
        assert answered(emulator, action) == []


def _tags(job: dict[str, Any]) -> dict[str, str]:
    return {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}
