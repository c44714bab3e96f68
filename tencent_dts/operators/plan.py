"""The first task of a migration run: check everything together, buy nothing.

API document: CreateMigrationService, ModifyMigrationJob, SkipCheckItem, CreateCompareTask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts import settings
from tencent_dts.configuration.common import (
    BEIJING,
    COMPARE_METHODS,
    Database,
    Skip,
    asked_run_time,
    check_sample_rate,
    valid_title,
)
from tencent_dts.configuration.migration import (
    INSTANCE_CLASSES,
    MIGRATE_TYPES,
    RUN_MODES,
    MigrationPlan,
    check_objects,
    link_problem,
    modify_request,
)
from tencent_dts.endpoints import database_type_of
from tencent_dts.errors import InvalidInput
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.base import airflow_connection
from tencent_dts.params import MIGRATION
from tencent_dts.spec import load

if TYPE_CHECKING:
    from airflow.sdk import Context


class PlanMigrationOperator(BaseOperator):
    """Validate a migration as a whole and return it as the plan that the later tasks work by.

    Reads the connections and checks what a form cannot: rules that concern several fields, the fields
    that each access type needs, a start time in the past. Sends nothing to DTS.

    :param request: parameters by name, see :data:`tencent_dts.params.MIGRATION`; default: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.

    API document: CreateMigrationService, ModifyMigrationJob.
    """

    template_fields: Sequence[str] = ("request", "tencentcloud_conn_id")
    ui_color = "#d6e8ff"

    def __init__(
        self,
        *,
        request: Mapping[str, Any] | None = None,
        tencentcloud_conn_id: str = DtsHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.request = request
        self.tencentcloud_conn_id = tencentcloud_conn_id

    def execute(self, context: Context) -> MigrationPlan:
        """Check and return the plan; its parts that other tasks template are XComs of their own."""
        settings.deployment()
        request = MIGRATION.complete(self._given(context))
        plan = self._plan(request, context)
        DtsHook(self.tencentcloud_conn_id, plan["target"]["region"]).resolve()
        connections = [airflow_connection(plan[side]["connection"]) for side in ("source", "target")]
        wire = modify_request("dts-00000000", plan, *connections)
        if problems := load().problems("ModifyMigrationJob", wire):
            raise InvalidInput(problems[0].path, problems[0].message)
        for name, value in self._parts(plan).items():
            context["ti"].xcom_push(key=name, value=value)
        self.log.info("plan: %s", plan)
        return plan

    def _given(self, context: Context) -> dict[str, Any]:
        """What was asked for: by the DAG's author, or by the run's parameters."""
        if self.request is not None:
            return dict(self.request)
        params: dict[str, Any] = dict(context["params"])
        MIGRATION.refuse_unknown(context["dag_run"].conf or {}, context["dag"].params)
        return {name: value for name, value in params.items() if name in MIGRATION.schema}

    def _plan(self, request: Mapping[str, Any], context: Context) -> MigrationPlan:
        source, target = self._database(request, "source"), self._database(request, "target")
        migrate_type = _one_of(request, "migrate_type", MIGRATE_TYPES)
        if problem := link_problem(source["database_type"], target["database_type"], migrate_type):
            raise InvalidInput("source_database_type, target_database_type, migrate_type", problem)
        if source["connection"] == target["connection"]:
            raise InvalidInput("target_connection", "it is the source, too; name another", target["connection"])
        expect_run_time, delay = self._run_time(request, context["task_state_store"])
        run = context["dag_run"]
        return {
            "source": source,
            "target": target,
            "instance_class": _one_of(request, "instance_class", INSTANCE_CLASSES),
            "migrate_type": migrate_type,
            "job_title": valid_title(str(request.get("job_title") or context["ti"].dag_id)),
            "existing_job_id": str(request.get("existing_job_id") or ""),
            "objects": check_objects(request["objects"]),
            "migrate_option": dict(request.get("migrate_option") or {}),
            "run_mode": _one_of(request, "run_mode", RUN_MODES),
            "expect_run_time": expect_run_time,
            "start_delay": delay,
            "compare": self._compare(request),
            "allowed_skipped_tables": _whole(request, "allowed_skipped_tables", 0, 6000),
            "skips": self._skips(request),
            "foreign_key_flag": str(request.get("foreign_key_flag") or ""),
            "requested_by": str(getattr(run, "triggering_user_name", None) or run.run_type),
            "requested_at": str(getattr(run, "run_after", None) or datetime.now(UTC)),
            "approval": bool(request.get("approval", True)),
            "ends_by_itself": migrate_type != "fullAndIncrement",
            "hold_seconds": _whole(request, "hold_seconds", 0, 86400),
            "deadlines": self._deadlines(request, delay),
        }

    @staticmethod
    def _parts(plan: MigrationPlan) -> dict[str, Any]:
        """Single values, for the template fields of tasks that need no more."""
        return {
            "region": plan["target"]["region"],
            "src_region": plan["source"]["region"],
            "src_database_type": plan["source"]["database_type"],
            "dst_database_type": plan["target"]["database_type"],
            "instance_class": plan["instance_class"],
            "job_title": plan["job_title"],
            "existing_job_id": plan["existing_job_id"],
            "ask": plan["approval"] and not plan["ends_by_itself"],
            "cutover": not plan["ends_by_itself"],
            "allowed_skipped_tables": plan["allowed_skipped_tables"],
            "hold_seconds": plan["hold_seconds"],
            **plan["deadlines"],
            "compare": plan["compare"],
        }

    @staticmethod
    def _database(request: Mapping[str, Any], side: str) -> Database:
        conn_id = str(request.get(f"{side}_connection") or "")
        if not conn_id:
            raise InvalidInput(f"{side}_connection", "give the id of an Airflow connection")
        conn = airflow_connection(conn_id)
        database_type = request.get(f"{side}_database_type") or database_type_of(conn)
        if not database_type:
            raise InvalidInput(f"{side}_database_type", f"connection type {conn.conn_type} does not imply one; give it")
        region = request.get(f"{side}_region") or conn.extra_dejson.get("region")
        if not region:
            raise InvalidInput(f"{side}_region", "give it, as ap-guangzhou (or in the connection's extra)")
        return {"connection": conn_id, "database_type": str(database_type), "region": str(region)}

    @staticmethod
    def _run_time(request: Mapping[str, Any], store: Any) -> tuple[str, float]:
        """When a timed run starts, in Beijing time, and the seconds until then.

        A time that was accepted once stays accepted: the task may be cleared when it has passed.
        """
        moment = asked_run_time(request)
        if moment is None:
            return "", 0.0
        text = str(request["expect_run_time"])
        delay = (moment - datetime.now(BEIJING)).total_seconds()
        if delay <= 0 and store.get("accepted_run_time") != text:
            raise InvalidInput("expect_run_time", "it must lie in the future (Beijing time)", text)
        store.set("accepted_run_time", text, retention=NEVER_EXPIRE)
        return moment.strftime("%Y-%m-%d %H:%M:%S"), max(0.0, delay)

    @staticmethod
    def _compare(request: Mapping[str, Any]) -> dict[str, Any]:
        method = _one_of(request, "compare_method", COMPARE_METHODS)
        rate = _whole(request, "compare_sample_rate", 1, 100)
        check_sample_rate(request)
        options = {"Method": method, "SampleRate": rate, "ThreadCount": _whole(request, "compare_threads", 1, 8)}
        return {"ObjectMode": "sameAsMigrate", "Options": options}

    @staticmethod
    def _deadlines(request: Mapping[str, Any], delay: float) -> dict[str, float]:
        """In seconds; a timed start may take as long as it is away."""
        names = ("check_deadline", "ready_deadline", "report_deadline", "approval_deadline", "complete_deadline")
        deadlines = {name: 60.0 * _whole(request, name, 1, 60 * 24 * 60) for name in names}
        return {**deadlines, "start_deadline": delay + deadlines["check_deadline"]}

    @staticmethod
    def _skips(request: Mapping[str, Any]) -> list[Skip]:
        skips: list[Skip] = []
        for index, skip in enumerate(request.get("skip_check_items") or []):
            if not (isinstance(skip, Mapping) and skip.get("step_id") and str(skip.get("reason") or "").strip()):
                raise InvalidInput(f"skip_check_items, {index}", "every item needs step_id and reason")
            skips.append({"step_id": str(skip["step_id"]), "reason": str(skip["reason"])})
        return skips


def _one_of(request: Mapping[str, Any], field: str, allowed: tuple[str, ...]) -> str:
    value = request.get(field)
    if value not in allowed:
        raise InvalidInput(field, f"allowed: {', '.join(allowed)}", value)
    return str(value)


def _whole(request: Mapping[str, Any], field: str, least: int, most: int) -> int:
    value = request.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInput(field, f"a whole number from {least} to {most}", value)
    return value
