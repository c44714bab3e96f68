"""Whatever an answer holds or lacks, the page is made; what it means is told rightly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tencent_dts.kinds.page import View
from tencent_dts.kinds.sync.page import VIEW as SYNC
from tencent_dts.plugins import routes
from tencent_dts.plugins.facts import job_of
from tencent_dts.plugins.reading import Snapshot, shaped
from tencent_dts.plugins.run_jobs import VIEWS, RunJob
from tencent_dts.plugins.words import addresses, links, percent
from tencent_dts.spec import Field, Spec, load
from tencent_dts.times import moment, shown
from tests.rules import for_every
from tests.unit.plugins.markup import Markup

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)  # noon in Beijing


def job(kind: View) -> RunJob:
    return RunJob(
        kind, "dts-a", "ap-guangzhou", -1, ("purchase",), "https://console.cloud.tencent.com/x", "default", NOW
    )


WORDS = st.sampled_from(["", "running", "failed", "checkPass", "sinker", "0000-00-00 00:00:00", "2026-11-23 11:00:00"])
WRONG = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats())


def values(spec: Spec, rule: Field, depth: int) -> st.SearchStrategy[Any]:
    """Values of a field: right ones, nulls, and some of another type altogether."""
    right: st.SearchStrategy[Any]
    if rule.type in spec.types:
        right = objects(spec, spec.types[rule.type], depth - 1) if depth else st.none()
    elif rule.type == "Boolean":
        right = st.booleans()
    elif rule.type == "String":
        right = WORDS | st.text(max_size=20)
    else:
        right = st.integers()
    if rule.array:
        right = st.lists(right | WRONG, max_size=2)
    return st.one_of(right, right, right, WRONG)


def objects(spec: Spec, shape: Any, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(spec, rule, depth) for name, rule in shape.items()})


def answers(kind: View, action: str) -> st.SearchStrategy[Any]:
    version = kind.resource.version
    shape = load(version).actions[action].response
    answer = st.deferred(lambda: objects(load(version), shape, 4))
    return answer.map(lambda given_answer: shaped(action, given_answer, version=version))


@st.composite
def snapshots(draw: st.DrawFn, kind: View) -> Snapshot:
    """Whatever the actions that a kind of job is read by may answer."""
    resource, family = kind.resource, kind.compares
    details = answers(kind, resource.read)
    if resource.items:
        details = details.map(lambda answer: next(iter(answer[resource.items]), {}))
    checks = {check.goal.resource.read: draw(answers(kind, check.goal.resource.read)) for check in kind.checks}
    compares = draw(answers(kind, family.task.read))["Items"] if family is not None else []
    report = draw(answers(kind, family.report)) if family is not None else None
    return Snapshot(NOW, draw(details), None, checks, compares, report)


@pytest.fixture(scope="module")
def render() -> Any:
    folder = routes.__file__.replace("routes.py", "templates")
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("page.html")
    common = {"dag_id": "dag", "run_id": "run", "refresh_seconds": 10, "notice": "", "index": [], "turns": []}
    common |= {"stops": [], "reports": []}
    return lambda kind, snapshot: Markup(template.render(jobs=[job_of(job(kind), snapshot)], **common))


every_kind = pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.resource.name)


@every_kind
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_answer_breaks_the_page(render: Any, kind: View, data: Any) -> None:
    assert "dts-a" in render(kind, data.draw(snapshots(kind))).text


@every_kind
@for_every("nothing", [None, [], "text", 7, {}, {"StepInfo": None, "TradeInfo": None, "JobName": None}])
def test_an_answer_without_anything_is_shown_as_not_told(render: Any, kind: View, nothing: Any) -> None:
    resource = kind.resource
    detail = {} if resource.items else shaped(resource.read, nothing, version=resource.version)
    actions = [check.goal.resource.read for check in kind.checks]
    checks = {action: shaped(action, nothing, version=resource.version) for action in actions}
    compares: list[dict[str, Any]] = [{}] if kind.compares else []
    shown_page = render(kind, Snapshot(NOW, detail, None, checks, compares))
    assert shown_page.pills["not reported"] == "unknown"
    assert ("Lag not known now" in shown_page.text) == bool(resource.lag)


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
    assert addresses("https://a.example/x; javascript:alert(1); http://b.example") == links(given_links)


@for_every(
    "text, expected",
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


@for_every(
    "value, expected",
    [
        (None, None),
        (-1, None),
        (0, 0),
        ("7", 7),
        ("", None),
        ("-1", None),
        ("soon", None),
        (55, 55),
        (100, 100),
        (250, 100),
    ],
)
def test_a_percentage_stays_one(value: int | str | None, expected: int | None) -> None:
    assert percent(value) == expected


def test_a_check_that_its_own_items_refute_is_no_success(render: Any) -> None:
    step = {"StepId": "OptimizeCheck", "StepName": "Optimization", "Status": "failed", "Errors": [], "Warnings": []}
    checks = {"DescribeCheckSyncJobResult": {"Status": "success", "StepInfos": [step]}}
    shown_page = render(SYNC, Snapshot(NOW, {}, None, checks))
    assert shown_page.pills["success, but not every item"] == "bad"
    assert "OptimizeCheck: Optimization" in shown_page.text


def test_the_moment_of_a_zoneless_time_is_beijings() -> None:
    assert moment("2026-11-23 12:00:00") == NOW
    assert moment("2026-11-23 12:00:00") - NOW == timedelta(0)  # type: ignore[operator]  # as just asserted
