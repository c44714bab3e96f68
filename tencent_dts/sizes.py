"""Lengths of time, counts and flags of a DAG's author: one checker, when the DAG is parsed and when the task runs.

A value written into the DAG is judged when the task is made. A template or the output of another task is judged
when the task runs, as what it was rendered to.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self, overload

from tencent_dts.errors import InvalidInput

DAY = 86400.0
LONGEST = 2 * 366 * DAY  # for which anything is waited for; longer is a mistake in the unit
_PLAIN = (int, float, str, timedelta)


class Checked:
    """An attribute of an operator class that keeps what was given, which Airflow renders, and judges it."""

    name: str = ""

    @abstractmethod
    def check(self, field: str, value: object) -> object:
        """What a value means.

        :param field: its name, for the error.
        :raises InvalidInput: it means nothing.
        """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, task: None, owner: type) -> Self: ...

    @overload
    def __get__(self, task: object, owner: type) -> Any: ...

    def __get__(self, task: object, owner: type) -> Any:
        if task is None:
            return self
        try:
            return vars(task)[self.name]
        except KeyError:
            raise AttributeError(self.name) from None

    def __set__(self, task: object, value: object) -> None:
        given = value.total_seconds() if isinstance(value, timedelta) else value
        if self.name not in vars(task) and not is_rendered_later(given):
            self.check(self.name, given)
        vars(task)[self.name] = given  # rendered, it is judged when its meaning is asked for


class Flag(Checked):
    """A yes or a no. What is neither is refused: taken either way, it could leave out what was meant to be done."""

    def check(self, field: str, value: object) -> bool:
        """Whether a value is a yes.

        :param field: its name, for the error.
        :raises InvalidInput: it is neither a clear yes nor a clear no.
        """
        return is_true(value, field)


def is_true(value: object, field: str = "a flag") -> bool:
    """Whether a flag is a yes; a template renders it as text.

    :param field: its name, for the error.
    :raises InvalidInput: it is neither a clear yes nor a clear no.
    """
    word = value.strip().lower() if isinstance(value, str) else value
    if word is True or word == "true":
        return True
    if word is False or word == "false":
        return False
    raise InvalidInput(field, "give true or false", value)


@dataclass
class Size(Checked):
    """Bounds of a number, and the attribute of a task that holds one; :meth:`of` is the number.

    :param unit: what is counted, for the error: ``seconds``, ``tables``.
    :param least: the smallest number allowed.
    :param most: the largest.
    :param above: ``least`` itself is too small.
    :param whole: only whole numbers are.
    :param optional: nothing, or an empty text, may be given; it is ``None`` then.
    """

    unit: str = "seconds"
    least: float = 0
    most: float = LONGEST
    above: bool = False
    whole: bool = False
    optional: bool = False
    name: str = ""

    def check(self, field: str, value: object) -> float | None:
        """The number that a value is.

        :param field: its name, for the error.
        :raises InvalidInput: it is no number, or out of bounds; NaN and infinity are both.
        """
        if value in (None, "") and self.optional:
            return None
        number = _number(value)
        small = number <= self.least if self.above else number < self.least
        if math.isnan(number) or small or number > self.most or (self.whole and not number.is_integer()):
            raise InvalidInput(field, self._allowed(), value)
        return number

    def of(self, task: object) -> float:
        """The number that a task was given and that must be one.

        :raises InvalidInput: likewise.
        """
        number = self.check(self.name, vars(task)[self.name])
        return self.least if number is None else number

    def _allowed(self) -> str:
        kind = "whole number" if self.whole else "number"
        lower = "above" if self.above else "from"
        return f"give a {kind} of {self.unit} {lower} {self.least:g} to {self.most:.10g}"


def check_choice(field: str, value: object, allowed: Collection[str]) -> None:
    """Judge one of several words.

    :param field: its name, for the error.
    :raises InvalidInput: it is none of those allowed.
    """
    if value not in allowed:
        raise InvalidInput(field, f"allowed: {', '.join(allowed)}", value)


def check_all(task: object) -> None:
    """Judge every number and flag of a task as it was rendered, before the task does anything with one of them.

    :raises InvalidInput: names the first that is wrong.
    """
    for name, checked in _checked_of(type(task)).items():
        checked.check(name, vars(task)[name])


def _checked_of(cls: type) -> dict[str, Checked]:
    bases = [vars(base) for base in reversed(cls.__mro__)]
    return {name: value for own in bases for name, value in own.items() if isinstance(value, Checked)}


def is_rendered_later(value: object) -> bool:
    """Whether Airflow puts another value in the place of this one when the task runs."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    return value is not None and not isinstance(value, _PLAIN) and hasattr(value, "resolve")


def _number(value: object) -> float:
    """A number, from text too; NaN for what is none."""
    if isinstance(value, bool) or not isinstance(value, _PLAIN):
        return math.nan
    try:
        return value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (ValueError, OverflowError):
        return math.nan
