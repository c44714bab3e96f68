"""What can go wrong, one class for each way to react to it.

Answers of the API are :class:`DtsError`, classified by code, never by message text; the others are conclusions of ours.
Those that no retry can fix are ``AirflowFailException``, so that Airflow does not retry them.

API document: the error tables of each action, and "Common Error Codes".
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from types import TracebackType
from typing import ClassVar

from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tencent_dts.advice import AT_PARSE, CORRECTION, DENIED, INVALID, REFUSED, Advice, Origin, advise
from tencent_dts.times import in_utc


class DtsProblem(AirflowException):
    """Base of everything this package raises at run time, written to be read at 3 a.m.

    :param what: one sentence: what happened.
    :param job_id: the DTS resource it happened to.
    :param state: the resource's state, as the API names it.
    :param cause: the reason the service or the database gives.
    :param request_id: RequestId of the call concerned, for the cloud's support.
    :param next_step: what to do now.
    :param bill: whether the job goes on costing; a task reads it when it fails and nothing is given here.
    :param on_clear: what clearing the task will do; every task knows it of itself.
    """

    def __init__(
        self,
        what: str,
        *,
        job_id: str | None = None,
        state: str | None = None,
        cause: str | None = None,
        request_id: str | None = None,
        next_step: str | None = None,
        bill: str | None = None,
        on_clear: str | None = None,
    ) -> None:
        self.what = what
        self.job_id = job_id
        self.state = state
        self.cause = cause
        self.request_id = request_id
        self.next_step = next_step
        self.bill = bill
        self.on_clear = on_clear
        super().__init__(what)

    def __str__(self) -> str:
        """The whole message in lines that Airflow's log view shows whole, see ``[tencent_dts] error_width``."""
        asked = conf.get("tencent_dts", "error_width")
        width = int(asked) if asked.isdecimal() else 0  # where it is no number `plan` says so; no error is lost
        return "\n".join(_wrapped(line, width) for line in self.render().split("\n")) if width > 0 else self.render()

    def render(self) -> str:
        """The whole message: one line for each thing that is known."""
        rows = [
            ("job", self.job_id),
            ("state", self.state),
            ("bill", self.bill),
            ("cause", self.cause),
            ("RequestId", self.request_id),
            ("clearing this task", self.on_clear),
            ("next step", self.next_step),
        ]
        return "\n".join([self.what, *(f"  {name}: {value}" for name, value in rows if value)])


def _wrapped(line: str, width: int) -> str:
    """One line as lines of at most ``width`` characters; words longer than that stay whole, to be copied."""
    indent = line[: len(line) - len(line.lstrip())]
    parts = textwrap.wrap(
        line, width, subsequent_indent=f"{indent}    ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(parts)


class Clearing(ContextDecorator):
    """What :func:`with_clearing` returns: a block, or a decorator of a function."""

    def __init__(self, on_clear: str) -> None:
        self._on_clear = on_clear

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, InvalidInput):
            error.came_from("argument")  # only where a task runs is there one to be cleared
        if isinstance(error, DtsProblem):
            error.on_clear = error.on_clear or self._on_clear
            # The message says it all. Frames of the SDK and of ours would stand above it in the log, 60 of them; and
            # what a chained error holds, such as a proxy's page, nothing has redacted.
            error.__cause__ = error.__context__ = error.__traceback__ = None


def with_clearing(on_clear: str) -> Clearing:
    """Add to every problem that leaves the block what clearing the task will do, where it does not say so itself.

    The problem leaves it without the errors that led to it, and without the frames below the block.
    """
    return Clearing(on_clear)


class Permanent(DtsProblem, AirflowFailException):
    """A problem that trying again by itself cannot fix: the task fails without a retry."""


