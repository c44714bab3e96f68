"""Write what the docs take from the code: ``make docs``.

``docs/operators.md`` is written whole, from docstrings and signatures, and so is ``docs/coverage.md`` (see
:mod:`scripts.coverage`). In the other pages, what stands between ``<!-- begin: NAME -->`` and ``<!-- end -->`` is: a
table made from the code, or a file that the tests run (``include docs/examples/own_dag.py``).
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_origin

from scripts import coverage
from scripts.local import ROOT

PAGE = ROOT / "docs" / "operators.md"
_BLOCK = re.compile(r"(<!-- begin: (?P<name>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_PARAMETER = re.compile(r"^:param (\w+): (.*?)(?=^:|^\S|\Z)", re.DOTALL | re.MULTILINE)
_ROLE = re.compile(r":(?:class|data|mod|func):`~?([\w.]+)`")
_LANGUAGES = {".py": "python", ".json": "json", ".yaml": "yaml"}

HEAD = """# Operators and sensors

<!-- Written by `make docs` from docstrings and signatures; change the code, not this page. -->

Every class does one API action, or waits for one outcome. Whatever state the job is in when a task runs, or runs
again, the task reads it first: what is done already succeeds without a call, what is under way is waited for, and
what is impossible fails with the job's state and the next step. Import them as
`from tencent_dts.operators.migration import DtsStartMigrateJobOperator`. Every parameter is given by keyword; those
marked *templated* take Jinja and XCom.
"""


# --- Reading the classes ---


def text_of(docstring: str | None) -> str:
    """A docstring without its parameters, in Markdown."""
    body = re.split(r"^:(?:param|returns|raises)", inspect.cleandoc(docstring or ""), maxsplit=1, flags=re.MULTILINE)[0]
    return markdown(re.sub(r"^API document: .*", "", body, flags=re.MULTILINE | re.DOTALL).strip())


def markdown(text: str) -> str:
    """ReStructuredText as docstrings use it -> Markdown."""
    return _ROLE.sub(lambda match: f"`{match[1].rpartition('.')[2]}`", text).replace("``", "`")


def document_of(cls: type) -> str:
    """The API document that a class names."""
    found = re.search(r"^API document: (.*?)\.?$", inspect.getdoc(cls) or "", re.MULTILINE)
    return markdown(found[1]) if found else ""


def described(docstring: str | None) -> dict[str, str]:
    """The parameters that a docstring describes."""
    doc = inspect.cleandoc(docstring or "")
    return {name: markdown(" ".join(text.split())) for name, text in _PARAMETER.findall(doc)}


def own_classes(cls: type) -> list[type]:
    """A class and its bases in this package, itself first."""
    return [base for base in cls.__mro__ if base.__module__.startswith("tencent_dts.")]


def parameters_of(cls: type) -> dict[str, tuple[inspect.Parameter, str]]:
    """Every parameter of a class's own constructors in this package, with its description.

    :raises SystemExit: one is described nowhere.
    """
    texts: dict[str, str] = {}
    found: dict[str, inspect.Parameter] = {}
    for base in own_classes(cls):
        texts = described(base.__doc__) | texts
        if "__init__" in vars(base):
            for name, parameter in inspect.signature(vars(base)["__init__"]).parameters.items():
                if parameter.kind is parameter.KEYWORD_ONLY:
                    found.setdefault(name, parameter.replace(annotation=written(base, parameter)))
    if missing := found.keys() - texts.keys():
        raise SystemExit(f"{cls.__qualname__} does not describe {', '.join(sorted(missing))}")
    return {name: (parameter, texts[name]) for name, parameter in found.items()}


def written(cls: type, parameter: inspect.Parameter) -> str:
    """A parameter's type as text; the name of a set of literals is replaced by them."""
    alias = getattr(sys.modules[cls.__module__], str(parameter.annotation), None)
    return str(alias).removeprefix("typing.") if get_origin(alias) is Literal else str(parameter.annotation)


def rows(parameters: dict[str, tuple[inspect.Parameter, str]], templated: Any = ()) -> Iterator[str]:
    """A table of parameters."""
    yield from ("| parameter | type | default | |", "|---|---|---|---|")
    for name, (parameter, text) in parameters.items():
        default = "**required**" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        note = " *Templated.*" if name in templated else ""
        yield f"| `{name}` | `{_cell(parameter.annotation)}` | {default} | {text[:1].upper()}{text[1:]}{note} |"


def _cell(text: Any) -> str:
    return str(text).replace("|", "\\|")


def public_classes(kind: str) -> dict[str, list[type]]:
    """The classes of the modules that the provider lists as ``operators`` or ``sensors``, as they are written."""
    from tencent_dts.provider import get_provider_info

    modules: list[str] = get_provider_info()[kind][0]["python-modules"]
    return {module: list(_of_module(importlib.import_module(module))) for module in modules}


