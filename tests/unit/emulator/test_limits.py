"""The published requests per second."""

from __future__ import annotations

from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts import spec
from tencent_dts.emulator import ApiError, Emulator
from tencent_dts.emulator.http.limits import RateLimits
from tests.rules import for_every
from tests.unit.emulator.raw import SECRET_ID, SECRET_KEY, call, client

ACTION = "DescribeMigrationJobs"
LISTING = spec.load().actions[ACTION]
Seen = list[dict[str, Any]]


class Limits:
    """Limits on a clock that the test moves."""

    def __init__(self, enabled: bool = True) -> None:
        self.now = 1000.0
        self.limits = RateLimits(enabled, lambda: self.now)

    def admitted(self, times: int, account: str = "a", action: spec.Action = LISTING) -> int:
        count = 0
        for _ in range(times):
            try:
                self.limits.admit(account, "2021-12-06", action)
            except ApiError:
                continue
            count += 1
        return count


def test_no_second_sees_more_calls_than_published() -> None:
    limits = Limits()
    assert limits.admitted(15) == 15
    limits.now += 0.5
    assert limits.admitted(30) == 5
    limits.now += 0.51
    assert limits.admitted(30) == 15
    limits.now += 0.5
    assert limits.admitted(30) == 5


def test_refused_calls_do_not_count() -> None:
    limits = Limits()
    assert limits.admitted(1000) == 20
    limits.now += 1.01
    assert limits.admitted(1000) == 20


def test_accounts_and_actions_are_counted_apart() -> None:
    limits = Limits()
    assert limits.admitted(30, "a") == 20
    assert limits.admitted(30, "b") == 20
    assert limits.admitted(30, "a", spec.load().actions["StartMigrateJob"]) == 20
    assert limits.admitted(200, "a", spec.load().actions["DescribeSyncJobs"]) == 100


def test_limits_can_be_off() -> None:
    assert Limits(enabled=False).admitted(1000) == 1000


@for_every(
    "action, code",
    [
        (ACTION, "RequestLimitExceeded.RequestLimitExceededError"),
        # These do not document that code, so the common one is sent.
        ("PauseMigrateJob", "RequestLimitExceeded"),
        ("StopMigrateJob", "RequestLimitExceeded.RequestLimitExceededError"),
        ("SkipCheckItem", "RequestLimitExceeded"),
    ],
)
def test_code_is_the_one_the_action_documents(action: str, code: str) -> None:
    limits = Limits()
    assert limits.admitted(30, action=spec.load().actions[action]) == 20
    with pytest.raises(ApiError) as caught:
        limits.limits.admit("a", "2021-12-06", spec.load().actions[action])
    assert caught.value.code == code


def test_too_many_calls_are_throttled_and_not_carried_out(seen: Seen) -> None:
    with Emulator(accounts={SECRET_ID: SECRET_KEY, "AKIDother": "other"}) as emulator:
        sdk, other = client(emulator), client(emulator, ("AKIDother", "other"))
        codes = []
        for _ in range(30):
            try:
                call(sdk, ACTION)
            except TencentCloudSDKException as error:
                codes.append(error.get_code())
        # A slow machine may spread the calls over more than a second, which admits a few more.
        assert set(codes) == {"RequestLimitExceeded.RequestLimitExceededError"}
        assert len(seen) + len(codes) == 30
        assert len(seen) >= 20
        assert call(other, ACTION)["TotalCount"] == 0


def test_limits_off_admit_a_burst(seen: Seen) -> None:
    with Emulator(rate_limit=False) as emulator:
        sdk = client(emulator)
        for _ in range(50):
            call(sdk, ACTION)
    assert len(seen) == 50
