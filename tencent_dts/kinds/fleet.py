"""What the tasks of a fleet do, beside those of each migration, and what to do when one is red."""

from __future__ import annotations

from tencent_dts.kinds.migration.texts import TEXTS as OF_MIGRATIONS
from tencent_dts.kinds.texts import TaskText, Texts

CANARY = "canary"
"""The name of the wave of the member that goes first."""

DAG_ID = "dts_migrate_fleet"

_PURCHASE = OF_MIGRATIONS["dts_migrate"]["purchase"]

TEXTS: Texts = {
    DAG_ID: {
        "begin": TaskText(
            does="Waits until the waves before this one have ended, and begins it.",
            red="More members of a wave before have failed than may, or one never began; or the members of the file "
            "were changed since the wave began. Nothing of this wave was bought.",
            look="The members that the error names. What is running of the waves before goes on to its end.",
            clear="Looks again. First fix each red member and clear what is red of it with its downstream, which "
            "touches this member alone.",
        ),
        "approve_wave": TaskText(
            does="Asks a person whether the wave may begin; silence is a no.",
            red="The wave was rejected, or not answered in time. Nothing of it was bought.",
            look="Who rejected it; how the waves before have ended.",
            clear="Shows where the fleet stands, and asks again.",
        ),
        "purchase": TaskText(
            does=f"Waits for the turn of this member: at most `in_flight` jobs are paid for at once. {_PURCHASE.does}",
            red=f"{_PURCHASE.red} Or the line was stopped, as too many of the wave have failed; or a member that this "
            "one comes `after` has failed; or its turn has not come in time: nothing was bought then.",
            look=f"{_PURCHASE.look} For a stopped line: the members that the error names.",
            clear=f"{_PURCHASE.clear} It waits for its turn again. All members that were kept from buying are cleared "
            "at once by clearing the task as a whole, *only failed*.",
        ),
        "summary": TaskText(
            does="Sums the fleet up; red if a member is.",
            red="A member is not green, or a wave never began. What the red members hold costs.",
            look="The members that the error names, by their names in the grid.",
            clear="Sums up again. Clearing what is red of a member with its downstream clears this task along.",
        ),
    }
}
