"""Every error that the matrix and the rehearsals can produce, as an on-call engineer reads it: ``docs/errors.md``.

``make errors`` writes the page. Read it after a change of the messages.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import tencent_dts
from scripts.local import ROOT
from tencent_dts.emulator.world.rehearsals import Rehearsal
from tencent_dts.errors import DtsError, DtsProblem, Permanent
from tests.chaos.environment import prepared

PAGE = ROOT / "docs" / "errors.md"

_CHANGING = (
    (re.compile(r"\b(dts|sync)-[a-z0-9]{8}-cmp-[a-z0-9]{8}\b"), "<CompareTaskId>"),
    (re.compile(r"\b(dts|sync)-[a-z0-9]{8}\b"), "<JobId>"),
    (re.compile(r"\bsubs-[a-z0-9]{10}\b"), "<SubscribeId>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<RequestId>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "<time>"),
    (re.compile(r"\babout \d[\d.]* h\b"), "about <hours> h"),
    (re.compile(r"\b\d+(?= s (and ended|ago))"), "<seconds>"),
    (re.compile(r"\b(Subs)?Status [\w ]+(, (Trade)?Status \w+)?(?=[:\n]|$)"), "<state>"),
    (re.compile(r"^\w+(?= was answered with)"), "<Action>"),
    (re.compile(r"(?<=calls )\w+(?= only where that is not done yet)"), "<Action>"),
)

UNSEEN = "No single fault of the matrix and no rehearsal makes it; see the [runbook](runbook.md#by-the-error)."
HEAD = """<!-- Written by `make errors`; not to be edited. -->

# Every error

What a red task says, for every single fault that `make chaos` puts every call through, and for everything that the
emulator can rehearse; classes that neither makes are named with what they mean. Ids, times, states and, where all are
alike, names of actions are masked. Above each error stands which task tells it, and what made it do so. What to do
first is in the [runbook](runbook.md#by-the-error).

- The first line says what happened. *refused, this call did nothing*: the service's code says so.
- `job`, `state` and `bill`: which job, how it stands, and whether it goes on costing; of an error about no job they
  are missing.
- `cause` is told by the service or found by the task; `RequestId`, where a call was answered, is what the service's
  support asks for.
- `clearing this task` is what *Clear* will do; `next step` is what to do before. A command (`airflow tencent-dts`)
  and an invalid file have nothing to clear.
"""


@dataclass(frozen=True)
class Told:
    """One error of one task, and what made it.

    :param task: as ``dts_migrate / purchase``.
    :param maker: the call and the fault, or the rehearsal.
    :param kind: the error's class.
    :param text: the whole message.
    """

    task: str
    maker: str
    kind: str
    text: str


def plain(text: str) -> str:
    """An error without what differs from run to run."""
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text


def page(found: Iterable[Told]) -> str:
    """The page: for each class its errors, each with the tasks that tell it and what makes them."""
    kinds: dict[str, dict[str, dict[str, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for told in found:
        kinds[told.kind][plain(told.text)][told.task].add(told.maker)
    parts = [HEAD]
    meanings = {cls.__name__: meaning_of(cls) for cls in error_classes()}
    for kind, texts in sorted({**{name: {} for name in meanings}, **kinds}.items()):
        parts.append(f"## {kind}\n")
        if kind in meanings:
            parts.append(meanings[kind] + ("" if texts else f"\n\n{UNSEEN}") + "\n")
        for text, tasks in sorted(texts.items()):
            parts.append(f"{_told_by(tasks)}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def error_classes() -> list[type[DtsProblem]]:
    """Every class that a red task or a command can show: the class tree, without the bases that nothing raises."""
    for module in pkgutil.walk_packages(tencent_dts.__path__, "tencent_dts."):
        if not module.name.startswith("tencent_dts.emulator"):
            importlib.import_module(module.name)
    found, open_ends = set[type[DtsProblem]](), [DtsProblem]
    while open_ends:
        below = {cls for cls in open_ends.pop().__subclasses__() if cls.__module__.startswith("tencent_dts.")}
        open_ends += below - found
        found |= below
    return sorted(found - {Permanent, DtsError}, key=lambda cls: cls.__name__)


def meaning_of(cls: type[DtsProblem]) -> str:
    """What a class says of itself, as one paragraph."""
    return " ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split())


def _told_by(tasks: Mapping[str, Iterable[str]]) -> str:
    return "\n".join(f"- `{task}`: {'; '.join(sorted(makers))}" for task, makers in sorted(tasks.items()))


def rehearsals() -> list[tuple[str, Rehearsal, dict[str, Any]]]:
    """What can be rehearsed: its name, the seed, and parameters that the run needs for it."""
    from tencent_dts.emulator.world.rehearsals import CONVENTION

    found: list[tuple[str, Rehearsal, dict[str, Any]]] = [(name, seed, {}) for name, (seed, _) in CONVENTION.items()]
    return [
        *found,
        ("check_ConnectDBCheck", {"checks": {"ConnectDBCheck": "failed"}}, {}),
        ("check_run", {"check_run": "failed"}, {}),
        ("lag beyond the deadline", {"lag": {"seconds": 30, "megabytes": 12, "drain": 36000}}, {"ready_deadline": 1}),
    ]


def collect() -> list[Told]:
    """Put every call through every fault and every lifecycle through every rehearsal; keep what turns red."""
    from tests.chaos.figures import AT_ONCE, _put_through_for_errors, _rehearse, _straight
    from tests.chaos.lifecycles import LIFECYCLES
    from tests.chaos.matrix import ALONE, merged

    found: list[Told] = []
    with ProcessPoolExecutor(2) as pool:
        for name in LIFECYCLES:
            found += pool.submit(_rehearse, name).result()
            every = pool.submit(_straight, name).result()
            chosen = [case for case in merged(every) if case.recovery == ALONE]
            batches = [chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE)]
            for told in pool.map(_put_through_for_errors, batches):
                found += told
    return found


def main() -> int:
    """Write the page."""
    prepared()
    PAGE.write_text(page(collect()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
