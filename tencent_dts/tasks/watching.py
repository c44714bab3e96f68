"""What the tasks that watch share: the limits, from when on something is told.

API document: none; see :mod:`tencent_dts.kinds.watching`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.watching import Limits
from tencent_dts.sizes import Size
from tencent_dts.tasks.base import DtsTask
from tencent_dts.templated import rendered
from tencent_dts.watching.form import LIMITS


class WatchTask(DtsTask):
    """Base of the tasks that watch jobs by the rules of their kinds.

    :param lag_seconds: seconds that a target may be behind its source; default 300.
    :param lag_minutes: minutes that it may be further behind before that is reported; default 15.
    :param lag_unknown_hours: hours that the lag of a running job may be unknown; default 24.
    :param error_minutes: minutes that a job may be in error; default 0.
    :param paused_hours: hours that a job may be paused; default 24.
    :param expire_days: days before its end that a prepaid job which does not renew itself is reported; default 7.
    :param compare_days: days within which a comparison must have found a sync link the same; default 0: not looked at.
    :param unread_minutes: minutes that a job may be gone, in a state that is not known, or not be readable; default 30.
    """

    resource = MIGRATION_JOB  # of the first client alone: each kind has one of its own
    adds_fields: ClassVar[tuple[str, ...]] = tuple(LIMITS)
    lag_seconds, expire_days = Size(), Size("days")
    lag_minutes, error_minutes, unread_minutes = Size("minutes"), Size("minutes"), Size("minutes")
    lag_unknown_hours, paused_hours = Size("hours"), Size("hours")
    compare_days = Size("days")

    def __init__(
        self,
        *,
        lag_seconds: float | str | XComArg = 300,
        lag_minutes: float | str | XComArg = 15,
        lag_unknown_hours: float | str | XComArg = 24,
        error_minutes: float | str | XComArg = 0,
        paused_hours: float | str | XComArg = 24,
        expire_days: float | str | XComArg = 7,
        compare_days: float | str | XComArg = 0,
        unread_minutes: float | str | XComArg = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lag_seconds = rendered(lag_seconds)
        self.lag_minutes = rendered(lag_minutes)
        self.lag_unknown_hours = rendered(lag_unknown_hours)
        self.error_minutes = rendered(error_minutes)
        self.paused_hours = rendered(paused_hours)
        self.expire_days = rendered(expire_days)
        self.compare_days = rendered(compare_days)
        self.unread_minutes = rendered(unread_minutes)

    def limits(self) -> Limits:
        """The limits by the names of their fields.

        :raises InvalidInput: one is no number, or out of bounds.
        """
        return {name: getattr(WatchTask, name).of(self) for name in LIMITS}
