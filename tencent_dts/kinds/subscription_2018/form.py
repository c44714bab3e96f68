"""The parameters of a subscription and of its end.

API document: CreateSubscribe, ActivateSubscribe, ModifySubscribeConsumeTime (version 2018-03-30).
"""

from __future__ import annotations

from tencent_dts.kinds.form import Form
from tencent_dts.kinds.form_parts import (
    choice,
    cloud,
    deadline,
    existing,
    months,
    region_of,
    resource,
    switch,
    title_of,
    words,
)
from tencent_dts.kinds.subscription_2018.plan import OBJECT_TYPES, PAY_TYPES
from tencent_dts.spec import VERSION_2018, load

_PRODUCTS = sorted(load(VERSION_2018).actions["CreateSubscribe"].request["Product"].enum or ())
_SUBSCRIBE_ID = ("subs-[a-z0-9]+", "subs-ieuwi83j2e")
_LONGEST_TITLE = 40  # with the hash in front of it, within the 60 characters of ModifySubscribeName

SUBSCRIBE = Form(
    "subscription",
    {
        "instance_id": {
            "section": "Database",
            "title": "Instance",
            "description": "Id of the database instance that is subscribed to, as cdb-9dijwkkw.",
            "type": "string",
            "pattern": "^[a-z0-9]+-[a-z0-9]+$",
            "examples": ["cdb-9dijwkkw"],
        },
        **region_of("the instance, in which the subscription is bought", section="Database"),
        "product": choice("Database", "Product", "Database type of the instance.", _PRODUCTS, _PRODUCTS[0]),
        "subscribe_object_type": choice(
            "Subscription",
            "Subscribed",
            "instance: everything; data: changed rows; structure: changed definitions; dataAndStructure: both.",
            list(OBJECT_TYPES),
            "instance",
        ),
        "objects": {
            "section": "Subscription",
            "title": "Objects",
            "description_md": "Unless everything is subscribed to: a list of `DatabaseName`, with `TableNames` where "
            "not all tables are meant.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "DatabaseName": {"type": "string", "minLength": 1},
                    "TableNames": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
                },
                "required": ["DatabaseName"],
                "additionalProperties": False,
            },
            "default": [],
        },
        "consume_start_time": words(
            "Subscription",
            "Consume from",
            "As 2026-12-31 02:00:00, Beijing time, within the last 24 hours. Empty: from the activation on.",
        ),
        "uniq_subnet_id": words(
            "Subscription",
            "Subnet",
            "Subnet of the channel, as subnet-3paxmkdz. Empty: the instance's.",
            pattern="^(subnet-[a-z0-9]+)?$",
        ),
        "vport": {
            "section": "Subscription",
            "title": "Port",
            "description": "Port of the channel. Empty: 7507.",
            "type": ["null", "integer"],
            "minimum": 1025,
            "maximum": 65535,
            "default": None,
        },
        "pay_type": choice(
            "Payment",
            "Pay type",
            "postpaid is paid by the hour until it is isolated, prepaid by the month at purchase.",
            list(PAY_TYPES),
            "postpaid",
        ),
        "duration": months("Months", "For pay type prepaid: months that are paid for.", 120, section="Payment"),
        "auto_renew": switch("Payment", "Renew", "For pay type prepaid: whether it renews itself.", False),
        "configured_deadline": deadline("Configured", 1, "until the subscription is configured"),
        "existing_subscribe_id": existing("Existing subscription", *_SUBSCRIBE_ID),
        "title": title_of("subscription", _LONGEST_TITLE),
        **cloud(),
    },
    opens_with=(
        "instance_id",
        "product",
        "subscribe_object_type",
        "objects",
        "pay_type",
        "cloud_connection",
    ),
)

UNSUBSCRIBE = Form(
    "unsubscription",
    {
        "subscribe_id": resource(
            "Subscription", *_SUBSCRIBE_ID, "Id of the subscription to end", section="Subscription"
        ),
        **region_of("the subscription", section="Subscription"),
        "offline": switch(
            "End", "Take offline", "Whether it is taken offline once it is isolated, which cannot be undone.", False
        ),
        "isolate_deadline": deadline("Isolation", 1, "until it is isolated, and offline where it shall be"),
        **cloud(),
    },
    opens_with=(
        "subscribe_id",
        "offline",
        "cloud_connection",
    ),
)
