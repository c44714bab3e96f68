"""Whatever an answer holds or lacks, the page is made; what it means is told rightly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tencent_dts.plugins import routes
from tencent_dts.plugins.billing import bill_of
from tencent_dts.plugins.facts import job_of
from tencent_dts.plugins.reading import Snapshot, shaped
from tencent_dts.plugins.run_jobs import RunJob
from tencent_dts.plugins.words import links, moment, percent, shown
from tencent_dts.spec import Field, load
from tests.unit.plugins.markup import Markup

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)  # noon in Beijing
JOB = RunJob("dts-a", "ap-guangzhou", -1, ("purchase",), "https://console.cloud.tencent.com/x", "default", NOW)
WORDS = st.sampled_from(["", "running", "failed", "checkPass", "sinker", "0000-00-00 00:00:00", "2026-11-23 11:00:00"])
WRONG = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats())


def values(rule: Field, depth: int) -> st.SearchStrategy[Any]:
    """Values of a field: right ones, nulls, and some of another type altogether."""
    right: st.SearchStrategy[Any]
    if rule.type in load().types:
        right = objects(load().types[rule.type], depth - 1) if depth else st.none()
    elif rule.type == "Boolean":
        right = st.booleans()
    elif rule.type == "String":
        right = WORDS | st.text(max_size=20)
    else:
        right = st.integers()
    if rule.array:
        right = st.lists(right | WRONG, max_size=2)
    return st.one_of(right, right, right, WRONG)


def objects(shape: Any, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(rule, depth) for name, rule in shape.items()})


def answers(action: str) -> st.SearchStrategy[Any]:
    shape = load().actions[action].response
    return st.deferred(lambda: objects(shape, 4)).map(lambda answer: shaped(action, answer))


@pytest.fixture(scope="module")
def render() -> Any:
    folder = routes.__file__.replace("routes.py", "templates")
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("page.html")
    common = {"dag_id": "dag", "run_id": "run", "refresh_seconds": 10, "notice": "", "index": []}
    return lambda snapshot: Markup(template.render(jobs=[job_of(JOB, snapshot)], **common))


@settings(max_examples=60, deadline=None)
@given(
    detail=answers("DescribeMigrationDetail"),
    check=answers("DescribeMigrationCheckJob"),
    compares=answers("DescribeCompareTasks"),
    report=answers("DescribeCompareReport"),
)
def test_no_answer_breaks_the_page(render: Any, detail: Any, check: Any, compares: Any, report: Any) -> None:
    snapshot = Snapshot(NOW, detail, False, check, compares["Items"], report)
    assert "dts-a" in render(snapshot).text


@pytest.mark.parametrize("nothing", [None, [], "text", 7, {}, {"StepInfo": None, "TradeInfo": None, "JobName": None}])
def test_an_answer_without_anything_is_shown_as_not_told(render: Any, nothing: Any) -> None:
    empty = [shaped(name, nothing) for name in ("DescribeMigrationDetail", "DescribeMigrationCheckJob")]
    shown_page = render(Snapshot(NOW, empty[0], False, empty[1], [{}], shaped("DescribeCompareReport", nothing)))
    assert shown_page.pills["not told"] == "unknown"
    assert "Lag not known now" in shown_page.text


def test_a_shaped_answer_holds_documented_fields_of_documented_types() -> None:
    answer = {
        "JobId": "dts-a",
        "Bogus": 1,
        "JobName": 7,
        "StepInfo": {"StepAll": "3", "StepNow": True, "StepInfo": [None, 1, {"Percent": 50, "Errors": None}]},
        "Tags": "none",
    }
    assert shaped("DescribeMigrationDetail", answer) == {
        "JobId": "dts-a",
        "StepInfo": {"StepInfo": [{"Percent": 50, "Errors": [], "Warnings": []}]},
        "Tags": [],
        "ErrorInfo": [],
    }


def test_long_texts_are_cut() -> None:
    answer = shaped("DescribeMigrationDetail", {"BriefMsg": "x" * 100_000})
    assert len(answer["BriefMsg"]) == 2001


def test_only_web_addresses_become_links() -> None:
    given_links = ["https://a.example/x", "javascript:alert(1)", "http://b.example", "", None, "ftp://c", "https://[x"]
    assert links(given_links) == ("https://a.example/x", "http://b.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23 12:00:00", "2026-11-23 12:00:00"),
        ("2026-11-23T04:00:00Z", "2026-11-23 12:00:00"),
        ("2026-11-23T12:00:00+08:00", "2026-11-23 12:00:00"),
        ("0000-00-00 00:00:00", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("", ""),
        (None, ""),
        ("soon", ""),
    ],
)
def test_times_are_shown_in_beijing_time_or_not_at_all(text: str | None, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("value", "expected"), [(None, None), (-1, 0), (0, 0), (55, 55), (100, 100), (250, 100)])
def test_a_percentage_stays_one(value: int | None, expected: int | None) -> None:
    assert percent(value) == expected


def detail(status: str = "readyComplete", trade: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    sinker = {"StepId": "sinker", "StartTime": "2026-11-23 10:00:00"} | changes.pop("sinker", {})
    return {
        "Status": status,
        "TradeInfo": {"TradeStatus": "normal", "InstanceClass": "medium"} | (trade or {}),
        "StepInfo": {"StepInfo": [{"StepId": "dumper", "StartTime": "2026-11-23 08:00:00"}, sinker]},
        **changes,
    }


ISOLATED = {"TradeStatus": "isolated", "IsolateTime": "2026-11-23 11:30:00"}


@pytest.mark.parametrize(
    ("job", "hours"),
    [
        (detail(), "about 2.00 h × medium, and counting"),  # noqa: RUF001 - as shown
        (detail("manualPaused"), "about 2.00 h × medium, and counting"),  # noqa: RUF001 - as shown
        (detail("success", EndTime="2026-11-23 11:00:00"), "about 1.00 h × medium"),  # noqa: RUF001 - as shown
        (detail(sinker={"FinishTime": "2026-11-23 10:30:00"}), "about 0.50 h × medium"),  # noqa: RUF001 - as shown
        (detail("canceled", UpdateTime="2026-11-23 10:15:00"), "about 0.25 h × medium"),  # noqa: RUF001 - as shown
        (detail(trade=ISOLATED), "about 1.50 h × medium"),  # noqa: RUF001 - as shown
        (detail(UpdateTime="2026-11-23 13:00:00"), "about 3.00 h × medium, and counting"),  # noqa: RUF001 - as shown
        (detail(sinker={"StartTime": ""}), "none yet: only the incremental step is billed"),
        (detail(StepInfo={}), "none yet: only the incremental step is billed"),
        (detail(trade={"TradeStatus": "notBilled"}), "none: this job is free"),
        (detail(trade={"BillingType": "notBilling"}), "none: this job is free"),
    ],
)
def test_hours_are_billed_from_the_incremental_step_to_its_end(job: dict[str, Any], hours: str) -> None:
    assert bill_of(job, NOW).hours == hours


@pytest.mark.parametrize(
    ("trade", "fee", "held"),
    [
        ("normal", "one hour's fee is held until the job is isolated", True),
        ("resizing", "one hour's fee is held until the job is isolated", True),
        ("isolating", "is being released", True),
        ("isolated", "released", False),
        ("offlined", "released", False),
        ("", "one hour's fee is held until the job is isolated", True),
    ],
)
def test_the_fee_is_held_until_the_job_is_isolated(trade: str, fee: str, held: bool) -> None:
    bill = bill_of(detail(trade={"TradeStatus": trade}), NOW)
    assert (bill.fee, bill.held) == (fee, held)


def test_the_moment_of_a_zoneless_time_is_beijings() -> None:
    assert moment("2026-11-23 12:00:00") == NOW
    assert moment("2026-11-23 12:00:00") - NOW == timedelta(0)  # type: ignore[operator]  # as just asserted
