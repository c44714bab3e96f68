"""What a watch looks at in a subscription of API 2018-03-30. It tells no lag, and cannot be paused or in error.

API document: DescribeSubscribes, ModifySubscribeAutoRenewFlag (version 2018-03-30).
"""

from __future__ import annotations

from tencent_dts.kinds.watching import expiring, isolated_by_others, unknown_status

WATCH = (
    expiring(
        "AutoRenewFlag",
        "Order ModifySubscribeAutoRenewFlag with 1, renew it in the console, or let it end at that time.",
    ),
    isolated_by_others("renew or recover it in the console"),
    unknown_status(),
)
