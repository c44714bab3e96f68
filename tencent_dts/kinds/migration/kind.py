"""A data migration, API version 2021-12-06: all that distinguishes it from the other kinds of jobs.

API document: CreateMigrationService, DescribeMigrationDetail, ModifyMigrationJob, IsolateMigrateJob; TradeInfo.
"""

from __future__ import annotations

from datetime import datetime

from tencent_dts.kinds import compare
from tencent_dts.kinds.kind import Kind, ManifestShape
from tencent_dts.kinds.migration import plan, states
from tencent_dts.kinds.migration.form import MIGRATION as FORM
from tencent_dts.kinds.migration.page import VIEW
from tencent_dts.kinds.migration.texts import TEXTS
from tencent_dts.kinds.migration.watch import WATCH
from tencent_dts.kinds.planned import RECONFIGURE, Planned
from tencent_dts.kinds.price import Moment, Price, time_at
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item, dig
from tencent_dts.times import moment


def _of_sinker(name: str) -> Moment:
    """A time of the incremental step of a migration."""

    def found(item: Item) -> datetime | None:
        steps = dig(item, "StepInfo.StepInfo") or ()
        return moment(next((step.get(name) for step in steps if step.get("StepId") == "sinker"), None))

    return found


PURCHASE = Purchasable(
    action="CreateMigrationService",
    resource=states.MIGRATION_JOB,
    isolate=states.ISOLATE,
    ids="JobIds",
    never_started=states.BEFORE_START,
    ended=states.ENDED_BADLY,
    succeeded=states.ENDED_WELL,
    accomplished=states.ENDED_WELL,
    at_rest=states.ENDED | states.BEFORE_START,
    stop="StopMigrateJob",
)

PRICE = Price(
    begun=_of_sinker("StartTime"),
    idle="not billed yet, as only the incremental step is billed",
    ends=(_of_sinker("FinishTime"), time_at("EndTime"), time_at("TradeInfo.IsolateTime")),
    over=states.ENDED,
    last="UpdateTime",
    isolated=states.ISOLATED.reached,
    marked_free=("TradeInfo.BillingType", "notBilling"),
    amount="TradeInfo.InstanceClass",
)

PLANNED = Planned(
    shown=plan.SHOWN,
    request=plan.modify_request,
    configure=states.CONFIGURE,
    checking=states.CHECKING,
    over=states.CUT_OVER | states.ENDED_BADLY,
    while_open=RECONFIGURE,
    once_started=(
        "a job that has started keeps its configuration: order StopMigrateJob, then clear `purchase` with its "
        "downstream, which isolates this job and buys another."
    ),
    bought=plan.BOUGHT,
)

MANIFEST = ManifestShape(
    required=("source_connection", "target_connection", "objects"),
    rules=plan.RULES,
    group="migrate",
    action="ModifyMigrationJob",
    shapes={"migrate_option": "MigrateOption", "objects": "MigrateOption.DatabaseTable"},
    texts=("objects",),
)

MIGRATION = Kind(
    name="migration",
    tables=(states, compare),
    purchase=PURCHASE,
    price=PRICE,
    calm=(states.PAUSE, states.STOP),
    resting=PURCHASE.at_rest | states.PAUSE.done,
    planned=PLANNED,
    forms=(FORM,),
    manifest=MANIFEST,
    texts=TEXTS,
    view=VIEW,
    watch=WATCH,
    kills={"pause": states.PAUSE, "stop": states.STOP},
)
