"""Who is told: notifiers, an asset event, a run of a DAG. Each is a channel of its own, which loses nothing.

What a channel could not be told is told at the next look; what it was told is not told to it again because another one
failed.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from airflow.sdk import Asset, AssetAlias, BaseNotifier

from tencent_dts.engine import runs
from tencent_dts.orphans.reaping import Row
from tencent_dts.watching.page import Message

if TYPE_CHECKING:
    from airflow.sdk import Context

FINDINGS = Asset(name="tencent_dts_findings", uri="dts://findings")
"""The asset whose events are findings: by it other DAGs can be scheduled."""
ALIAS = AssetAlias("tencent_dts_findings")
"""Through it an event is made only where there is something to tell."""
ASSET_CHANNEL = "asset event"
_MOST = 50  # findings in an event or a run's configuration, which Airflow keeps in its database

_TELLING = ("job_id", "rule", "kind", "region", "since", "again", "over")  # what distinguishes one telling of a finding

Tell = Callable[["Context", Message], None]
Notifier = Callable[["Context"], object]
"""A notifier of Airflow, or any function of the context."""


@dataclass(frozen=True)
class Channel:
    """One way of telling.

    :param name: what it is remembered by: stable from run to run.
    :param tell: raises where it could not.
    :param when_green: what it tells counts only if the task succeeds.
    """

    name: str
    tell: Tell
    when_green: bool = False


def channels(notifiers: Sequence[Notifier], *, asset_event: bool, dag_id: str) -> list[Channel]:
    """The channels of a watch: notifiers by their class and place in the list."""
    found = [
        Channel(f"{index} {_name(notifier)}", _notifying(notifier)) for index, notifier in enumerate(notifiers, start=1)
    ]
    if dag_id:
        found.append(Channel(f"run of {dag_id}", _running(dag_id)))
    if asset_event:
        found.append(Channel(ASSET_CHANNEL, _by_asset, when_green=True))
    return found


def _name(notifier: Notifier) -> str:
    return str(getattr(notifier, "__name__", None) or type(notifier).__name__)


def _notifying(notifier: Notifier) -> Tell:
    """Tell through a notifier of Airflow, or through any function of the context.

    A notifier's own ``__call__`` logs what goes wrong and returns: that would count as told. And it renders its fields
    in place, so that each telling needs a fresh copy of it.
    """

    def tell(context: Context, message: Message) -> None:
        told = cast("Context", {**context, "dts_watch": message})
        if not isinstance(notifier, BaseNotifier):
            notifier(told)
            return
        fresh = copy.copy(notifier)
        fresh._update_context(told)
        fresh.render_template_fields(told)
        if type(fresh).notify is not BaseNotifier.notify:
            fresh.notify(told)
        else:
            asyncio.run(fresh.async_notify(told))

    return tell


def _running(dag_id: str) -> Tell:
    """Start a run of a DAG. Its id is made of what is told, so that a repeated telling starts no second one."""

    def tell(_: Context, message: Message) -> None:
        of = "\x1f".join(sorted("|".join(str(row[name]) for name in _TELLING) for row in _all(message)))
        digest = hashlib.sha256(f"{dag_id}\x1f{of}".encode()).hexdigest()[:16]
        runs.start_run(dag_id, f"dts_watch__{digest}", _short(message))

    return tell


def _by_asset(context: Context, message: Message) -> None:
    context["outlet_events"][ALIAS].add(FINDINGS, extra=_short(message))


def _all(message: Message) -> list[Row]:
    return [*message["told"], *message["over"]]


def _short(message: Message) -> Row:
    """As much as an event should hold; the whole is in the XCom of the task."""
    told, over = message["told"], message["over"]
    counts = {"told_count": len(told), "over_count": len(over)}
    return {"subject": message["subject"], "told": told[:_MOST], "over": over[:_MOST], **counts}
