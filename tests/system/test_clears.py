"""What only a real scheduler can refute: a clear is noticed whatever became of the task's retries, and an answer that
is given at the moment of the question is taken.
"""

from typing import Any

from tests.system.airflow_api import AirflowApi
from tests.system.emulator import EmulatorProcess
from tests.system.processes import wait_until
from tests.system.promises import answered
from tests.system.stack import Stack, edit_dag
from tests.unit.emulator.cloud import Cloud

CLEARING, CHECKING, ANSWERING = "clear_after_a_verdict", "clear_after_a_check", "answer_at_once"
REPORTS = ("lowered", "zeroed", "raised", "zero", "dropped", "red")
FAILS_ITS_CHECK = {
    "objects": {"ObjectMode": "partial", "Databases": [{"DbName": "rehearse_check_BinlogParamCheck", "DBMode": "all"}]}
}
RED = {"conclusion": "different", "different_tables": 1}
FAST, HALTED = 60, 0
QUESTIONS = 10


def compared_jobs(emulator: EmulatorProcess) -> dict[str, dict[str, str]]:
    """By name: a job that is ready, with a comparison that has ended."""
    emulator.set_speed(HALTED)
    cloud = Cloud(emulator)  # type: ignore[arg-type]  # its methods are those of Emulator, over HTTP
    found = {}
    for name in (*REPORTS, "mapped", "neighbour"):
        job = cloud.ready()
        if name == "red":
            emulator.seed({"match": {"JobId": job}, "compare": RED})
        found[name] = {"job_id": job, "compare_task_id": cloud.compare(job)}
    emulator.set_speed(FAST)
    return found


def reports(api: AirflowApi, run: str) -> dict[tuple[str, int], dict[str, Any]]:
    """What each green report has returned."""
    green = [task for task in api.tasks(CLEARING, run) if task["state"] == "success" and task["task_id"] != "approve"]
    found = {(task["task_id"], task["map_index"]) for task in green}
    return {(task, index): api.xcom(CLEARING, run, task, map_index=index) for task, index in found}


def is_asked(api: AirflowApi, dag: str, run: str, task: str, map_index: int = -1) -> bool:
    """Whether a task waits for a person who has not answered yet."""
    if api.task(dag, run, task, map_index)["state"] not in ("awaiting_input", "deferred"):
        return False
    path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/{map_index}/hitlDetails"
    return not api.call("GET", path)["response_received"]


def test_a_clear_leads_to_a_new_verdict_whether_retries_were_lowered_raised_or_none(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess
) -> None:
    jobs = compared_jobs(emulator)
    run = api.start_run(CLEARING, {"compared": jobs})
    checking = api.start_run(CHECKING, FAILS_ITS_CHECK)
    api.wait_for_task(CLEARING, run, "approve", "awaiting_input")
    api.respond(CLEARING, run, "approve")
    api.wait_for_run(CLEARING, run, "failed")
    assert api.red_tasks(CLEARING, run) == ["report_red"]
    before = reports(api, run)
    assert len(before) == len(REPORTS) + 1
    api.wait_for_run(CHECKING, checking, "failed")
    assert api.red_tasks(CHECKING, checking) == ["check_passed"]

    edit_dag(stack, f"{CLEARING}.py", "RETRIES = GIVEN_WITH", "RETRIES = CLEARED_WITH")
    served = f"dags/{CLEARING}/tasks/report_raised"
    wait_until(lambda: api.call("GET", served)["retries"] > 1, seconds=120, what="the DAG as it was edited", every=2)
    cleared = [("approve", -1), ("report_mapped", 0), *((f"report_{case}", -1) for case in REPORTS)]
    for task, index in cleared:
        api.clear_task(CLEARING, run, task, map_index=index, downstream=False)
    api.clear_task(CHECKING, checking, "check_passed", downstream=False)
    wait_until(lambda: is_asked(api, CLEARING, run, "approve"), seconds=180, what="the question to be asked again")
    assert api.task(CLEARING, run, "approve")["try_number"] > 1
    api.respond(CLEARING, run, "approve")
    api.wait_for_run(CLEARING, run)

    after = reports(api, run)
    by_id = {job["JobId"]: [task["CompareTaskId"] for task in job["compare_tasks"]] for job in emulator.jobs()}
    for key, evidence in after.items():
        ordered = by_id[evidence["job_id"]]
        if key == ("report_mapped", 1):  # the neighbour, which nobody has cleared
            assert evidence == before[key]
            assert len(ordered) == 1
            continue
        assert len(ordered) == 2, f"{key} was cleared, and the data were not compared again"
        assert evidence["compare_task_id"] == ordered[-1]
        assert key == ("report_red", -1) or evidence["compared_at"] > before[key]["compared_at"]
    assert len(after) == len(REPORTS) + 2
    api.wait_for_task(CHECKING, checking, "check_passed", "success", minimum_try=2)
    checked = [call["parameters"]["JobId"] for call in answered(emulator, "CreateMigrateCheckJob")]
    assert checked.count(api.xcom(CHECKING, checking, "purchase")) == 2, "check_passed was cleared without a new check"


def test_answers_given_at_the_moment_of_the_question_are_all_taken(api: AirflowApi, emulator: EmulatorProcess) -> None:
    emulator.set_speed(HALTED)
    job = Cloud(emulator).ready()  # type: ignore[arg-type]  # as above
    run = api.start_run(ANSWERING, {"job_id": job})
    given: set[tuple[str, int]] = set()

    def answer_what_is_asked() -> bool:
        for task in api.tasks(ANSWERING, run):
            key = (task["task_id"], task["map_index"])
            if key not in given and task["state"] == "awaiting_input":
                api.respond(ANSWERING, run, key[0], map_index=key[1])
                given.add(key)
        return len(given) == QUESTIONS

    wait_until(answer_what_is_asked, seconds=300, what="ten questions", every=0.1)
    api.wait_for_run(ANSWERING, run)
    assert {task["try_number"] for task in api.tasks(ANSWERING, run) if task["task_id"] == "on_celery"} == {1}
    for task, index in given:
        assert api.xcom(ANSWERING, run, task, map_index=index)["responded_by"] == "admin"
