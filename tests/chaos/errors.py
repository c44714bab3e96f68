"""Every error that the matrix can produce, as an on-call engineer reads it: ``.build/errors.txt``.

``make errors`` writes the file. Read it after a change of the messages.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor

from scripts.local import ROOT
from tests.chaos.environment import prepared

PAGE = ROOT / ".build" / "errors.txt"
LINE = "-" * 80
Found = dict[str, dict[str, set[str]]]

_CHANGING = (
    (re.compile(r"\b(dts|sync|subs)-(?!\*)[a-z0-9]{8,10}(-cmp-[a-z0-9]{8})?"), r"\1-********\2"),
    (re.compile(r"-cmp-[a-z0-9]{8}"), "-cmp-********"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<RequestId>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
)

HEAD = """Written by `make errors`: every error that the matrix of `make chaos` produces, as the task's log has it.
Above each: the task that is red, and the call and the fault that made it so. Ids and times are masked.
"""


def plain(text: str) -> str:
    """An error without what differs from run to run."""
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text


def page(found: Mapping[str, Mapping[str, Iterable[str]]]) -> str:
    """The file: for each task its errors, each with what makes it."""
    parts = [HEAD + LINE]
    for task, errors in found.items():
        for text, makers in sorted(errors.items(), key=lambda item: sorted(item[1])):
            parts.append("\n".join([f"{task}, by", *(f"  {maker}" for maker in sorted(makers)), "", text, LINE]))
    return "\n\n".join(parts) + "\n"


def collect() -> Found:
    """Put every first call of each action in each task through every fault, and keep what turns red."""
    from tests.chaos.__main__ import AT_ONCE, _put_through_for_errors, _straight
    from tests.chaos.lifecycles import LIFECYCLES
    from tests.chaos.matrix import ALONE, merged

    found: Found = {}
    with ProcessPoolExecutor(2) as pool:
        for name in LIFECYCLES:
            every = pool.submit(_straight, name).result()
            chosen = [case for case in merged(every) if case.recovery == ALONE and case.call.turn == 1]
            batches = [chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE)]
            for results in pool.map(_put_through_for_errors, batches):
                for task, maker, text in results:
                    found.setdefault(task, {}).setdefault(plain(text), set()).add(maker)
    return found


def main() -> int:
    """Write the file."""
    prepared()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(collect()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
