"""A sync link, API version 2021-12-06: all that distinguishes it from the other kinds of jobs.

API document: CreateSyncJob, DescribeSyncJobs, ConfigureSyncJob, IsolateSyncJob; SyncJobInfo.
"""

from __future__ import annotations

from tencent_dts.kinds import compare
from tencent_dts.kinds.kind import Kind, ManifestShape
from tencent_dts.kinds.planned import RECONFIGURE, Planned
from tencent_dts.kinds.price import Price, time_at
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.kinds.sync import change_states, form, plan, states
from tencent_dts.kinds.sync.page import VIEW
from tencent_dts.kinds.sync.texts import TEXTS
from tencent_dts.kinds.sync.watch import WATCH

PURCHASE = Purchasable(
    action="CreateSyncJob",
    resource=states.SYNC_JOB,
    isolate=states.ISOLATE,
    ids="JobIds",
    never_started=states.BEFORE_START,
    ended=states.ENDED_BADLY,
    succeeded=states.STOPPED,  # a sync ends only if it is stopped: that was on purpose
    accomplished=states.RUNNING,
    at_rest=states.AT_REST,
    stop="StopSyncJob or PauseSyncJob",
    lives_on=True,
)

PRICE = Price(
    begun=time_at("StartTime"),
    idle="not billed yet, as it is billed from its start",
    ends=(time_at("EndTime"),),
    over=states.STOP.done,
    paused=states.PAUSE.done & states.CONTINUE.needs,
    isolated=states.ISOLATED.reached,
    amount="InstanceClass",
)

PLANNED = Planned(
    shown=plan.SHOWN,
    request=plan.configure_request,
    configure=states.CONFIGURE,
    checking=states.CHECKING,
    over=states.STOPPED | states.ENDED_BADLY,
    while_open=RECONFIGURE,
    once_started=(
        "change the objects and options of the link with dts_sync_modify and clear this task; where it is wrong as a "
        "whole, retire it and trigger a new run."
    ),
    bought=plan.BOUGHT,
)

MANIFEST = ManifestShape(
    required=("source_connection", "target_connection", "objects"),
    rules=plan.RULES,
    group="sync",
    action="ConfigureSyncJob",
    shapes={"objects": "Objects", "options": "Options"},
    texts=("objects",),
)

SYNC = Kind(
    name="sync",
    tables=(compare, states, change_states),
    purchase=PURCHASE,
    price=PRICE,
    calm=(states.PAUSE, states.STOP),
    resting=PURCHASE.at_rest,
    planned=PLANNED,
    forms=(form.SYNC, form.MODIFY_SYNC, form.RETIRE_SYNC),
    manifest=MANIFEST,
    texts=TEXTS,
    view=VIEW,
    watch=WATCH,
    kills={"pause": states.PAUSE, "stop": states.STOP},
    sparing=("dts_sync_modify", "dts_sync_retire"),
)
