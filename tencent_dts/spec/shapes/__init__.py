"""The wire shapes as types, for mypy: TypedDicts of requests, answers and data types, one module an area.

Written by :mod:`scripts.generate_shapes` from the spec. They are there for the type checker: whoever imports them
does so under ``if TYPE_CHECKING``, so that parsing a DAG does not load them.
"""
