"""Migration jobs of API 2018-03-30: what each operator does in every state."""

from __future__ import annotations

from tencent_dts.operators import migration_2018 as migration
from tests.unit.operators.case import Case, ends
from tests.unit.stages_2018 import PLAN_OF_A_PERSON

_STARTED = ("2018 running", "2018 waiting for its time", "2018 readyComplete", "2018 completing", "2018 success")
_ENDED = ("2018 failed", "2018 stopped", "2018 stopping")

CASES: list[Case] = [
    Case(
        migration.DtsModifyMigrateJob2018Operator,
        allowed="2018 creating",
        ends=ends("creating"),
        done=("2018 checking", *_STARTED),
        under_way=("2018 stopping",),
        arguments={"configuration": PLAN_OF_A_PERSON},
        repeats=True,
    ),
    Case(
        migration.DtsCreateMigrateCheckJob2018Operator,
        allowed="2018 creating",
        ends=ends("checking", "checkPass"),
        done=("2018 checking", "2018 checkPass", *_STARTED),
        impossible=_ENDED,
    ),
    Case(
        migration.DtsStartMigrateJob2018Operator,
        allowed="2018 checkPass",
        ends=ends("running", "readyComplete"),
        done=_STARTED,
        under_way=("2018 checking",),
        impossible=("2018 checkNotPass", *_ENDED),
    ),
    Case(
        migration.DtsStopMigrateJob2018Operator,
        allowed="2018 running",
        ends=ends("failed"),
        done=("2018 failed", "2018 stopped"),
        under_way=("2018 stopping",),
        impossible=("2018 creating", "2018 checkPass", "2018 completing", "2018 success"),
        gone_is_done=True,
    ),
    Case(
        migration.DtsCompleteMigrateJob2018Operator,
        allowed="2018 readyComplete",
        ends=ends("success"),
        done=("2018 success",),
        under_way=("2018 completing",),
        impossible=("2018 creating", "2018 running", *_ENDED),
        arguments={"unproven": True},
    ),
    Case(
        migration.DtsDeleteMigrateJob2018Operator,
        allowed="2018 success",
        ends=ends("gone"),
        under_way=("2018 checking", "2018 stopping", "2018 completing"),
        impossible=("2018 running", "2018 waiting for its time", "2018 readyComplete"),
        gone_is_done=True,
    ),
]
