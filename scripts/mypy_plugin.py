"""A plugin of mypy that finds a misspelt field also where it is read by ``get``.

mypy itself refuses ``job["Statsu"]`` where ``job`` is a TypedDict, and takes ``job.get("Statsu")`` for an object of
any type: a subtype might have the field. Answers are read by ``get``, as a field may be absent.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import MethodContext, Plugin
from mypy.plugins.default import typed_dict_get_callback
from mypy.typeops import try_getting_str_literals
from mypy.types import Type, TypedDictType, get_proper_type


def refuse_unknown(ctx: MethodContext) -> Type:
    """The type of a field that is read by ``get``, after a complaint where the shape has no such field."""
    shape = get_proper_type(ctx.type)
    if isinstance(shape, TypedDictType) and ctx.args and len(ctx.args[0]) == 1:
        for name in try_getting_str_literals(ctx.args[0][0], ctx.arg_types[0][0]) or ():
            if name not in shape.items:
                ctx.api.msg.typeddict_key_not_found(shape, name, ctx.context)
    return typed_dict_get_callback(ctx)


class StrictGet(Plugin):
    """Puts :func:`refuse_unknown` in the place of mypy's own rule."""

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """The rule for ``get`` of a mapping; mypy's own for everything else."""
        return refuse_unknown if fullname == "typing.Mapping.get" else None


def plugin(_version: str) -> type[Plugin]:
    """What mypy asks a plugin's module for."""
    return StrictGet
