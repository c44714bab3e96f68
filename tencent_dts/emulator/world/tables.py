"""What a state table is: what each action does in each state of a resource, as the API documents say.

A state is a status of the API, sometimes split where the documents distinguish two cases: ``running`` is the
full phase and ``running.incremental`` the incremental one, yet both show as ``running`` (:func:`shown`).
A job has two independent axes, the task's status and the billing status; an action must be allowed on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

DENIED = "OperationDenied.OperationDeniedError"
CONFLICT = "FailedOperation.StatusInConflict"
NOT_ALLOWED = "FailedOperation.NotAllowOperation"
DUPLICATE = "InternalError.DuplicateJob"
HTTP_ERROR = "InternalError.InternalHttpServerError"
NO_RESOURCE = "ResourceNotFound.ResourceNotFoundError"
NO_JOB = "ResourceNotFound.JobNotExist"
WRONG_VALUE = "InvalidParameterValue.InvalidParameterValueError"

GONE = "gone"


@dataclass(frozen=True)
class Row:
    """One action: the next state by present state, and the error code for every state that is not named.

    ``instead`` gives a state its own error code; ``missing`` is the code for a resource that does not exist.
    """

    to: Mapping[str, str]
    refusal: str = DENIED
    instead: Mapping[str, str] = field(default_factory=dict)
    missing: str = NO_RESOURCE

    def cell(self, state: str) -> tuple[str, str]:
        """Return (next state, "") where the action is allowed, ("", error code) where it is refused."""
        if state in self.to:
            return self.to[state], ""
        return "", self.instead.get(state, self.refusal)


_CASES = {
    "configured": "once configured",
    "incremental": "in the incremental step",
    "redis": "of a Redis link",
    "arrears": "for arrears",
}
"""What distinguishes a state from the status that it shows."""


def shown(state: str) -> str:
    """Return the status that the API shows for a state."""
    return state.partition(".")[0]


def in_words(state: str) -> str:
    """Return a state in words: the status that it shows and, where there is more than one such state, which."""
    status, _, case = state.partition(".")
    return f"{status} {_CASES.get(case, case)}".strip()


def alternatives(states: Iterable[str]) -> str:
    """Return the states that an action needs, in words, by name; one whose status will do in any case is named once."""
    names = sorted(states)
    return ", ".join(in_words(name) for name in names if "." not in name or shown(name) not in names)


def each(states: tuple[str, ...] | frozenset[str], to: str = "") -> dict[str, str]:
    """Every one of the states leads to ``to``; without it, each stays what it is."""
    return {state: to or state for state in states}
