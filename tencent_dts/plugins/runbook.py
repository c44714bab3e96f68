"""Where the on-call runbook tells of a red task: docs/runbook.md has a row, with an anchor, for each of our tasks."""

from __future__ import annotations

from collections.abc import Mapping

from tencent_dts import settings
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.migration.texts import DOCS as MIGRATE
from tencent_dts.kinds.migration_2018.texts import DOCS as MIGRATE_2018
from tencent_dts.kinds.subscription_2018.texts import SUBSCRIBE_DOCS, UNSUBSCRIBE_DOCS
from tencent_dts.kinds.sync.texts import MODIFY_SYNC, RETIRE_SYNC, SYNC

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "dts_migrate": MIGRATE,
    "dts_sync": SYNC,
    "dts_sync_modify": MODIFY_SYNC,
    "dts_sync_retire": RETIRE_SYNC,
    "dts_migrate_2018": MIGRATE_2018,
    "dts_subscribe": SUBSCRIBE_DOCS,
    "dts_unsubscribe": UNSUBSCRIBE_DOCS,
    "dts_reap": {"reap": ""},
}
"""The sections of the runbook, named like our DAGs: a row for each of these tasks."""


def row_of(dag_id: str, task_id: str, documentation: str) -> str:
    """The address of a task's row; that of the whole runbook where the task is none of ours, "" where none is set.

    A task is known by its documentation, which the groups bring along into any DAG; where its author has written
    another, by the DAG, if that is one of ours.

    :param documentation: of the task, as Airflow has stored it.
    """
    try:
        address = settings.runbook_url()
    except InvalidInput:  # `plan` says so; nothing of the page is lost for that
        return ""
    step = task_id.rpartition(".")[2]
    named = [name for name in SECTIONS if name == dag_id and step in SECTIONS[name]]
    known = [name for name, texts in SECTIONS.items() if documentation and texts.get(step, "") == documentation.strip()]
    found = sorted(known, key=lambda name: name != dag_id) or named  # a few tasks of two sections have one text
    return f"{address}#{found[0]}-{step}" if address and found else address
