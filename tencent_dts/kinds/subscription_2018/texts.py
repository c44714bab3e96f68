"""What each task of a subscription and of its end says of itself in the Airflow UI."""

from __future__ import annotations

SUBSCRIBE_DOCS: dict[str, str] = {
    "plan": (
        "Checks all parameters together. Buys nothing.\n\n"
        "**Red:** a value is wrong; the message names the field and the fix. A run's parameters are fixed, so "
        "trigger a new run."
    ),
    "purchase": (
        "Buys the subscription (`CreateSubscribe`), exactly once: one bought before is adopted.\n\n"
        "**Red:** money or permission (nothing was bought), or a subscription that this run may not touch. One that "
        "was isolated or taken offline was ended on purpose: no other is bought in its place."
    ),
    "activate": (
        "Binds the subscription to its instance (`ActivateSubscribe`); the request takes a minute.\n\n"
        "**Red:** the instance does not exist, the subscription is bound to another one, or it has ended. Follow the "
        "message, then clear this task."
    ),
    "configured": (
        "Waits until the subscription is configured for the instance.\n\n"
        "**Red:** the request failed; the message says why. Fix the cause, then clear this task: it orders "
        "`ActivateSubscribe` again. The subscription costs meanwhile."
    ),
    "objects": (
        "Makes the subscription show all objects asked for (`ModifySubscribeObjects`); sends nothing where it does.\n\n"
        "**Red:** the change failed. Fix the cause, then clear this task: it orders the change again."
    ),
    "consume_time": (
        "Sets the time that data is consumed from (`ModifySubscribeConsumeTime`), where one is asked for.\n\n"
        "**Red:** the time lies more than 24 hours back by now. The subscription works, and delivers from its "
        "activation on; set another time in the console, and mark this task as success."
    ),
}
UNSUBSCRIBE_DOCS: dict[str, str] = {
    "plan": SUBSCRIBE_DOCS["plan"],
    "isolate": (
        "Isolates the subscription (`IsolateSubscribe`): it delivers nothing any more, and its bill ends.\n\n"
        "**Red:** there is none of this id in this region and account; or it is prepaid: such a one ends at its "
        "ExpireTime, and the message says how its renewal is switched off. Otherwise it still costs: clear this task."
    ),
    "offline": (
        "Takes the isolated subscription offline (`OfflineIsolatedSubscribe`), where that is asked for. Cannot be "
        "undone.\n\n"
        "**Red:** it is not isolated. Clear `isolate` with its downstream."
    ),
}
