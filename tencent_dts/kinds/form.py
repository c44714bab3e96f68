"""A form as data: one JSON schema for the trigger form, manifests, and runs started by API."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from airflow.sdk import Param
from jsonschema import Draft202012Validator

from tencent_dts.errors import InvalidInput

Property = dict[str, Any]
"""The JSON schema of one parameter, as Airflow's form reads it."""
Schema = Mapping[str, Property]
Values = Mapping[str, Any]
"""Values of parameters by name, whatever their schemas say they are."""


@dataclass(frozen=True)
class Form:
    """The parameters of one kind of run.

    :param name: what a run of it is called, in words.
    :param schema: a JSON schema for each parameter, with section, title, description and default. One without a
        default must be given: no value of it could be right by itself.
    :param opens_with: the parameters that must be decided, in this order. Airflow shows what has no section first and
        open, and each section closed.
    """

    name: str
    schema: Schema = field(repr=False)
    opens_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shown = {name: _unstarred(schema) for name, schema in self.schema.items()}
        first = {
            name: {key: value for key, value in shown[name].items() if key != "section"} for name in self.opens_with
        }
        # The class is frozen, so that a form is one value; this is its making.
        object.__setattr__(self, "schema", first | {name: value for name, value in shown.items() if name not in first})

    def defaults(self) -> Values:
        """The default of each parameter that has one."""
        return {name: deepcopy(schema["default"]) for name, schema in self.schema.items() if "default" in schema}

    def complete(self, given: Values) -> Values:
        """Given values, with the default of each that is left out.

        :raises InvalidInput: a name is unknown, a value is wrong, or one is missing.
        """
        self.validate({**self.defaults(), **given})
        values = self.filled(given)
        for name, schema in self.schema.items():
            if name not in values:
                raise InvalidInput(name, f"give it, as {schema['examples'][0]}")
        return values

    def filled(self, given: Values) -> Values:
        """Given values, unchecked, with the default of each that is left out.

        A field that was emptied arrives as null: it means what the form says beside it, the default.
        """
        defaults = self.defaults()
        return {**defaults, **given, **{name: value for name, value in defaults.items() if given.get(name) is None}}

    def params(self, defaults: Values | None = None) -> dict[str, Param]:
        """The parameters for a DAG, with other defaults where given (a manifest's values).

        :raises InvalidInput: a default has an unknown name or a wrong value.
        """
        values = {**self.defaults(), **(defaults or {})}
        self.validate(values)
        return {
            name: Param(**{**schema, "default": values[name]} if name in values else schema)
            for name, schema in self.schema.items()
        }

    def refuse_unknown(self, names: Collection[str], also: Collection[str] = ()) -> None:
        """A misspelt parameter would be ignored in silence: refuse it and say which was meant.

        :param also: names that are no parameters of the form, and right nevertheless.
        :raises InvalidInput: names it, and the nearest known one.
        """
        for name in names:
            if name not in self.schema and name not in also:
                near = difflib.get_close_matches(name, [*self.schema, *also], n=1)
                raise InvalidInput(name, f"no such parameter; did you mean {near[0]}?" if near else "no such parameter")

    def validate(self, values: Values) -> None:
        """Check values against the schema.

        :raises InvalidInput: names the field, the value and what is allowed.
        """
        self.refuse_unknown(values)
        for name, value in values.items():
            for error in Draft202012Validator(self.schema[name]).iter_errors(value):
                where = ", ".join([name, *map(str, error.absolute_path)])
                raise InvalidInput(where, error.message, error.instance, mistyped=error.validator == "type")


def _unstarred(schema: Property) -> Property:
    """The same schema; what may be left empty is not marked as required, which Airflow marks all that has no null."""
    if schema.get("default") in ([], {}) and isinstance(schema["type"], str):
        return {**schema, "type": ["null", schema["type"]]}
    return dict(schema)
