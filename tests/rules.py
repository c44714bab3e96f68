"""A rule that many things keep, told in one test that names every offender."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def named(value: Any) -> str:
    """How an offender is called: by its name where it has one."""
    return str(getattr(value, "__name__", None) or getattr(value, "name", None) or value)


def for_every(argument: str, values: Iterable[Any], ids: Callable[[Any], str] = named) -> Callable[[Any], Any]:
    """Hold a rule for every value in one test, as ``parametrize`` does in as many tests as there are values.

    For rules that cost nothing and share nothing. What a rule needs besides comes from fixtures, once for all values.

    :param argument: the name of the rule's argument that takes a value.
    :param ids: how an offender is called.
    """
    cases = list(values)
    assert cases, "there is nothing that the rule could hold for"

    def over_all(rule: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(rule)
        others = [given for name, given in signature.parameters.items() if name != argument]

        @functools.wraps(rule)
        def test(*args: Any, **fixtures: Any) -> None:
            offenders = []
            for value in cases:
                try:
                    rule(*args, **fixtures, **{argument: value})
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - every offender is named, then it fails
                    offenders.append(f"{ids(value)}: {type(error).__name__}: {error}")
            assert not offenders, "\n\n".join([f"{len(offenders)} of {len(cases)} break the rule", *offenders])

        test.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]  # pytest reads it
        return test

    return over_all
