"""Migration jobs of API 2018-03-30 in every state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import OPTION, Cloud2018, naming
from tests.unit.subjects import Stage, Subject, of_a_person

WAITING = OPTION | {"RunMode": 2, "ExpectTime": "2099-01-01 00:00:00"}
TO_THE_INCREMENTAL_STEP = 63 + 44 + 43


def of_2018(cloud: Cloud) -> Cloud2018:
    """The same person at the API of 2018."""
    return Cloud2018(cloud.emulator)


def plan_2018(*names: str, **changes: Any) -> dict[str, Any]:
    """A plan as ``DtsPlanMigration2018Operator`` returns it, for these databases, or for the whole instance."""
    return {
        "source": {"connection": "source_mysql", "database_type": "mysql", "region": "ap-guangzhou"},
        "target": {"connection": "target_mysql", "database_type": "mysql", "region": "ap-guangzhou"},
        "job_title": "orders",
        "existing_job_id": "",
        "migrate_type": "fullAndIncrement",
        "migrate_object": "tables" if names else "instance",
        "databases": [{"Database": name} for name in names],
        "run_mode": "immediate",
        "expect_run_time": "",
        "start_delay": 0.0,
        "consistency": "full",
        "consistency_params": {},
        "is_override_root": False,
        "read_only": False,
        "extern_params": {},
        "requested_by": "someone",
        "requested_at": "2026-11-23T00:00:00+00:00",
    } | changes


PLAN_OF_A_PERSON = plan_2018(**of_a_person("person_mysql", "person_cdb"), consistency="noCheck")
"""The plan of a job as :class:`Cloud2018` creates it."""


def _job(make: Callable[[Cloud2018], str]) -> Stage:
    return lambda cloud: Subject(make(of_2018(cloud)))


STAGES: dict[str, Stage] = {
    "2018 creating": _job(lambda cloud: cloud.made()),
    "2018 checking": _job(lambda cloud: cloud.then(cloud.made(), "CreateMigrateCheckJob")),
    "2018 checkPass": _job(lambda cloud: cloud.passed()),
    "2018 checkNotPass": _job(lambda cloud: cloud.passed(**naming("rehearse_check_DstEmptyCheck"))),
    "2018 running": _job(lambda cloud: cloud.begun(70)),
    "2018 waiting for its time": _job(lambda cloud: cloud.begun(70, MigrateOption=WAITING)),
    "2018 running in the incremental step": _job(lambda cloud: cloud.begun(TO_THE_INCREMENTAL_STEP)),
    "2018 readyComplete": _job(lambda cloud: cloud.in_time()),
    "2018 completing": _job(lambda cloud: cloud.then(cloud.in_time(), "CompleteMigrateJob")),
    "2018 success": _job(lambda cloud: cloud.then(cloud.in_time(), "CompleteMigrateJob", 10)),
    "2018 failed": _job(lambda cloud: cloud.in_time(**naming("rehearse_failed"))),
    "2018 stopping": _job(lambda cloud: cloud.then(cloud.in_time(), "StopMigrateJob")),
    "2018 stopped": _job(lambda cloud: cloud.then(cloud.in_time(), "StopMigrateJob", 10)),
}
