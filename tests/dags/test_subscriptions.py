"""Whole subscriptions and their ends: straight, with each kind of trouble and one Clear, and cleared when green."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from airflow.sdk import DAG

from scripts.local import ROOT, connections
from tencent_dts.emulator import Emulator
from tencent_dts.task_groups import subscribe, unsubscribe
from tencent_dts.times import BEIJING
from tests.dag_runs import LocalRun
from tests.dags.migrations import done, orders, states
from tests.unit.emulator.cloud_2018 import Cloud2018

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database")]


on_an_emulator_of_its_own = pytest.mark.usefixtures("airflow_connections")

CONF = {"instance_id": "cdb-9dijwkkw"}
TASKS = ("plan", "purchase", "activate", "configured", "objects", "consume_time")


def dag(name: str) -> Any:
    """A DAG that people run, read from its file anew: ``dag.test()`` leaves a run's parameters in it."""
    return runpy.run_path(str(ROOT / "dags" / f"{name}.py"))["dag"]


def started(**conf: Any) -> LocalRun:
    """A run of dts_subscribe."""
    return LocalRun(dag("dts_subscribe"), {**CONF, **conf})


def ended(subscribe_id: str, **conf: Any) -> LocalRun:
    """A run of dts_unsubscribe."""
    return LocalRun(dag("dts_unsubscribe"), {"subscribe_id": subscribe_id, **conf})


def quick(group: Any, **conf: Any) -> LocalRun:
    """A run of the same tasks in a DAG without a form, which Airflow serializes much faster."""
    with DAG(f"quick_{group.__name__}", schedule=None) as made:
        group(None, request=conf)
    return LocalRun(made)


def assert_green(run: LocalRun, emulator: Emulator, *, activations: int = 1) -> None:
    """The run has ended well: one subscription, bought once, configured and alive."""
    assert set(run.states().values()) == {"success"}, run.states()
    assert states(emulator) == [("configured", "normal")]
    assert done(emulator, "CreateSubscribe") == 1
    assert done(emulator, "ActivateSubscribe") == activations
    assert emulator.meter()["live"] == [run.xcom("purchase")]


def assert_red(run: LocalRun, emulator: Emulator, task_id: str, *said: str) -> None:
    """One task is red and says why, and that the subscription costs; it was kept."""
    assert run.red() == [task_id]
    for part in (run.xcom("purchase"), "until the job is isolated", *said):
        assert part in run.error(task_id)
    assert done(emulator, "CreateSubscribe") == 1
    assert [trade for _, trade in states(emulator)] == ["normal"]


class Green(NamedTuple):
    """A run that has ended well, and the emulator it ran on."""

    run: LocalRun
    emulator: Emulator


