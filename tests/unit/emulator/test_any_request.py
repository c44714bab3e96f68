"""Every action, with parameters of right and of wrong types, about jobs that exist: no handler breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tencent_dts import spec
from tencent_dts.emulator import Emulator
from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world.kernel import HANDLERS
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.raw import Raw
from tests.unit.emulator.sync_cloud import SyncCloud

load_areas()
ODD: st.SearchStrategy[Any] = st.sampled_from([None, "", "a", "\x00", "é" * 300, 0, -1, 2**63 - 1, 0.5, True, [], {}])


@pytest.fixture(scope="module")
def peopled() -> Iterator[Emulator]:
    with Emulator(speed=0, rate_limit=False) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def names(peopled: Emulator) -> list[str]:
    """What requests may name: several jobs of each kind, as the calls of one test may end some of them."""
    cloud, sync, old = Cloud(peopled), SyncCloud(peopled), Cloud2018(peopled)
    jobs = [
        job
        for _ in range(3)
        for job in (
            cloud.buy(),
            cloud.ready(),
            sync.buy_sync(),
            sync.syncing({}),
            old.made(),
            old.in_time(),
            old.active(),
        )
    ]
    return [*jobs, "dts-00000000", "cdb-9dijwkkw", "mysql", "2024-01-01 00:00:00"]


def values(shape: spec.Field, types: spec.Spec, names: list[str], depth: int) -> st.SearchStrategy[Any]:
    """Values of a field: mostly of its type, now and then anything."""
    one: st.SearchStrategy[Any]
    if shape.type in types.types:
        one = objects(types.types[shape.type], types, names, depth - 1) if depth else st.just({})
    elif shape.enum:
        one = st.sampled_from(shape.enum)
    else:
        plain = {"Integer": st.integers(0, 100), "Float": st.floats(0, 10), "Boolean": st.booleans()}
        one = plain.get(shape.type, st.sampled_from(names))
    right = st.lists(one, max_size=2) if shape.array else one
    return st.integers(0, 14).flatmap(lambda luck: ODD if luck == 0 else right)


def objects(
    fields: Mapping[str, spec.Field], types: spec.Spec, names: list[str], depth: int = 4
) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with all their required fields and some of the others."""
    made = {name: values(shape, types, names, depth) for name, shape in fields.items()}
    required = {name: value for name, value in made.items() if fields[name].required}
    return st.fixed_dictionaries(required, optional={name: made[name] for name in made.keys() - required.keys()})


@pytest.mark.parametrize("key", sorted(HANDLERS), ids="/".join)
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_it_is_answered_or_refused(
    peopled: Emulator, names: list[str], key: tuple[str, str], data: st.DataObject
) -> None:
    version, action = key
    types = spec.load(version)
    params = data.draw(objects(types.actions[action].request, types, names))
    raw = Raw(peopled.endpoint, body=json.dumps(params).encode(), headers={"X-TC-Version": version}).sign(action)
    raw.answer()
    peopled.advance(30)
    Cloud(peopled).call("DescribeMigrationJobs")
    peopled.raise_failures()
