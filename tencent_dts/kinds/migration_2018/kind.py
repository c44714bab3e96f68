"""A migration of API version 2018-03-30: all that distinguishes it from the other kinds of jobs.

API document: CreateMigrateJob, DescribeMigrateJobs, ModifyMigrateJob, DeleteMigrateJob.
"""

from __future__ import annotations

from tencent_dts.kinds.kind import Kind, ManifestShape
from tencent_dts.kinds.migration_2018 import plan, states
from tencent_dts.kinds.migration_2018.form import MIGRATE_2018
from tencent_dts.kinds.migration_2018.page import VIEW
from tencent_dts.kinds.migration_2018.texts import TEXTS
from tencent_dts.kinds.migration_2018.watch import WATCH
from tencent_dts.kinds.planned import Planned
from tencent_dts.kinds.purchasable import Purchasable

PURCHASE = Purchasable(
    action="CreateMigrateJob",
    resource=states.MIGRATION_JOB_2018,
    isolate=states.DELETE_2018,
    ids="JobId",
    never_started=states.BEFORE_START_2018,
    ended=states.ENDED_BADLY_2018,
    succeeded=states.ENDED_WELL_2018,
    accomplished=states.ENDED_WELL_2018,
    at_rest=states.AT_REST_2018,
    stop="StopMigrateJob",
    counted=False,
)

PLANNED = Planned(
    shown=plan.SHOWN,
    request=lambda _, planned, source, target: plan.create_request(planned, source, target),
    configure=states.CONFIGURE_2018,
    checking=states.CHECKING_2018,
    over=states.ENDING_2018 | states.ENDED_WELL_2018 | states.ENDED_BADLY_2018,
    while_open=(
        "Configure the job as the plan says, with ModifyMigrateJob or in the console; then clear `check` with its "
        "downstream."
    ),
    once_started=(
        "a job that has started keeps its configuration: order StopMigrateJob, then clear `create` with its "
        "downstream, which deletes this job and creates another."
    ),
    follows=False,
)

MANIFEST = ManifestShape(
    required=("source_connection", "target_connection", "migrate_object"),
    rules=plan.RULES,
    group="migrate_2018",
)

MIGRATION_2018 = Kind(
    name="migration_2018",
    tables=(states,),
    purchase=PURCHASE,
    price=None,
    calm=(states.STOP_2018,),
    resting=states.AT_REST_2018 - states.ENDING_2018,
    planned=PLANNED,
    forms=(MIGRATE_2018,),
    manifest=MANIFEST,
    texts=TEXTS,
    view=VIEW,
    watch=WATCH,
    kills={"stop": states.STOP_2018},
)
