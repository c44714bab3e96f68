"""A rule that many things keep, told in one test that names every offender."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest


def named(value: Any) -> str:
    """How an offender is called: by its name where it has one."""
    if isinstance(value, tuple):
        return ", ".join(named(part) for part in value)
    return str(getattr(value, "__name__", None) or getattr(value, "name", None) or value)


def for_every(
    arguments: str, values: Iterable[Any], ids: Callable[[Any], str] | Sequence[str] = named
) -> Callable[[Any], Any]:
    """Hold a rule for every value in one test, as ``parametrize`` does in as many tests as there are values.

    For rules that cost nothing and share nothing. What a rule needs besides comes from fixtures, once for all values.
    Two of these on one rule hold it for every pair of their values.

    :param arguments: the name of the rule's argument that takes a value; names, with commas, that take its parts.
    :param ids: how an offender is called: made of its value, or written for each.
    """
    cases, names = list(values), arguments.replace(",", " ").split()
    assert cases, "there is nothing that the rule could hold for"
    called = [ids(value) for value in cases] if callable(ids) else ids

    def over_all(rule: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(rule)
        others = [given for name, given in signature.parameters.items() if name not in names]

        @functools.wraps(rule)
        def test(*args: Any, **fixtures: Any) -> None:
            offenders = []
            for name, value in zip(called, cases, strict=True):
                parts = value if len(names) > 1 else (value,)
                try:
                    rule(*args, **fixtures, **dict(zip(names, parts, strict=True)))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - every offender is named, then it fails
                    offenders.append(f"{name}: {type(error).__name__}: {error}")
            assert not offenders, "\n\n".join([f"{len(offenders)} of {len(cases)} break the rule", *offenders])

        test.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # pytest reads it
        return test

    return over_all
