"""A red task of the DTS tab leads to its row in the runbook, where Airflow's configuration says where that is."""

from __future__ import annotations

import pytest

from tencent_dts import settings
from tencent_dts.errors import InvalidInput
from tencent_dts.plugins.run_jobs import read_run
from tencent_dts.plugins.runbook import SECTIONS, row_of
from tests.rules import for_every
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs
from tests.unit.plugins.markup import Markup
from tests.unit.plugins.test_run_tasks import put

ADDRESS = "https://git.example.com/dts/runbook.md"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__RUNBOOK_URL", ADDRESS)
    return ADDRESS


def test_a_red_task_links_to_its_row_and_another_to_none(runs: Runs, pages: Pages, address: str) -> None:
    run_id = runs.make()
    put(run_id, "configure", "failed")
    put(run_id, "purchase", "deferred")
    red, waiting = read_run(DAG_ID, run_id).stops
    assert red.runbook == f"{address}#dts_migrate-configure"
    assert waiting.runbook == ""
    shown = Markup(pages.text(run_id))
    assert red.runbook in shown.links
    assert "About this task · Runbook Next:" in shown.text


def test_without_an_address_nothing_is_linked(runs: Runs, pages: Pages) -> None:
    run_id = runs.make()
    put(run_id, "configure", "failed")
    assert "Runbook" not in Markup(pages.text(run_id)).text


@pytest.mark.usefixtures("address")
@for_every("name", SECTIONS)
def test_each_task_leads_to_its_row_by_its_dag_and_in_other_dags_by_its_documentation(name: str) -> None:
    for step, text in SECTIONS[name].items():
        documentation = text.doc_md
        assert row_of(name, step, "") == row_of(name, step, documentation) == f"{ADDRESS}#{name}-{step}"
        row = row_of("shop", f"move_shop.{step}", f"{documentation}\n").removeprefix(f"{ADDRESS}#")
        assert SECTIONS[row.removesuffix(f"-{step}")][step] == text


@pytest.mark.usefixtures("address")
def test_a_task_is_what_its_documentation_says_whatever_its_dag_is_called() -> None:
    assert (
        row_of("dts_sync", "purchase", SECTIONS["dts_migrate"]["purchase"].doc_md) == f"{ADDRESS}#dts_migrate-purchase"
    )


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize(
    "task", [("shop", "purchase", ""), ("shop", "purchase", "Buys fruit."), ("dts_migrate", "x", "")]
)
def test_what_is_no_task_of_ours_leads_to_the_runbook(task: tuple[str, str, str]) -> None:
    assert row_of(*task) == ADDRESS


@for_every("wrong", ["runbook", "javascript:alert(1)", "https://", "https://a b", "https://a/b#c"])
def test_what_is_no_web_address_is_refused_by_plan_and_makes_no_link(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__RUNBOOK_URL", wrong)
    with pytest.raises(InvalidInput, match="runbook_url") as raised:
        settings.check_all()
    assert "Correct Airflow's configuration" in str(raised.value.next_step)
    assert row_of("dts_migrate", "plan", "") == ""


def test_a_link_within_the_runbook_is_plain_text_in_airflow_where_it_would_lead_nowhere() -> None:
    texts = {(name, step): text for name, section in SECTIONS.items() for step, text in section.items()}
    assert [key for key, text in texts.items() if "](" in text.doc_md] == []
    purchase = texts["dts_migrate", "purchase"]
    assert "[fresh start](#fresh-start)" in purchase.row("dts_migrate", "purchase")
    assert "tags and state, and fresh start." in purchase.doc_md
