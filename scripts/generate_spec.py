"""Write the wire shapes of both DTS API versions: ``python -m scripts.generate_spec``.

Four sources are merged, later ones adding to earlier ones:

* ``documents.json``: what the API documentation says (areas, rates, required fields, error codes);
* the models of the official SDK, which are generated from the live service (fields and types that
  the documentation lacks, and the types of every response field);
* ``published.json``: actions that have a page on the web since, beside the documents;
* ``constraints.json``: enumerations, ranges and lengths that the documentation gives in prose.

The result, ``dts-<version>.json``, is committed. A test generates it again and compares.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1] / "tencent_dts" / "spec"
VERSIONS = ("2021-12-06", "2018-03-30")
SCALARS = {"str": "String", "int": "Integer", "bool": "Boolean", "float": "Float"}
_PARAM_TYPE = re.compile(r":type (\w+): (.+)")
_CLASS = re.compile(r":class:`[\w.]+\.(\w+)`")

Shape = dict[str, dict[str, Any]]


def _parse_type(text: str) -> dict[str, Any]:
    """Turn the SDK's ``list of TagItem`` into ``{"type": "TagItem", "array": True}``."""
    text = text.strip()
    array = text.startswith("list of ")
    name = text.removeprefix("list of ")
    if match := _CLASS.match(name):
        name = match.group(1)
    field: dict[str, Any] = {"type": SCALARS.get(name, name)}
    if array:
        field["array"] = True
    return field


def _sdk_shape(model: type) -> Shape:
    """Read a model's fields and their types from the docstring of its constructor."""
    docstring = inspect.getdoc(vars(model)["__init__"]) or ""
    return {name: _parse_type(kind) for name, kind in _PARAM_TYPE.findall(docstring)}


def _documented_shape(fields: dict[str, dict[str, Any]]) -> Shape:
    shape: Shape = {}
    for name, field in fields.items():
        kind = field["type"]
        entry: dict[str, Any] = {"type": kind.removeprefix("Array of ")}
        if kind.startswith("Array of "):
            entry["array"] = True
        if field.get("required"):
            entry["required"] = True
        shape[name] = entry
    return shape


def _merge(sdk: Shape, documented: Shape) -> Shape:
    """Take types from the SDK where it knows the field, everything else from the documents."""
    merged = {name: {**documented.get(name, {}), **field} for name, field in sdk.items()}
    merged.update({name: field for name, field in documented.items() if name not in merged})
    return merged


def _closure(roots: list[Shape], models: dict[str, type], documented: dict[str, Any]) -> dict[str, Shape]:
    types: dict[str, Shape] = {}
    pending = [field["type"] for shape in roots for field in shape.values()]
    while pending:
        name = pending.pop()
        if name in types or name in SCALARS.values():
            continue
        sdk = _sdk_shape(models[name]) if name in models else {}
        types[name] = _merge(sdk, _documented_shape(documented.get(name, {})))
        pending += [field["type"] for field in types[name].values()]
    return dict(sorted(types.items()))


def _apply(constraints: dict[str, dict[str, Any]], actions: dict[str, Any], types: dict[str, Shape]) -> None:
    for path, rule in constraints.items():
        owner, _, name = path.partition(".")
        shape = actions[owner]["request"] if owner in actions else types[owner]
        shape[name].update(rule)


def _published(version: str) -> dict[str, str]:
    """Actions with a page of their own on the web that is not among the documents: their area, "published"."""
    return dict.fromkeys(json.loads((HERE / "published.json").read_text())[version], "published")


def build(version: str) -> dict[str, Any]:
    """Build the spec of one API version (``2021-12-06`` or ``2018-03-30``)."""
    documents = json.loads((HERE / "documents.json").read_text())
    constraints = json.loads((HERE / "constraints.json").read_text())[version]
    module = importlib.import_module(f"tencentcloud.dts.v{version.replace('-', '')}.models")
    models = dict(inspect.getmembers(module, inspect.isclass))
    names = [name.removesuffix("Request") for name in models if name.endswith("Request")]
    known = _published(version)
    actions: dict[str, Any] = {}
    for name in sorted(names):
        documented = documents["actions"][version].get(name)
        response = _sdk_shape(models[f"{name}Response"])
        response.pop("RequestId", None)
        actions[name] = {
            "area": documented["area"] if documented else known.get(name, "undocumented"),
            "rate_per_second": documented["rate_per_second"] if documented else 20,
            "request": _merge(
                _sdk_shape(models[f"{name}Request"]),
                _documented_shape(documented["request"] if documented else {}),
            ),
            "response": response,
            "errors": documented["errors"] if documented else [],
        }
    shapes = [action[side] for action in actions.values() for side in ("request", "response")]
    types = _closure(shapes, models, documents["types"][version])
    _apply(constraints, actions, types)
    return {"version": version, "actions": actions, "types": types}


def _line(value: Any, depth: int, indent: int = 1) -> str:
    """JSON with one line per field: small diffs without ten thousand lines."""
    if depth == 0 or not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    pad = " " * indent
    rows = [f"{pad}{json.dumps(key)}: {_line(item, depth - 1, indent + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(rows) + "\n" + " " * (indent - 1) + "}"


def render(spec: dict[str, Any]) -> str:
    """The committed text of a spec."""
    return _line(spec, depth=4) + "\n"


def main() -> int:
    """Write both files next to this module."""
    for version in VERSIONS:
        (HERE / f"dts-{version}.json").write_text(render(build(version)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