def _of_module(module: Any) -> Iterator[type]:
    for found in vars(module).values():
        if inspect.isclass(found) and found.__module__ == module.__name__ and document_of(found):
            yield found


def describe(cls: Any, common: set[str]) -> Iterator[str]:
    """One class's part of the page."""
    yield from (f"### {cls.__name__}", "", text_of(cls.__doc__), "")
    if operation := getattr(cls, "operation", None):
        done = f" Done already at {_listed(operation.done, operation.axis)}." if operation.done else ""
        yield f"Allowed at `{operation.axis.name}` {_listed(operation.needs, operation.axis)}.{done}\n"
    if goal := getattr(cls, "goal", None):
        failed = f"; it fails at {_listed(goal.failed, goal.axis)}" if goal.failed else ""
        yield f"The wait ends at `{goal.axis.name}` {_listed(goal.reached, goal.axis)}{failed}.\n"
    own = {name: value for name, value in parameters_of(cls).items() if name not in common}
    if own:
        yield from rows(own, cls.template_fields)
        yield ""
    yield f"API document: {document_of(cls)}.\n"


def _listed(names: Any, axis: Any) -> str:
    return "of any value" if names >= axis.known else ", ".join(f"`{name}`" for name in sorted(names) if name)


def operators_page() -> str:
    """The reference of operators and sensors."""
    from tencent_dts import task_groups
    from tencent_dts.task_groups.common import TaskOptions, Tasks
    from tencent_dts.tasks.base import DtsTask
    from tencent_dts.tasks.sensor import DtsSensor

    every, of_sensors = parameters_of(DtsTask), parameters_of(DtsSensor)
    lines = [HEAD, "## Parameters of all of them", "", *rows(every, DtsTask.template_fields), ""]
    extra = {name: value for name, value in of_sensors.items() if name not in every}
    lines += ["Sensors have these as well:", "", *rows(extra), ""]
    lines += ["## Whole lifecycles: task groups", "", "`from tencent_dts.task_groups import migrate`", ""]
    options = {name: value for name, value in parameters_of(Tasks).items() if name in TaskOptions.__annotations__}
    lines += ["What the tasks of each are given alike:", "", *rows(options), ""]
    for name in task_groups.__all__:
        lines += _group(getattr(task_groups, name))
    for kind, shared in (("operators", {*every}), ("sensors", {*every, *of_sensors})):
        for module, classes in public_classes(kind).items():
            summary = (inspect.getdoc(importlib.import_module(module)) or "").partition("\n")[0]
            lines += [f"## `{module}`", "", markdown(summary), ""]
            for cls in classes:
                lines += describe(cls, shared if issubclass(cls, DtsTask) else set())
    return "\n".join(lines).rstrip() + "\n"


def imports() -> str:
    """Where everything that a DAG may import is found: nothing else is promised to stay."""
    from tencent_dts import errors, params, task_groups
    from tencent_dts.provider import get_provider_info

    info = get_provider_info()
    found = {**public_classes("operators"), **public_classes("sensors")}
    for name in (*info["triggers"][0]["python-modules"], *info["hooks"][0]["python-modules"]):
        found[name] = [*_written_in(importlib.import_module(name))]
    found[errors.__name__] = [cls for cls in _written_in(errors) if issubclass(cls, Exception)]
    names = {module: [cls.__name__ for cls in classes] for module, classes in found.items()}
    names |= {module.__name__: [*module.__all__] for module in (task_groups, params)}
    rows = [f"| `{module}` | {', '.join(f'`{name}`' for name in sorted(own))} |" for module, own in names.items()]
    return "\n".join(["| from | import |", "|---|---|", *rows])


def _written_in(module: Any) -> Iterator[type]:
    for name, found in vars(module).items():
        if inspect.isclass(found) and found.__module__ == module.__name__ and not name.startswith("_"):
            yield found


def _group(build: Any) -> Iterator[str]:
    """A task group's part of the page; the options of all of them stand in a table of their own."""
    texts, signature = described(build.__doc__), inspect.signature(build).parameters
    own = {name: (found, texts[name]) for name, found in signature.items() if found.kind is not found.VAR_KEYWORD}
    yield from (f"### `{build.__name__}()`", "", text_of(build.__doc__), "", *rows(own), "")


# --- Blocks of the other pages ---


def access_types() -> str:
    """What each access type needs of a database's connection."""
    from tencent_dts.api.endpoint_shapes import MIGRATION, SOURCE_2018, SYNC_TARGET, Shape
    from tencent_dts.api.endpoints import fact_of

    areas: dict[str, Shape[Any]] = {
        "migration": MIGRATION,
        "sync": SYNC_TARGET,
        "source of a 2018 migration": SOURCE_2018,
    }
    lines = [f"| `access_type` | {' | '.join(areas)} |", "|---" * (len(areas) + 1) + "|"]
    for kind in dict.fromkeys(kind for shape in areas.values() for kind in shape.required):
        cells = [[_fact(fact_of(name)) for name in shape.required.get(kind, ())] for shape in areas.values()]
        lines.append(f"| `{kind}` | {' | '.join(', '.join(cell) or '-' for cell in cells)} |")
    return "\n".join(lines)


