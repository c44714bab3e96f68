"""Which jobs were bought under an identity, and which ones merely look like it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.identity import Identity
from tencent_dts.engine.surplus import find_owned
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.migration.kind import MIGRATION
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.kinds.sync.kind import SYNC
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud

pytestmark = pytest.mark.usefixtures("airflow_connections")

ME = Identity("tests", "dag", "run", "purchase")
OTHER = Identity("tests", "dag", "another", "purchase")
NAME = ME.job_name("orders")
KINDS = {"migration": (MIGRATION.purchase, Cloud), "sync": (SYNC.purchase, SyncCloud)}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Purchasable:
    return KINDS[str(request.param)][0]


@pytest.fixture
def person(kind: Purchasable, cloud: Cloud) -> Cloud:
    return next(who for row, who in KINDS.values() if row is kind)(cloud.emulator)


def bought(person: Cloud, name: str, tagged: Identity | None) -> str:
    tags = {"Tags": tagged.tags(0)} if tagged else {}
    buy = person.buy_sync if isinstance(person, SyncCloud) else person.buy
    return buy(JobName=name, **tags)


def found(kind: Purchasable, known: Collection[str] = (), *, by_name: bool = True) -> tuple[list[str], list[str]]:
    async def look() -> tuple[list[str], list[str]]:
        async with DtsClient(DtsHook().resolve(), kind.resource.version) as client:
            ours, others = await find_owned(client, kind, ME.owner, NAME, known, by_name=by_name)
            return sorted(map(kind.id_of, ours)), sorted(map(kind.id_of, others))

    return asyncio.run(look())


def test_a_job_is_ours_by_its_name_or_as_we_know_it_and_by_its_tags_alone_a_stranger(
    kind: Purchasable, person: Cloud
) -> None:
    ours, untagged = bought(person, NAME, ME), bought(person, NAME, None)
    renamed, other = bought(person, "renamed", ME), bought(person, "other", OTHER)
    assert found(kind) == (sorted([ours, untagged]), [renamed])
    assert found(kind, [renamed, other]) == (sorted([ours, untagged, renamed]), [])


def test_the_name_is_asked_for_only_where_that_is_wanted_or_the_tags_lead_to_none(
    kind: Purchasable, person: Cloud
) -> None:
    untagged = bought(person, NAME, None)
    assert found(kind, by_name=False) == ([untagged], [])
    ours = bought(person, NAME, ME)
    before = len(person.emulator.journal(kind.resource.listing))
    assert found(kind, by_name=False) == ([ours], [])
    assert len(person.emulator.journal(kind.resource.listing)) == before + 1
    assert found(kind) == (sorted([ours, untagged]), [])
