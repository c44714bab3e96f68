"""What each task of a subscription and of its end does, and what to do when it is red."""

from __future__ import annotations

from tencent_dts.kinds.texts import TaskText, Texts, plan

_REQUEST_MESSAGE = "The request's own message in the error."

TEXTS: Texts = {
    "dts_subscribe": {
        "plan": plan("bought"),
        "purchase": TaskText(
            does="Buys the subscription (`CreateSubscribe`), exactly once: one bought before is adopted.",
            red="Nothing was bought (money or permission), or there is a subscription that this run may not touch.",
            look="The code in the error; the subscription's tags and state.",
            clear="Looks for it first. One that was isolated or taken offline was ended on purpose, and no other is "
            "bought.",
        ),
        "activate": TaskText(
            does="Binds the subscription to its instance (`ActivateSubscribe`); the request takes a minute.",
            red="The instance does not exist, or the subscription is bound to another one, or has ended.",
            look="The instance id; what the subscription shows.",
            clear="Orders it, unless it is under way or done.",
        ),
        "configured": TaskText(
            does="Waits until the subscription is configured for the instance.",
            red="The request failed, or the deadline passed. The subscription costs meanwhile.",
            look=_REQUEST_MESSAGE,
            clear="Orders ActivateSubscribe again, and waits.",
        ),
        "objects": TaskText(
            does="Makes the subscription show all objects asked for (`ModifySubscribeObjects`); sends nothing if it "
            "does already.",
            red="The change of the objects failed.",
            look=_REQUEST_MESSAGE,
            clear="Orders the change again, unless the subscription shows the objects already.",
        ),
        "consume_time": TaskText(
            does="Sets the time that data is consumed from (`ModifySubscribeConsumeTime`), if one is asked for.",
            red="The time lies more than 24 hours back by now. The subscription works, and delivers from its "
            "activation on.",
            look="The time asked for.",
            clear="Sets it, if it is still within 24 hours. Otherwise set another one in the console and mark this "
            "task as success.",
        ),
    },
    "dts_unsubscribe": {
        "plan": plan("ended", given="subscription"),
        "isolate": TaskText(
            does="Isolates the subscription (`IsolateSubscribe`): it delivers nothing any more, and its bill ends.",
            red="There is no subscription of this id here; or it is prepaid, and ends at its ExpireTime; or it still "
            "costs.",
            look="The id, the region, the account; its state and PayType.",
            clear="Isolates it. For a prepaid one, order ModifySubscribeAutoRenewFlag, so that it is not renewed.",
        ),
        "offline": TaskText(
            does="Takes the isolated subscription offline (`OfflineIsolatedSubscribe`), if that is asked for. Cannot "
            "be undone.",
            red="It is not isolated.",
            look="Its state.",
            clear="Takes it offline, once it is isolated: if it is not, clear `isolate` with its downstream.",
        ),
    },
}
