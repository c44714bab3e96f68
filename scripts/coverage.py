"""Write ``docs/coverage.md``: every action of the SDK, and what of it is built; part of ``make docs``.

The actions are those of the SDK's clients, the classes are found by what they name (their row of the state table, the
action that they read with, the kind of job that they buy), the marks are the emulator's own.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local import ROOT

PAGE = ROOT / "docs" / "coverage.md"

Key = tuple[str, str]
"""An API version and an action: both versions have a CompleteMigrateJob."""

HEAD = """# Coverage of the API

<!-- Written by `make docs` from the SDK, the class tree and the emulator; change the code, not this page. -->

Every action of both API versions that Tencent Cloud's SDK knows. An operator does the action, a sensor waits on what it
answers. The mark says where the emulator's behaviour comes from: **documented** in the API documents or the product
guide, **observed** in the code of official clients, **assumed** where neither says anything; [the emulator's
page](emulator.md#actions) has the details. The rate is the calls a second that the service takes from an account; for
an action that is in no printed document, 20 are assumed.
"""


@dataclass(frozen=True)
class Account:
    """Why actions have no operator: in a few words for their rows, and whole below the table."""

    short: str
    whole: str
    actions: tuple[str, ...]


ACCOUNTS: dict[str, tuple[Account, ...]] = {
    "2021-12-06": (
        Account(
            "subscriptions are built by API 2018-03-30",
            "A subscription of 2021-12-06 delivers to Kafka topics and consumer groups; one of 2018-03-30 is another "
            "product, and neither version sees the other's. The public pages of the newer one are read, not built yet.",
            (
                *("ConfigureSubscribeJob", "CreateConsumerGroup", "CreateSubscribe", "CreateSubscribeCheckJob"),
                *("DeleteConsumerGroup", "DescribeConsumerGroups", "DescribeOffsetByTime", "DescribeSubscribeCheckJob"),
                *("DescribeSubscribeDetail", "DescribeSubscribeJobs", "DescribeSubscribeReturnable"),
                *("DestroyIsolatedSubscribe", "IsolateSubscribe", "ModifyConsumerGroupDescription"),
                *("ModifyConsumerGroupPassword", "ModifySubscribeAutoRenewFlag", "ModifySubscribeName"),
                *("ModifySubscribeObjects", "ResetConsumerGroupOffset", "ResetSubscribe", "ResumeSubscribe"),
                "StartSubscribe",
            ),
        ),
        Account(
            "it answers rows of the databases",
            "It is in the SDK only, and it answers the values of differing rows. They are the user's data and stay in "
            "the console; the compare report says where they are.",
            ("DescribeCompareDiffItems", "DescribeSyncCompareDiffItems"),
        ),
        Account(
            "GTIDs prove nothing about data",
            "It is in the SDK only. That two servers have executed the same GTIDs proves nothing about their data: the "
            "compare task does.",
            ("DescribeMigrateGtidCompareReport", "DescribeSyncGtidCompareReport"),
        ),
        Account(
            "no state guards it",
            "It is in the SDK only, which says that the service looks at no state before it. So nothing shows "
            "whether it is safe, or has taken hold.",
            ("ModifyMigrateRuntimeAttribute",),
        ),
    ),
    "2018-03-30": (),
}
"""By API version: what is not built on purpose."""

NOT_BUILT: dict[Key, Account] = {
    (version, action): account
    for version, accounts in ACCOUNTS.items()
    for account in accounts
    for action in account.actions
}


def sdk_actions() -> list[Key]:
    """Every action of the SDK's clients, in the order of their names."""
    from tencentcloud.dts.v20180330.dts_client import DtsClient as Client2018
    from tencentcloud.dts.v20211206.dts_client import DtsClient as Client2021

    clients = {"2021-12-06": Client2021, "2018-03-30": Client2018}
    found = {version: inspect.getmembers(client, inspect.isfunction) for version, client in clients.items()}
    return [(version, name) for version, members in found.items() for name, _ in members if name[0].isupper()]


def actions_of(cls: Any) -> set[Key]:
    """The actions that an operator does or a sensor waits on; empty for one that calls none of its own."""
    family = getattr(cls, "family", None)
    if operation := getattr(cls, "operation", None):
        names = [operation.action]
    elif goal := getattr(cls, "goal", None):
        names = [goal.resource.read, getattr(family, "report", "")]
    elif action := getattr(cls, "action", ""):
        names = [action]
    else:
        names = [getattr(getattr(cls, "kind", None), "action", ""), getattr(family, "create", "")]
    return {(cls.resource.version, name) for name in names if name}


def classes_by_action(kind: str) -> Mapping[Key, list[str]]:
    """The names of the ``operators`` or ``sensors`` of each action."""
    from scripts.reference import public_classes

    found: dict[Key, list[str]] = {}
    for classes in public_classes(kind).values():
        for cls in classes:
            for key in actions_of(cls) if hasattr(cls, "resource") else ():
                found.setdefault(key, []).append(cls.__name__)
    return found


def _rows(version: str) -> Iterator[list[str]]:
    """One row for each action of a version.

    :raises SystemExit: an action is neither built nor accounted for.
    """
    from tencent_dts.emulator.http.service import load_areas
    from tencent_dts.emulator.world.kernel import HANDLERS
    from tencent_dts.spec import load

    load_areas()
    operators, sensors, known = classes_by_action("operators"), classes_by_action("sensors"), load(version).actions
    for key in sdk_actions():
        if key[0] != version:
            continue
        if key not in operators and key not in NOT_BUILT:
            raise SystemExit(f"{key[1]} of {version} has no operator, and ACCOUNTS does not say why")
        handler = HANDLERS.get(key)
        emulated = ["yes", handler.fidelity] if handler else ["no", ""]
        built = _names(operators.get(key, ())) or f"not built, because {NOT_BUILT[key].short}"
        assumed = " (assumed)" if known[key[1]].area in ("published", "undocumented") else ""
        rate = f"{known[key[1]].rate_per_second}{assumed}"
        yield [f"`{key[1]}`", built, _names(sensors.get(key, ())), *emulated, rate]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"[`{name}`](operators.md#{name.lower()})" for name in sorted(names))


def page() -> str:
    """The page as it should be."""
    lines = [HEAD]
    for version in dict.fromkeys(version for version, _ in sdk_actions()):
        rows = list(_rows(version))
        missing = sum(len(account.actions) for account in ACCOUNTS[version])
        lines += [f"## API {version}", "", f"{len(rows)} actions, {len(rows) - missing} of them built.", ""]
        lines += ["| action | operator | sensors | emulated | mark | calls a second |", "|---|---|---|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in rows] + [""]
        for account in ACCOUNTS[version]:
            lines += [f"*Not built, because {account.short}*: {account.whole}", ""]
    return "\n".join(lines).rstrip() + "\n"
