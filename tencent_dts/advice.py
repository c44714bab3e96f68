"""What to do next about an error, one text for each cause: data that :mod:`tencent_dts.errors` looks up.

API document: "Common Error Codes", the error tables of each action; CAM: the actions of DTS are ``name/dts:<Action>``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Origin = Literal["argument", "parameter", "connection", "option"]

# Of a value that is wrong: where it was given decides what corrects it.
CORRECTION: dict[Origin, str] = {
    "argument": "Correct it in the DAG, then clear this task; where it comes from a parameter of the run, which cannot "
    "change, trigger a new run.",
    "parameter": "The parameters of a run cannot change: trigger a new run with the right value.",
    "connection": "Correct the Airflow connection, then clear this task.",
    "option": "Correct Airflow's configuration, restart what reads it, then clear this task.",
}
# Of a value that is wrong in a DAG: no task of it runs before it can be parsed.
AT_PARSE = "Correct it in the DAG."


@dataclass(frozen=True)
class Advice:
    """What to do about a refusal.

    :param codes: whole error codes, or what stands before their dot; empty: any.
    :param actions: the actions it is for; empty: any.
    :param text: what to do; ``{connection}`` is the Airflow connection, ``{permission}`` the CAM action.
    """

    text: str
    codes: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    def fits(self, code: str, action: str) -> bool:
        """Whether it is meant for this code of this action."""
        of_code = not self.codes or code in self.codes or code.partition(".")[0] in self.codes
        return of_code and (not self.actions or action in self.actions)


_MONEY = frozenset(
    f"{kind}.NotEnoughMoneyError" for kind in ("OperationDenied", "InternalError", "InternalServerError")
)
_COMPARISONS = frozenset({"CreateCompareTask", "StartCompare", "CreateSyncCompareTask", "StartSyncCompare"})
_CLASSES = frozenset({"CreateMigrationService", "CreateSyncJob"})
_RESIZES = frozenset({"ModifyMigrateJobSpec", "ResizeSyncJob"})
_STOCK = frozenset({"ResourcesSoldOut", "ResourceInsufficient"})
_QUOTA = frozenset({"LimitExceeded"})

# Money, stock or quota. The first that fits is taken.
REFUSED = (
    Advice("Top up the account, then clear this task.", _MONEY),
    Advice(
        "There is no stock of this instance class: clear this task later, or trigger a new run with another class.",
        _STOCK,
        _CLASSES,
    ),
    Advice(
        "There is no stock of this instance class: clear this task later, or choose another class in the DAG.",
        _STOCK,
        _RESIZES,
    ),
    Advice("The service has no capacity for this now: clear this task later.", _STOCK),
    Advice(
        "The job has as many compare tasks, or as many at work, as it may: wait until one ends or delete those that "
        "are not needed, then clear this task.",
        _QUOTA,
        _COMPARISONS,
    ),
    Advice(
        "The account has too many idle jobs: end those that are not needed (dts_reap lists those of this Airflow), "
        "then clear this task.",
        frozenset({"LimitExceeded.MaxUnusedJobs"}),
    ),
    Advice(
        "A quota of the account is used up: free some of it, or ask the cloud's support for more; then clear this "
        "task.",
    ),
)

_OF_A_VALUE = frozenset(
    (
        *("InvalidParameter", "InvalidParameterValue", "MissingParameter", "UnknownParameter", "UnsupportedRegion"),
        *("FailedOperation.StartJobFailed", "UnsupportedOperation.IntraNetUserNotTaggedError"),
        "UnsupportedOperation.IntraNetUserNotTaggedForSyncJobError",
    )
)

# A wrong request, and whatever code no list here has: it is not sent again, and nothing is claimed about its cause.
INVALID = (
    Advice(
        "Correct the value named above: in a connection or the DAG, then clear this task; a parameter of the run "
        "cannot change, so trigger a new run.",
        _OF_A_VALUE,
    ),
    Advice(
        "The service's own words are in `cause`. Where they do not say what to do, ask the cloud's support with the "
        "RequestId; then clear this task.",
    ),
)

_GRANT = "grant {permission} to its user in CAM (the guide lists the least permissions)"
# Authentication or permission. Every text names the connection and the CAM action.
DENIED = (
    Advice(
        f"The user of {{connection}} lacks a permission: {_GRANT}; then clear this task.",
        frozenset({"UnauthorizedOperation", "FailedOperation.UserNotAuthed", "AuthFailure.UnauthorizedOperation"}),
    ),
    Advice(
        "Set the clock of this machine: the signature is too old or too new. Then clear this task. (Called with "
        "{connection}, for {permission}.)",
        frozenset({"AuthFailure.SignatureExpire"}),
    ),
    Advice(
        f"Correct the SecretId and SecretKey (and the token, where it has one) of {{connection}}; where they are "
        f"right, {_GRANT}; then clear this task.",
    ),
)


def advise(rows: Iterable[Advice], code: str, action: str, connection: str = "") -> str:
    """The text for a code of an action.

    :param action: the API action; ``credentials`` where the SDK asked for temporary keys.
    :param connection: id of the Airflow connection that was called with; "" where that is not known.
    """
    permission = "name/sts:AssumeRole" if action == "credentials" else f"name/dts:{action}"
    named = f"connection `{connection}`" if connection else "the cloud connection"
    text = next((row.text for row in rows if row.fits(code, action)), "")
    return text.format(connection=named, permission=f"`{permission}`")