class DtsError(DtsProblem):
    """An error of the API, or of the way to it.

    :param code: the error code, as ``FailedOperation.StatusInConflict``.
    :param message: the service's text; shown, never interpreted.
    :param action: the API action that was called.
    """

    advice: ClassVar[tuple[Advice, ...]] = ()  # what to do next; the first that fits code and action
    refusal = True  # the request was not carried out
    called = False  # it came after a changing call of the same leg that was accepted

    def __init__(
        self,
        code: str,
        message: str,
        *,
        action: str,
        request_id: str | None = None,
        job_id: str | None = None,
        state: str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.action = action
        super().__init__(
            f"{action} was answered with {code}" + (": refused, this call did nothing" if self.refusal else ""),
            job_id=job_id,
            state=state,
            cause=message,
            request_id=request_id,
            next_step=next_step or advise(self.advice, code, action),
        )

    def called_with(self, connection: str) -> None:
        """Name the Airflow connection that was called with, where the next step concerns it."""
        self.next_step = advise(self.advice, self.code, self.action, connection)


@contextmanager
def marking_accepted(called: bool) -> Iterator[None]:
    """Say of every error of the block whether a changing call was accepted before it: no later leg sends it again."""
    try:
        yield
    except DtsError as error:
        error.called = error.called or called
        raise


class Throttled(DtsError):
    """Refused before execution because of too many requests; safe to send again, whatever the action."""

    advice = (Advice("The task tries again by itself; lower `quota_share` if this keeps happening."),)


class Unavailable(DtsError):
    """The service failed while it worked on the request; it may or may not have been carried out."""

    advice = (Advice("The service is in trouble. The task tries again by itself; when it has given up, clear it."),)
    refusal = False


class NotShownYet(Unavailable):
    """A job that was bought a short while ago is in no answer yet: the lists can lag behind a purchase.

    :param name: what kind of job it is.
    :param action: what it was read with.
    :param bought: epoch seconds of its order.
    :param visible_by: epoch seconds by which it must have become visible.
    """

    def __init__(self, name: str, *, action: str, job_id: str, bought: float, visible_by: float) -> None:
        self.visible_by = visible_by
        by = in_utc(visible_by)
        super().__init__(
            "ResourceNotFound",
            "a list can lag behind a purchase",
            action=action,
            job_id=job_id,
            next_step=f"The task tries again by itself; DTS has until {by} to show the job ([tencent_dts] "
            "visible_within). When the task has given up, clear it.",
        )
        self.what = f"The {name} that was ordered at {in_utc(bought)} is not shown by DTS yet"
        self.bill = "as ordered: the purchase was accepted, so the job costs although it is not shown"


class OutcomeUnknown(DtsError):
    """The request was sent and no whole answer came back; it may or may not have been carried out."""

    advice = (
        Advice("The network or an answer was lost. The task tries again by itself; when it has given up, clear it."),
    )
    refusal = False


OUTAGES = (Throttled, Unavailable, OutcomeUnknown)
"""What the service or the network does, and not the request: the same may go through later."""


class WrongState(DtsError, Permanent):
    """The resource's state does not allow the action, or the action has been done already."""

    advice = (Advice("Look at the job's state in the DTS tab or the console; then clear this task."),)


class NotFound(DtsError, Permanent):
    """The resource does not exist (any more)."""

    advice = (
        Advice(
            "Check the id, the region and the account of the connection; then clear this task. A job is deleted 7 days "
            "after its isolation: one that is gone needs a new run."
        ),
    )


class Refused(DtsError, Permanent):
    """Money, quota or stock: nothing was bought."""

    advice = REFUSED


class Denied(DtsError, Permanent):
    """Authentication or permission."""

    advice = DENIED


class Invalid(DtsError, Permanent):
    """The request itself is wrong; sending it again cannot help."""

    advice = INVALID


# The code is looked up whole first, then its part before the dot.
_CLASS_OF_CODE: dict[str, type[DtsError]] = {
    "RequestLimitExceeded": Throttled,
    "InternalError": Unavailable,
    "InternalServerError": Unavailable,
    "ServiceUnavailable": Unavailable,
    "ResourceUnavailable": Unavailable,
    "ResourceInUse": Unavailable,
    "FailedOperation.ProxyError": Unavailable,
    "ClientNetworkError": OutcomeUnknown,
    "ServerNetworkError": OutcomeUnknown,
    "InternalError.DuplicateJob": WrongState,
    "FailedOperation": WrongState,
    "OperationDenied": WrongState,
    "UnsupportedOperation": WrongState,
    "ResourceNotFound": NotFound,
    "OperationDenied.NotEnoughMoneyError": Refused,
    "InternalError.NotEnoughMoneyError": Refused,
    "InternalServerError.NotEnoughMoneyError": Refused,
    "LimitExceeded": Refused,
    "ResourcesSoldOut": Refused,
    "ResourceInsufficient": Refused,
    "AuthFailure": Denied,
    "UnauthorizedOperation": Denied,
    "FailedOperation.UserNotAuthed": Denied,
    "InvalidCredential": Denied,
    "FailedOperation.StartJobFailed": Invalid,
    "UnsupportedOperation.IntraNetUserNotTaggedError": Invalid,
    "UnsupportedOperation.IntraNetUserNotTaggedForSyncJobError": Invalid,
}


def classify(code: str) -> type[DtsError]:
    """The class of an error code; every code that is not listed is :class:`Invalid`.

    >>> classify("OperationDenied.JobOperationDeniedError").__name__
    'WrongState'
    >>> classify("OperationDenied.NotEnoughMoneyError").__name__
    'Refused'
    """
    return _CLASS_OF_CODE.get(code) or _CLASS_OF_CODE.get(code.partition(".")[0], Invalid)


class InvalidInput(Permanent, ValueError):
    """A value given by a DAG author, a form or a connection is wrong; nothing was sent.

    :param field: the field's name, as the reader knows it.
    :param value: what was given; leave it out where it could be a secret.
    :param fix: what would be right.
    :param origin: where it was given, which decides what corrects it; default: what :func:`given_in` says of the
        block, else the DAG; that there is a task to be cleared then, is added where one runs.
    :param mistyped: it is of another type than the field, as a number where a name belongs.
    """

    def __init__(
        self, field: str, fix: str, value: object = ..., *, origin: Origin | None = None, mistyped: bool = False
    ) -> None:
        self.field = field
        self.origin = origin
        self.mistyped = mistyped
        shown = "" if value is ... else f" is {value!r}"
        super().__init__(f"{field}{shown}: {fix}", next_step=CORRECTION[origin] if origin else AT_PARSE)

    def came_from(self, origin: Origin) -> None:
        """Say where the value was given, unless that is known already."""
        if self.origin is None:
            self.origin, self.next_step = origin, CORRECTION[origin]


@contextmanager
def given_in(origin: Origin) -> Iterator[None]:
    """Say of every wrong value that the block finds where it was given; what knows better has said so already."""
    try:
        yield
    except InvalidInput as problem:
        problem.came_from(origin)
        raise


class Impossible(Permanent):
    """The resource's state rules out what was asked for, now and later."""


class OrderUndone(Permanent):
    """An accepted order does not show: another hand has undone it, or it has had no effect."""


class JobFailed(Permanent):
    """The job is in a state that a wait cannot end well from."""


class CheckNotPassed(Permanent):
    """The pre-check found failed items, or could not run."""


class DataNotProven(Permanent):
    """A compare report does not prove that target and source are the same."""


class EvidenceRejected(Permanent):
    """The evidence given for a cutover is missing, foreign, stale or not good enough."""


class StepSkipped(Permanent):
    """A task of a lifecycle that has begun was skipped; green with a job that costs is no way for a run to end."""


class DeadlinePassed(Permanent):
    """A wait reached its deadline; the job was left as it is."""


class AirflowApiError(DtsProblem):
    """Airflow's own REST API did not answer a command, or refused it.

    :param status: the HTTP status of a refusal; 0 where there was no answer.
    """

    def __init__(self, what: str, *, cause: str | None = None, next_step: str, status: int = 0) -> None:
        self.status = status
        super().__init__(what, cause=cause, next_step=next_step)


class ConfiguredOtherwise(Permanent):
    """A job's own endpoints, objects or options are not those of the plan of the run."""


class OutcomesUnknown(Permanent):
    """What came of several orders is not known; another is sent only after a person has looked."""


class IdentityConflict(Permanent):
    """Jobs exist that this run can neither adopt, change nor replace unless a person asks it to."""


class HolderUnknown(DtsProblem):
    """Airflow does not return, or keep, what this package knows of a job. Airflow tries the task again."""


class JobNotFound(Permanent):
    """A job was not found, and its ending was never seen: the connection may point elsewhere."""


class WrongPlace(Permanent):
    """The task would act in another region, or at another endpoint, than the one that its run's job is in."""
