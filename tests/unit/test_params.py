"""Forms: what each asks, what it refuses, and that each field explains itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization

from tencent_dts import params
from tencent_dts.errors import InvalidInput
from tencent_dts.params import FORMS, Form
from tests.rules import for_every

every_form = for_every("form", FORMS)
BUILDERS = {
    "migration": params.migration_params,
    "sync": params.sync_params,
    "sync modification": params.modify_sync_params,
    "sync retirement": params.retire_sync_params,
    "2018 migration": params.migrate_2018_params,
    "subscription": params.subscribe_params,
    "unsubscription": params.unsubscribe_params,
    "search for orphans": params.reap_params,
    "watch": params.watch_params,
}


def given(form: Form) -> dict[str, Any]:
    """An example of each parameter that has no default."""
    return {name: schema["examples"][0] for name, schema in form.schema.items() if "default" not in schema}


def test_every_form_has_a_builder_of_params() -> None:
    assert {form.name for form in FORMS} == set(BUILDERS)


@every_form
def test_the_form_s_own_defaults_are_right_and_each_field_is_explained(form: Form) -> None:
    form.validate({**form.defaults(), **given(form)})
    sections = [schema.get("section") for schema in form.schema.values()]
    assert sections[: len(form.opens_with)] == [None] * len(form.opens_with)
    assert all(sections[len(form.opens_with) :])
    for name, schema in form.schema.items():
        assert schema["title"], name
        assert schema.get("description") or schema.get("description_md"), name
        assert "type" in schema, name


@every_form
def test_each_deadline_is_hours_and_says_what_for(form: Form) -> None:
    deadlines = {name: schema for name, schema in form.schema.items() if name.endswith("_deadline")}
    assert deadlines or form.name == "watch"  # which waits for nothing
    for schema in deadlines.values():
        assert re.match("Maximum wait (for|until) .*, in hours", schema["description"])
        assert schema["exclusiveMinimum"] == 0
        assert schema["default"] <= schema["maximum"]


@every_form
def test_what_must_be_decided_is_in_view_and_names_the_account(form: Form) -> None:
    assert [*form.schema][: len(form.opens_with)] == [*form.opens_with]
    assert "cloud_connection" in form.opens_with
    assert {name for name, schema in form.schema.items() if "default" not in schema} <= set(form.opens_with)


@every_form
def test_what_may_be_empty_is_not_marked_as_required_and_a_choice_never_says_null(form: Form) -> None:
    for name, schema in form.schema.items():
        nullable = "null" in schema["type"]
        assert nullable or schema.get("default") not in (None, [], {}) or name in given(form), name
        if None in schema.get("enum", ()):
            assert nullable
            assert schema["values_display"]["null"]


@every_form
def test_an_emptied_field_means_its_default(form: Form) -> None:
    emptied = {name: None for name, schema in form.schema.items() if "null" in schema["type"]}
    assert emptied
    assert form.complete({**given(form), **emptied}) == form.complete(given(form))


@every_form
def test_no_field_of_a_form_is_a_secret(form: Form) -> None:
    assert not [name for name in form.schema if "password" in name or "secret" in name or "token" in name]


@every_form
def test_a_form_becomes_params_of_a_dag_that_airflow_can_store(form: Form) -> None:
    with DAG("dag", schedule=None, params=BUILDERS[form.name]()) as dag:
        pass
    stored: Any = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    assert set(stored.params) == set(form.schema)


@every_form
def test_what_has_no_default_must_be_given(form: Form) -> None:
    for name, example in given(form).items():
        rest = {key: value for key, value in given(form).items() if key != name}
        with pytest.raises(InvalidInput, match=f"{name}: give it, as {example}"):
            form.complete(rest)
    assert set(form.complete(given(form))) == set(form.schema)


@every_form
def test_a_misspelt_parameter_is_refused_and_the_right_one_told(form: Form) -> None:
    name = next(iter(form.schema))
    with pytest.raises(InvalidInput, match=f"did you mean {name}"):
        form.complete({f"{name}s": 1})
    with pytest.raises(InvalidInput, match="xyzzy: no such parameter"):
        form.refuse_unknown(["xyzzy"])
    form.refuse_unknown(["xyzzy"], also=["xyzzy"])


def test_a_default_can_be_another_but_not_a_wrong_one() -> None:
    assert params.migration_params({"instance_class": "large"})["instance_class"].value == "large"
    assert params.subscribe_params({"instance_id": "cdb-1"})["instance_id"].value == "cdb-1"
    with pytest.raises(InvalidInput, match="instance_class is 'huge'"):
        params.sync_params({"instance_class": "huge"})


def test_a_run_does_not_change_the_form() -> None:
    params.SYNC.defaults()["objects"]["Databases"].clear()
    assert params.SYNC.defaults()["objects"]["Databases"]


def test_forms_share_what_they_ask_alike() -> None:
    for name in ("skip_check_items", "compare_method", "compare_sample_rate", "compare_threads"):
        alike = [
            {key: item for key, item in form.schema[name].items() if key != "section"}
            for form in FORMS
            if name in form.schema
        ]
        assert len(alike) > 1
        assert all(schema == alike[0] for schema in alike)
