"""The pytest fixtures, as another project would use them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import urllib.request
import pytest
from tencent_dts.emulator.world.kernel import HANDLERS, Registered
from tests.unit.emulator.raw import call, client, refusal

pytest_plugins = ["tencent_dts.emulator.fixture"]
LIST = "DescribeMigrationJobs"

@pytest.fixture(scope="session")
def dts_emulator_options():
    return {"speed": 5}

def test_first(dts_emulator):
    call(client(dts_emulator), LIST)
    dts_emulator.add_fault({"code": "InternalError"})
    assert len(dts_emulator.journal()) == 1
    assert dts_emulator.clock()["speed"] == 5

def test_second_knows_nothing_of_the_first(dts_emulator):
    assert dts_emulator.journal() == []
    assert call(client(dts_emulator), LIST)["TotalCount"] == 0

def test_third_meets_a_broken_handler(dts_emulator, monkeypatch):
    def broken(world, caller, params):
        raise KeyError("nobody thought of this")
    monkeypatch.setitem(HANDLERS, ("2021-12-06", LIST), Registered(LIST, "2021-12-06", broken, "assumed", ""))
    assert refusal(client(dts_emulator), LIST) == "InternalError.InternalErrorError"
"""


def test_each_test_gets_a_fresh_emulator_and_fails_when_it_broke(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    root = Path(request.config.rootpath)
    monkeypatch.setenv("PYTHONPATH", str(root))
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*nobody thought of this*"])
