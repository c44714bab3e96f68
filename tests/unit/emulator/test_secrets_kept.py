"""No secret that was sent comes back or is kept: not in the journal, the state, an answer, or the state's file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tests.unit.emulator import cloud_2018, sync_cloud
from tests.unit.emulator.cloud import Cloud, configuration, endpoint
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud

SECRET = "correct-horse-battery"
FIELDS = {"Password": SECRET, "TmpSecretId": SECRET, "TmpSecretKey": SECRET, "TmpToken": SECRET}
ATTRIBUTES = [{"Key": "SslPassword", "Value": SECRET}, {"Key": "AuthDatabase", "Value": "admin"}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def kept(file: Path) -> Iterator[Emulator]:
    with Emulator(speed=0, rate_limit=False, state=file) as emulator:
        yield emulator


def migration(emulator: Emulator) -> Any:
    cloud = Cloud(emulator)
    sides = {name: {**endpoint(**FIELDS), "ExtraAttr": ATTRIBUTES} for name in ("SrcInfo", "DstInfo")}
    options = configuration(**sides, MigrateOption={"ExtraAttr": ATTRIBUTES})
    job = cloud.buy()
    cloud.wait(2)
    cloud.call("ModifyMigrationJob", JobId=job, **options)
    cloud.check(job)
    return [cloud.detail(job), cloud.call("DescribeMigrationJobs", JobId=job)]


def sync(emulator: Emulator) -> Any:
    cloud = SyncCloud(emulator)
    info = {**sync_cloud.ENDPOINT, **FIELDS}
    return cloud.info(cloud.check_passed(SrcInfo=info, DstInfo=info))


def sync_cluster(emulator: Emulator) -> Any:
    cloud = SyncCloud(emulator)
    info = {**sync_cloud.ENDPOINT, **FIELDS}
    cluster = {"Region": "ap-guangzhou", "AccessType": "extranet", "DatabaseType": "mysql", "Info": [info]}
    return cloud.info(cloud.initialized(SrcNodeType="cluster", SrcInfos=cluster, DstInfo=info))


def migration_2018(emulator: Emulator) -> Any:
    cloud = Cloud2018(emulator)
    source = {**cloud_2018.SOURCE, "Password": SECRET, "AccessKey": SECRET}
    target = {**cloud_2018.TARGET, "Password": SECRET}
    option = {**cloud_2018.OPTION, "ExternParams": json.dumps({"password": SECRET, "level": 1})}
    job = cloud.passed(SrcInfo=source, DstInfo=target, MigrateOption=option, SrcInfoMulti=[source])
    cloud.call("ModifyMigrateJob", JobId=job, SrcInfo={"AccessKey": SECRET})
    return cloud.item(job)


@pytest.mark.parametrize("made", [migration, sync, sync_cluster, migration_2018])
def test_a_secret_comes_back_nowhere(kept: Emulator, file: Path, made: Any) -> None:
    answers = made(kept)
    shown = {"journal": kept.journal(), "state": kept.jobs(), "answers": answers}
    assert [name for name, value in shown.items() if SECRET in json.dumps(value)] == []
    written = b"".join(path.read_bytes() for path in sorted(file.parent.iterdir()))
    assert b"AKID" not in written
    assert SECRET.encode() not in written


def test_what_is_no_secret_among_the_free_attributes_comes_back(kept: Emulator) -> None:
    detail, _ = migration(kept)
    assert {"Key": "AuthDatabase", "Value": "admin"} in detail["SrcInfo"]["ExtraAttr"]
    assert {"Key": "SslPassword", "Value": ""} in detail["SrcInfo"]["ExtraAttr"]
    assert json.loads(migration_2018(kept)["MigrateOption"]["ExternParams"]) == {"password": "", "level": 1}
