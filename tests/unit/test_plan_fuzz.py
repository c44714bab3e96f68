"""Whatever stands in a form, it is a plan or refused with the field's name; nothing else breaks on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tencent_dts.errors import InvalidInput
from tencent_dts.params import MIGRATE_2018, MIGRATION, MODIFY_SYNC, SUBSCRIBE, SYNC, Form
from tencent_dts.spec import Field, Spec, load

SPEC = load()
ODD: st.SearchStrategy[Any] = st.sampled_from([None, "", "a", 0, 7, True, [], {}, [None], ["a"], {"a": 1}])


def values(shape: Field, spec: Spec, depth: int) -> st.SearchStrategy[Any]:
    """Values of a field: mostly of its type, now and then anything."""
    one: st.SearchStrategy[Any]
    if shape.type in spec.types:
        one = objects(shape.type, spec, depth - 1) if depth else st.just({})
    elif shape.enum:
        one = st.sampled_from(shape.enum)
    else:
        one = {"Integer": st.integers(0, 9), "Boolean": st.booleans()}.get(shape.type, st.sampled_from(["a", "b"]))
    right = st.lists(one, max_size=2) if shape.array else one
    return st.integers(0, 9).flatmap(lambda luck: ODD if luck == 0 else right)


def objects(name: str, spec: Spec, depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a data type of the API, with some of its fields."""
    fields = {field: values(shape, spec, depth) for field, shape in spec.types[name].items()}
    return st.fixed_dictionaries({}, optional=fields)


RULES: list[tuple[Form, dict[str, str]]] = [
    (MIGRATION, {"objects": "DatabaseTableObject"}),
    (SYNC, {"objects": "Objects", "options": "Options"}),
    (MODIFY_SYNC, {"objects": "Objects", "options": "DynamicOptions"}),
]


@pytest.mark.parametrize(("form", "parts"), RULES, ids=lambda value: value.name if isinstance(value, Form) else "")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_objects_and_options_are_right_or_refused(form: Form, parts: dict[str, str], data: st.DataObject) -> None:
    chosen = {name: data.draw(objects(kind, SPEC)) for name, kind in parts.items()}
    if "target_database_type" in form.schema:
        chosen["target_database_type"] = data.draw(st.sampled_from(form.schema["target_database_type"]["enum"]))
    request = {**{name: "sync-1" for name in form.schema if "default" not in form.schema[name]}, **chosen}
    refused_by_name(form, request)


@pytest.mark.parametrize("form", [MIGRATE_2018, SUBSCRIBE], ids=lambda form: form.name)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_switches_and_choices_are_right_or_refused(form: Form, data: st.DataObject) -> None:
    request: dict[str, Any] = {name: "cdb-1" for name in form.schema if "default" not in form.schema[name]}
    for name, schema in form.schema.items():
        if "enum" in schema:
            request[name] = data.draw(st.sampled_from(schema["enum"]))
        elif schema["type"] == "boolean":
            request[name] = data.draw(st.booleans())
        elif "integer" in schema["type"]:
            request[name] = data.draw(st.sampled_from([schema["minimum"], schema["maximum"], *optional(schema)]))
    refused_by_name(form, request)


def optional(schema: Any) -> list[None]:
    return [None] if "null" in schema["type"] else []


def refused_by_name(form: Form, request: dict[str, Any]) -> None:
    """Run the rules as the operator does; a refusal begins with one of the form's parameters."""
    from tencent_dts.kinds.migration import plan
    from tencent_dts.kinds.migration_2018 import plan as migration_2018
    from tencent_dts.kinds.subscription_2018 import plan as subscription
    from tencent_dts.kinds.sync import plan as sync

    rules = {
        "migration": plan.RULES,
        "sync": sync.RULES,
        "sync modification": sync.MODIFICATION_RULES,
        "2018 migration": migration_2018.RULES,
        "subscription": subscription.RULES,
    }[form.name]
    refusal: InvalidInput | None = None
    try:
        whole = form.complete(request)
        for rule in rules:
            rule(whole)
    except InvalidInput as error:
        refusal = error
    if refusal is not None:
        assert refusal.field.partition(",")[0] in form.schema
        assert refusal.what.rpartition(": ")[2].strip()
