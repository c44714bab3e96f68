"""Where the on-call runbook has a red task: docs/runbook.md has a row, with an anchor, for each of our tasks."""

from __future__ import annotations

from tencent_dts import settings
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.fleet import TEXTS as OF_FLEETS
from tencent_dts.kinds.registry import KINDS
from tencent_dts.kinds.texts import Texts
from tencent_dts.orphans.texts import TEXTS as OF_ORPHANS
from tencent_dts.watching.texts import TEXTS as OF_THE_WATCH

SECTIONS: Texts = {
    **{dag_id: texts for kind in KINDS for dag_id, texts in kind.texts.items()},
    **OF_FLEETS,
    **OF_ORPHANS,
    **OF_THE_WATCH,
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
    with_step = {name: texts[step].doc_md for name, texts in SECTIONS.items() if step in texts}
    named = [name for name in with_step if name == dag_id]
    known = [name for name, text in with_step.items() if text == documentation.strip()]
    found = sorted(known, key=lambda name: name != dag_id) or named  # a few tasks of two sections have one text
    return f"{address}#{found[0]}-{step}" if address and found else address
