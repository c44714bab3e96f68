"""Next steps: one text for each cause, and each names what it takes to follow it."""

from __future__ import annotations

import pytest

from tencent_dts.advice import AT_PARSE, CORRECTION, DENIED, INVALID, REFUSED, advise
from tencent_dts.api.connections import Findings
from tencent_dts.engine.verdicts import REMEDIES, Coverage, doubt_of
from tencent_dts.errors import DtsError, InvalidInput, NotShownYet, classify, given_in, with_clearing
from tests.rules import for_every


def refused(code: str, action: str) -> str:
    kind = classify(code)
    return str(kind(code, "no", action=action).next_step)


@for_every(
    "code, action, told, untold",
    [
        ("OperationDenied.NotEnoughMoneyError", "CreateMigrationService", "Top up", "class"),
        ("InternalServerError.NotEnoughMoneyError", "ResizeSyncJob", "Top up", "class"),
        ("ResourcesSoldOut.ResourcesSoldOutError", "CreateMigrationService", "new run with another class", "Top up"),
        ("ResourcesSoldOut.ResourcesSoldOutError", "ResizeSyncJob", "class in the DAG", "Top up"),
        ("ResourceInsufficient.ResourceInsufficientError", "StartMigrateJob", "later", "class"),
        ("LimitExceeded.MaxUnusedJobs", "StartMigrateJob", "idle jobs", "Top up"),
        ("LimitExceeded.LimitExceededError", "CreateCompareTask", "compare tasks", "Top up"),
        ("LimitExceeded.LimitExceededError", "StartSyncCompare", "compare tasks", "class"),
        ("LimitExceeded.LimitExceededError", "DescribeCompareReport", "quota", "Top up"),
    ],
)
def test_what_is_refused_is_advised_on_by_its_cause_and_action(code: str, action: str, told: str, untold: str) -> None:
    text = refused(code, action)
    assert told in text
    assert untold not in text


@for_every(
    "code, told",
    [
        ("InvalidParameterValue.InvalidParameterValueError", "Correct the value"),
        ("MissingParameter", "Correct the value"),
        ("FailedOperation.StartJobFailed", "Correct the value"),
        ("InsufficientBalance", "RequestId"),
        ("DryRunOperation.DryRunOperationError", "RequestId"),
        ("SomethingNew.Entirely", "RequestId"),
    ],
)
def test_of_a_code_that_is_in_no_list_no_value_is_blamed(code: str, told: str) -> None:
    text = refused(code, "CreateMigrationService")
    assert told in text
    assert ("Correct the value" in text) is (told == "Correct the value")


@for_every("code", ["UnauthorizedOperation", "AuthFailure.SignatureFailure", "AuthFailure.SignatureExpire"])
def test_a_denial_names_connection_and_permission(code: str) -> None:
    error = classify(code)(code, "no", action="StopSyncJob")
    error.called_with("tencent_prod")
    assert "`tencent_prod`" in str(error.next_step)
    assert "`name/dts:StopSyncJob`" in str(error.next_step)


def test_a_role_is_assumed_by_another_permission() -> None:
    assert "`name/sts:AssumeRole`" in advise(DENIED, "UnauthorizedOperation", "credentials", "x")


def test_the_last_row_of_each_kind_fits_whatever_comes() -> None:
    for rows in (DENIED, REFUSED, INVALID):
        assert rows[-1].fits("Anything.New", "AnyAction")
        assert not any(row.fits("Anything.New", "AnyAction") for row in rows[:-1])


def subclasses(cls: type[DtsError]) -> list[type[DtsError]]:
    return [cls, *(found for sub in cls.__subclasses__() for found in subclasses(sub))]


def test_every_answer_of_the_api_has_a_next_step() -> None:
    for cls in subclasses(DtsError)[1:]:
        if cls is NotShownYet:  # is made of a record, not of an answer
            continue
        assert cls("Some.Code", "no", action="StartMigrateJob").next_step, cls


# --- Wrong values ---


def test_who_knows_best_where_a_value_was_given_says_so() -> None:
    with pytest.raises(InvalidInput) as raised, given_in("parameter"), given_in("connection"):
        raise InvalidInput("connection x, port", "a number", "soon")
    assert raised.value.next_step == CORRECTION["connection"]
    assert InvalidInput("wait", "allowed: defer").next_step == AT_PARSE
    with pytest.raises(InvalidInput) as raised, with_clearing("looks again"):
        raise InvalidInput("wait", "allowed: defer")
    assert raised.value.next_step == CORRECTION["argument"]


def test_only_what_can_be_corrected_is_to_be_cleared() -> None:
    assert "clear" not in CORRECTION["parameter"]
    assert "trigger a new run" in CORRECTION["parameter"]
    assert all("clear this task" in CORRECTION[origin] for origin in ("argument", "connection", "option"))


def test_several_wrong_values_have_the_next_steps_of_all() -> None:
    findings = Findings()
    for name in ("a", "b"):
        findings.add(InvalidInput(f"connection {name}, port", "a number", origin="connection"))
    findings.add(InvalidInput("instance_class", "allowed: small"))
    with pytest.raises(InvalidInput) as raised, given_in("parameter"):
        findings.tell()
    assert raised.value.next_step == f"{CORRECTION['connection']} {CORRECTION['parameter']}"


# --- Comparisons that prove nothing ---

SAME: Coverage = {
    "conclusion": "same",
    "total_tables": 4,
    "checked_tables": 4,
    "different_tables": 0,
    "skipped_tables": 0,
    "different_rows": 0,
}


@for_every(
    "changes, cause",
    [
        ({"conclusion": "different"}, "different"),
        ({"conclusion": "skipAll"}, "skipAll"),
        ({"conclusion": "perhaps"}, "not reported"),
        ({"total_tables": -1}, "not reported"),
        ({"skipped_tables": 1, "checked_tables": 3}, "skipped"),
        ({"checked_tables": 3}, "partial"),
    ],
)
def test_a_comparison_that_proves_nothing_has_the_remedy_of_its_cause(changes: Coverage, cause: str) -> None:
    doubt = doubt_of({**SAME, **changes}, 0)
    assert doubt is not None
    assert doubt.cause == cause
    assert "clear this task" in REMEDIES[cause]


def test_only_rows_that_differ_are_a_matter_of_the_data() -> None:
    assert [cause for cause, text in REMEDIES.items() if "data differ" in text] == ["different"]
    assert [cause for cause, text in REMEDIES.items() if "allowed_skipped_tables" in text] == ["skipped"]
