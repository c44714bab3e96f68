"""A rule that many things keep, told in one test that names every offender."""

from __future__ import annotations

import contextlib
import functools
import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest

LONGEST_NAME = 300
FORGOTTEN: list[Callable[[], None]] = []
"""What is forgotten together with what an emulator knows."""


def named(value: Any) -> str:
    """How an offender is called: by its name where it has one."""
    if isinstance(value, tuple):
        return ", ".join(named(part) for part in value)
    called = str(getattr(value, "__name__", None) or getattr(value, "name", None) or value)
    return called if len(called) <= LONGEST_NAME else f"{called[:LONGEST_NAME]}..."


def _place(error: BaseException, rule: Callable[..., Any]) -> int | None:
    """The line of a rule, in its file, at which it was broken."""
    frames, source = traceback.extract_tb(error.__traceback__), inspect.unwrap(rule).__code__.co_filename
    return next((frame.lineno for frame in reversed(frames) if frame.filename == source), None)


@contextlib.contextmanager
def _for_one_value(fixtures: dict[str, Any], fresh: Any, speed: float) -> Iterator[dict[str, Any]]:
    """The fixtures as a value finds them that is the only one."""
    with contextlib.ExitStack() as undone:
        patches = {name: value for name, value in fixtures.items() if isinstance(value, pytest.MonkeyPatch)}
        own = {name: undone.enter_context(value.context()) for name, value in patches.items()}
        if fresh is not None:
            emulator = _emulator(fresh)
            emulator.reset()
            emulator.set_speed(speed)
            for forget in FORGOTTEN:
                forget()
        yield fixtures | own
        if fresh is not None:
            getattr(fresh, "after_each", lambda: None)()
            emulator.raise_failures()


def _emulator(fresh: Any) -> Any:
    return getattr(fresh, "emulator", fresh)


def hold(rule: Callable[[Any], None], values: Iterable[Any], ids: Callable[[Any], str] | Sequence[str] = named) -> None:
    """Hold a rule for every value; fail with every offender and what it has broken.

    :param ids: how an offender is called: made of its value, or written for each.
    """
    cases = list(values)
    called = [ids(value) for value in cases] if callable(ids) else ids
    offenders: list[tuple[str, str]] = []
    for name, value in zip(called, cases, strict=True):
        try:
            rule(value)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - every offender is named, then it fails
            offenders.append((name, f"{type(error).__name__} in line {_place(error, rule)}: {error}"))
    told = f"{len(offenders)} of {len(cases)} break the rule: {'; '.join(name for name, _ in offenders)}"
    assert not offenders, "\n\n".join([told, *(f"{name}: {broken}" for name, broken in offenders)])


def for_every(
    arguments: str, values: Iterable[Any], ids: Callable[[Any], str] | Sequence[str] = named, anew: str = ""
) -> Callable[[Any], Any]:
    """Hold a rule for every value in one test, as ``parametrize`` does in as many tests as there are values.

    What a rule needs besides comes from fixtures, once for all values; what a ``monkeypatch`` has changed is undone
    after each. Two of these on one rule hold it for every pair of their values.

    :param arguments: the name of the rule's argument that takes a value; names, with commas, that take its parts.
    :param ids: how an offender is called: made of its value, or written for each.
    :param anew: the fixture that is an emulator, or made around one, which shall know nothing of the value before; what
        it has to say about each value, its ``after_each`` says.
    """
    cases, names = list(values), arguments.replace(",", " ").split()
    assert cases, "there is nothing that the rule could hold for"

    def over_all(rule: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(rule)
        others = [given for name, given in signature.parameters.items() if name not in names]
        besides = anew if anew and anew not in signature.parameters else ""
        if besides:
            others.append(inspect.Parameter(anew, inspect.Parameter.KEYWORD_ONLY))

        @functools.wraps(rule)
        def test(*args: Any, **fixtures: Any) -> None:
            fresh = fixtures.get(anew)
            speed = 0.0 if fresh is None else _emulator(fresh).clock()["speed"]
            fixtures.pop(besides, None)

            @functools.wraps(rule)
            def for_one(value: Any) -> None:
                parts = value if len(names) > 1 else (value,)
                with _for_one_value(fixtures, fresh, speed) as own:
                    rule(*args, **own, **dict(zip(names, parts, strict=True)))

            hold(for_one, cases, ids)

        test.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # pytest reads it
        return test

    return over_all
