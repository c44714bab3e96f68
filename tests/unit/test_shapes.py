"""The wire shapes as types: current with the spec, and mypy finds a wrong field of a request and of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

from scripts import generate_shapes

ROOT = Path(__file__).parent.parent.parent

HEAD = """\
from tencent_dts.spec.shapes.migration import CompleteMigrateJobRequest, DescribeMigrationJobsAnswer, JobItem
from tencent_dts.spec.shapes.sync import ConfigureSyncJobRequest, Endpoint


def requests(endpoint: Endpoint) -> None:
    complete: CompleteMigrateJobRequest = {"JobId": "dts-1", "CompleteMode": "immediately"}
    complete["CompleteMode"] = "waitForSync"


def answers(page: DescribeMigrationJobsAnswer) -> None:
    jobs = [job["JobId"] for job in page.get("JobList") or []]
    first: str = jobs[0]
"""
WRONG = {
    'misspelt: CompleteMigrateJobRequest = {"JobId": "dts-1", "CompletMode": "immediately"}': "CompletMode",
    'missing: CompleteMigrateJobRequest = {"CompleteMode": "immediately"}': "JobId",
    'mistyped: Endpoint = {"Port": "3306"}': "Port",
    "def nested(request: ConfigureSyncJobRequest) -> None: request['SrcInfo'] = {'Prot': 1}": "Prot",
    "def by_key(job: JobItem) -> object: return job['Statsu']": "Statsu",
    "def by_get(job: JobItem) -> object: return job.get('Statsu')": "Statsu",
    "def by_get_or_else(job: JobItem) -> object: return job.get('Statsu', '')": "Statsu",
    "def null(job: JobItem) -> str: return job.get('Status', '')": "return",
}


def test_what_is_committed_is_what_the_generator_writes() -> None:
    committed = {path.name: path.read_text() for path in generate_shapes.HERE.glob("[!_]*.py")}
    assert committed == generate_shapes.build()


def test_mypy_finds_every_wrong_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # mypy's settings, and its cache
    file = tmp_path / "wrong.py"
    file.write_text(HEAD + "\n\n" + "\n".join(WRONG) + "\n")
    report, trouble, _ = api.run([str(file), "--no-error-summary", "--hide-error-context"])
    assert not trouble
    first = len(HEAD.splitlines()) + 3
    found = {int(line.split(":")[1]): line for line in report.splitlines() if ": error:" in line}
    assert sorted(found) == list(range(first, first + len(WRONG))), report
    for number, word in enumerate(WRONG.values(), first):
        assert word in found[number]
