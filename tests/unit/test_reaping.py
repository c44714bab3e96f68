"""Which jobs are orphans, and which may be ended: every combination of tags, runs, states, ages and flags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from tencent_dts.engine.identity import Identity, tagged_holder
from tencent_dts.engine.runs import Holder, Run
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.orphans.form import REAPED_KINDS
from tencent_dts.orphans.reaping import Policy, Sighting, find, is_ours
from tests.rules import for_every

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LONG_AGO, JUST_NOW = NOW - timedelta(hours=30), NOW - timedelta(hours=1)
BUYER, ADOPTER = Holder("dag", "run", "purchase"), Holder("other", "later", "purchase")


class State(NamedTuple):
    """A state of a job as its list shows it, and what may be done in it; written from the documents by hand."""

    kind: str
    fields: dict[str, Any]
    rests: bool = False
    works: bool = False  # it can be brought to rest, or ended at work, now or soon


def migration(status: str, trade: str = "normal", **more: Any) -> dict[str, Any]:
    return {"JobId": "dts-1", "Status": status, "TradeInfo": {"TradeStatus": trade, "InstanceClass": "small"}, **more}


def sync(status: str, trade: str = "Normal", **more: Any) -> dict[str, Any]:
    return {"JobId": "sync-1", "Status": status, "TradeStatus": trade, "InstanceClass": "small", **more}


def subscription(status: str, bill: str = "normal", pay: int = 1) -> dict[str, Any]:
    return {"SubscribeId": "subs-1", "SubsStatus": status, "Status": bill, "PayType": pay}


STATES = [
    *(
        State("migration", migration(status), rests=True)
        for status in ("created", "checkPass", "checkNotPass", "success", "failed", "canceled", "manualPaused")
    ),
    *(State("migration", migration(status), works=True) for status in ("running", "readyComplete", "error", "pausing")),
    State("migration", migration("success", "notBilled"), rests=True),
    State("migration", migration("completing")),
    State("migration", migration("unknown")),
    State("migration", migration("success", "strange")),
    State("migration", migration("running", "strange")),
    *(
        State("sync", sync(status), rests=True)
        for status in ("UnInitialized", "CheckPass", "Paused", "Stopped", "Failed")
    ),
    *(State("sync", sync(status), works=True) for status in ("Running", "ResumableErr", "Stopping")),
    State("sync", sync("Paused", PayMode="PrePay")),
    State("sync", sync("Unknown")),
    State("sync", sync("Running", "Strange")),
    *(State("migration_2018", {"JobId": "dts-1", "Status": number}, rests=True) for number in (1, 4, 5, 9, 10)),
    *(State("migration_2018", {"JobId": "dts-1", "Status": number}, works=True) for number in (7, 8, 11)),
    *(State("migration_2018", {"JobId": "dts-1", "Status": number}) for number in (12, 23, 99)),
    State("subscription", subscription("unconfigure"), rests=True),
    State("subscription", subscription("configured"), works=True),
    State("subscription", subscription("configured", pay=0)),
    State("subscription", subscription("strange")),
]
RUNS = [
    Run("success", LONG_AGO),
    Run("failed", LONG_AGO),
    Run("failed", JUST_NOW),
    Run("failed", None),
    Run("gone"),
    Run("gone", of_known_dag=False),
    Run("running"),
    Run("queued"),
    Run("restarting"),
    Run("strange"),
]
FLAGS = [Policy(*flags) for flags in product((True, False), (timedelta(hours=24),), (True, False), (True, False))]
HELD: list[tuple[tuple[Holder, Run], ...]] = [
    (),
    *(((BUYER, run),) for run in RUNS),
    *(((BUYER, run), (ADOPTER, later)) for run, later in product(RUNS, (RUNS[0], RUNS[1], RUNS[4], RUNS[6]))),
]


def is_over(run: Run, policy: Policy, born: datetime) -> bool:
    if run.state == "gone":
        return policy.gone_runs and born == LONG_AGO
    return run.state in ("success", "failed") and run.ended == LONG_AGO


@for_every("state", STATES, ids=lambda state: f"{state.kind} {sorted(state.fields.items())}")
def test_an_orphan_is_ended_where_everything_allows_it_and_never_otherwise(state: State) -> None:
    lives_on = state.kind in ("sync", "subscription")
    ended = 0
    for holders, policy, born in product(HELD, FLAGS, (LONG_AGO, JUST_NOW)):
        item = {**state.fields, "CreateTime": f"{born.astimezone(UTC) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"}
        finding = find(Sighting(state.kind, "ap-guangzhou", item, holders, NOW), policy)
        told = [run for _, run in holders]
        alive = any(run.state in ("running", "queued", "restarting") for run in told)
        green = lives_on and any(run.state == "success" for run in told)
        certain = bool(told) and all(run.state != "strange" for run in told)
        assert (finding.standing == "alive") is alive
        assert (finding.standing == "orphan") is (certain and not alive and not green)
        assert (finding.standing == "kept on purpose") is (certain and not alive and green)
        may = (
            finding.standing == "orphan"
            and policy.end_orphans
            and all(is_over(run, policy, born) for run in told)
            and (state.rests or (state.works and policy.stop_running))
        )
        assert (not finding.held) is may, finding
        ended += may
    assert ended or not (state.rests or state.works)


def test_without_a_grace_period_a_run_that_has_just_ended_is_over() -> None:
    policy = Policy(end_orphans=True, grace=timedelta(0))
    for run in (Run("failed", NOW), Run("failed", NOW + timedelta(seconds=5))):  # clocks differ
        assert not find(Sighting("sync", "ap-guangzhou", sync("Stopped"), [(BUYER, run)], NOW), policy).held


@for_every("last", ["CreateTime", "StartTime", "EndTime"])
def test_where_its_run_is_gone_the_grace_period_counts_from_the_last_time_that_the_job_tells(last: str) -> None:
    policy = Policy(end_orphans=True, gone_runs=True)
    told = dict.fromkeys(("CreateTime", "StartTime", "EndTime"), "2026-11-01 12:00:00")
    for at, early in (("2026-11-01 12:00:00", False), ("2026-11-25 12:00:00", True)):
        item = sync("Stopped", **(told | {last: at}))
        held = find(Sighting("sync", "ap-guangzhou", item, [(BUYER, Run("gone"))], NOW), policy).held
        assert held == ("the grace period lasts until 2026-11-26 04:00 UTC" if early else "")


def test_where_airflow_does_not_tell_that_is_the_reason_that_nothing_is_known() -> None:
    over = [(BUYER, Run("failed", LONG_AGO))]
    seen = Sighting(
        "sync", "ap-guangzhou", sync("Stopped"), over, NOW, "Airflow does not answer about its runs: silence"
    )
    found = find(seen, Policy(end_orphans=True))
    assert (found.standing, found.why) == ("not known", "Airflow does not answer about its runs: silence")
    assert found.held


def test_a_job_to_be_kept_is_only_reported() -> None:
    seen = Sighting("sync", "ap-guangzhou", sync("Stopped"), [(BUYER, Run("failed", LONG_AGO))], NOW)
    assert not find(seen, Policy(end_orphans=True)).held
    assert "keep_job_ids" in find(seen, Policy(end_orphans=True, keep=frozenset({"sync-1"}))).held


@for_every(
    "run_id, map_index, certain",
    [
        ("manual__2026-11-23T00:00:00+00:00", -1, True),
        ("manual__2026-11-23T00:00:00+00:00", 3, True),
        ("scheduled~1", -1, False),  # a tag cannot hold a tilde
        ("x" * 300, -1, False),
    ],
)
def test_the_run_in_the_tags_counts_only_where_they_spell_it_as_it_is(
    run_id: str, map_index: int, certain: bool
) -> None:
    item = {"Tags": Identity("tests", "dag", run_id, "purchase", map_index).tags(0)}
    task = "purchase" if map_index < 0 else f"purchase[{map_index}]"
    assert tagged_holder(item, "tests") == (Holder("dag", run_id, task) if certain else None)
    assert is_ours(item, "tests")
    assert not is_ours(item, "test")
    assert tagged_holder(item, "staging") is None


def test_tags_that_somebody_has_changed_name_nobody() -> None:
    tags = Identity("tests", "dag", "run", "purchase").tags(0)
    changed = [{**tag, "TagValue": "another"} if tag["TagKey"] == "airflow-run" else tag for tag in tags]
    assert tagged_holder({"Tags": changed}, "tests") is None
    assert tagged_holder({"Tags": [tag for tag in tags if tag["TagKey"] != "airflow-owner"]}, "tests") is None
    assert tagged_holder({}, "tests") is None


def test_the_form_offers_each_kind() -> None:
    assert set(REAPED_KINDS) == set(BY_NAME)