def _fact(name: str) -> str:
    """A connection's field, as the pages write it."""
    word, _, key = name.partition(" ")
    return f"{word} `{key}`" if key else word


def options() -> str:
    """The configuration section."""
    from tencent_dts.provider import get_provider_info

    found: dict[str, Any] = get_provider_info()["config"]["tencent_dts"]["options"]
    lines = ["| option | default | |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {_default(option['default'])} | {option['description']} |" for name, option in found.items()
    ]
    return "\n".join(lines)


def connection_fields() -> str:
    """The extra fields of the connection type ``tencentcloud``."""
    from tencent_dts.provider import get_provider_info

    fields: dict[str, Any] = get_provider_info()["connection-types"][0]["conn-fields"]
    lines = ["| extra | default | |", "|---|---|---|"]
    for name, field in fields.items():
        lines.append(f"| `{name}` | {_default(field['schema'].get('default', ''))} | {field['description']} |")
    return "\n".join(lines)


def parameters(form: str) -> str:
    """The parameters of a form, by its name in :mod:`tencent_dts.params`."""
    from tencent_dts import params

    lines = ["| parameter | default | |", "|---|---|---|"]
    for name, schema in getattr(params, form).schema.items():
        text = schema.get("description_md") or schema["description"]
        allowed = [f"`{value}`" for value in schema.get("enum", ()) if value is not None]
        # Database types are many, and the same as in the purchase document.
        note = f" One of {', '.join(allowed)}." if 0 < len(allowed) < 10 else ""
        default = _default(schema["default"]) if "default" in schema else "**required**"
        lines.append(f"| `{name}` | {default} | {text}{note} |".replace("\n", " "))
    return "\n".join(lines)


def _default(value: Any) -> str:
    return f"`{value}`" if value not in (None, "", [], {}) else ""


def measured() -> str:
    """Every metric."""
    from tencent_dts.metrics import METRICS

    lines = ["| metric | kind, unit | tags | what it is | sent by |", "|---|---|---|---|---|"]
    for metric in METRICS:
        tags = ", ".join(f"`{tag}`" for tag in metric.tags)
        unit = metric.kind if metric.kind == "counter" else f"{metric.kind}, {metric.unit}"
        lines.append(f"| `{metric.full_name}` | {unit} | {tags} | {metric.text} | {metric.sent} |")
    return "\n".join(lines)


def red_tasks(dag_id: str) -> str:
    """What each red task of one of our DAGs means, and what to do."""
    from tencent_dts.plugins.runbook import SECTIONS

    rows = [text.row(dag_id, task_id) for task_id, text in SECTIONS[dag_id].items()]
    return "\n".join(["| task | red means | look at | clearing it |", "|---|---|---|---|", *rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "access types": access_types,
    "configuration": options,
    "connection fields": connection_fields,
    "imports": imports,
    "metrics": measured,
    **{
        f"parameters {form}": partial(parameters, form)
        for form in (
            "MIGRATION",
            "SYNC",
            "MODIFY_SYNC",
            "RETIRE_SYNC",
            "MIGRATE_2018",
            "SUBSCRIBE",
            "UNSUBSCRIBE",
            "REAP",
            "WATCH",
        )
    },
    **{
        f"red tasks {dag_id}": partial(red_tasks, dag_id)
        for dag_id in (
            "dts_migrate",
            "dts_migrate_fleet",
            "dts_sync",
            "dts_sync_modify",
            "dts_sync_retire",
            "dts_migrate_2018",
            "dts_subscribe",
            "dts_unsubscribe",
            "dts_reap",
            "dts_watch",
        )
    },
}


def included(path: Path) -> str:
    """A file as a fenced block."""
    return f"```{_LANGUAGES[path.suffix]}\n{path.read_text('utf-8').rstrip()}\n```"


def block(name: str) -> str:
    """What stands in a block of this name.

    :raises SystemExit: there is no such block.
    """
    if name.startswith("include "):
        return included(ROOT / name.removeprefix("include "))
    if name not in BLOCKS:
        raise SystemExit(f"no block {name!r}; there are {', '.join(BLOCKS)} and include PATH")
    return BLOCKS[name]()


def refreshed(page: str) -> str:
    """A page with its blocks as the code has them now."""
    return _BLOCK.sub(lambda match: f"{match[1]}{block(match['name'])}\n{match[3]}", page)


def pages() -> dict[Path, str]:
    """Every page with something from the code, as it should be."""
    hand_written = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = {path: refreshed(path.read_text("utf-8")) for path in hand_written if path not in (PAGE, coverage.PAGE)}
    return {PAGE: operators_page(), coverage.PAGE: coverage.page(), **found}


def main() -> int:
    """Write the pages that have changed."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