@pytest.fixture(scope="module")
def green(airflow_database: None, dts_emulator_options: dict[str, Any]) -> Iterator[Green]:
    """One run with everything that can be asked for; what a clear leaves behind must not hurt the next one either."""
    with Emulator(**dts_emulator_options) as emulator, pytest.MonkeyPatch.context() as patch:
        host, port = emulator.endpoint.split(":")
        for name, value in connections(host, int(port)).items():
            patch.setenv(name, value)
        asked = {
            "subscribe_object_type": "dataAndStructure",
            "objects": [{"DatabaseName": "app", "TableNames": ["orders"]}, {"DatabaseName": "shop"}],
            "consume_start_time": (datetime.now(BEIJING) - timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M:%S"),
            "vport": 7600,
            "title": "orders",
        }
        yield Green(started(**asked), emulator)


class TestStraight:
    """One run with everything that can be asked for, cleared in every way, then ended."""

    def test_it_ends_configured_as_it_was_asked_for(self, green: Green) -> None:
        assert set(green.run.states()) == set(TASKS)
        assert_green(green.run, green.emulator)
        conf = Cloud2018(green.emulator).conf(green.run.xcom("purchase"))
        assert conf["InstanceId"] == CONF["instance_id"]
        assert [item["DatabaseName"] for item in conf["SubscribeObjects"]] == ["app", "shop"]
        assert conf["Vport"] == 7600
        assert conf["ConsumeStartTime"] == green.run.xcom("plan")["consume_start_time"]
        assert conf["SubscribeName"].endswith("-orders")
        assert {tag["TagKey"]: tag["TagValue"] for tag in conf["Tags"]}["airflow-run"] == green.run.run_id

    @pytest.mark.parametrize("task_id", TASKS)
    def test_clearing_a_task_alone_orders_nothing(self, green: Green, task_id: str) -> None:
        before = orders(green.emulator)
        green.run.clear(task_id, downstream=False)
        assert_green(green.run, green.emulator)
        assert orders(green.emulator) == before

    def test_clearing_everything_orders_nothing(self, green: Green) -> None:
        before = orders(green.emulator)
        green.run.clear("plan")
        assert_green(green.run, green.emulator)
        assert orders(green.emulator) == before

    def test_no_secret_is_in_what_tasks_return_or_send(self, green: Green, airflow_connections: Any) -> None:
        kept = json.dumps([green.run.xcom(task_id) for task_id in TASKS]) + json.dumps(green.emulator.journal())
        # Not spelt out: Airflow keeps the text of a DAG's file, and other tests look into its database for secrets.
        assert airflow_connections["tencentcloud_default"]["password"] not in kept

    def test_its_end_leaves_no_bill_and_is_harmless_to_clear(self, green: Green) -> None:
        end = ended(green.run.xcom("purchase"))
        assert set(end.states().values()) == {"success"}
        assert states(green.emulator) == [("configured", "isolated")]
        assert green.emulator.meter()["live"] == []
        before = orders(green.emulator)
        for task_id in ("isolate", "plan"):
            end.clear(task_id)
            assert set(end.states().values()) == {"success"}
        assert orders(green.emulator) == before

    def test_after_its_end_no_clear_buys_another(self, green: Green) -> None:
        before = orders(green.emulator)
        green.run.clear("purchase", downstream=False)
        assert set(green.run.states().values()) == {"success"}
        green.run.clear("purchase")
        assert green.run.red() == ["purchase"]
        assert "no other is bought in its place" in green.run.error("purchase")
        assert orders(green.emulator) == before


@on_an_emulator_of_its_own
def test_a_request_that_failed_needs_one_clear(dts_emulator: Any) -> None:
    run = quick(subscribe, **CONF, title="rehearse_request_failed")
    assert_red(run, dts_emulator, "configured", "rehearsed failure", "clear this task")
    before = orders(dts_emulator)
    run.clear("purchase", downstream=False)
    assert_red(run, dts_emulator, "configured", "rehearsed failure")
    assert orders(dts_emulator) == before
    assert_green(run.clear("configured"), dts_emulator, activations=2)


@on_an_emulator_of_its_own
def test_lost_answers_and_an_undocumented_status_are_waited_through(dts_emulator: Any) -> None:
    for action in ("CreateSubscribe", "ActivateSubscribe", "ModifySubscribeObjects"):
        dts_emulator.add_fault({"action": action, "drop": "after", "times": 1})
    whole = [{"DatabaseName": "app"}, {"DatabaseName": "shop"}]
    asked = {**CONF, "subscribe_object_type": "structure", "objects": whole}
    run = quick(subscribe, **asked, title="rehearse_unknown_status")
    assert_green(run, dts_emulator)
    assert done(dts_emulator, "ModifySubscribeObjects") == 1


@on_an_emulator_of_its_own
def test_a_prepaid_one_is_adopted_brought_to_its_objects_and_not_ended_before_its_time(dts_emulator: Any) -> None:
    person = Cloud2018(dts_emulator)
    subscribe_id = person.active(PayType=0, Duration=1, AutoRenew=1)
    objects = [{"DatabaseName": "app"}]
    asked = {**CONF, "subscribe_object_type": "data", "objects": objects}
    run = quick(subscribe, **asked, existing_subscribe_id=subscribe_id)
    assert_green(run, dts_emulator)
    assert run.xcom("purchase") == subscribe_id
    assert person.conf(subscribe_id)["SubscribeObjectType"] == 1
    end = quick(unsubscribe, subscribe_id=subscribe_id)
    assert end.red() == ["isolate"]
    for part in ("ExpireTime", "ModifySubscribeAutoRenewFlag"):
        assert part in end.error("isolate")
    assert done(dts_emulator, "IsolateSubscribe") == 0


@on_an_emulator_of_its_own
def test_the_groups_serve_a_dag_of_one_s_own(dts_emulator: Any) -> None:
    with DAG("feed", schedule=None) as feed:
        first: Any = subscribe("begin", request=CONF)
        subscribe_id = str(feed.get_task("begin.purchase").output)
        last: Any = unsubscribe("end", request={"subscribe_id": subscribe_id, "offline": True})
        first >> last
    run = LocalRun(feed)
    assert set(run.states().values()) == {"success"}, [run.error(task_id) for task_id in run.red()]
    assert states(dts_emulator) == [("configured", "offline")]
    assert dts_emulator.meter()["live"] == []
    before = orders(dts_emulator)
    run.clear("end.isolate")
    assert run.state == "success"
    assert orders(dts_emulator) == before
