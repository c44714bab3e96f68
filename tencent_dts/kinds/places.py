"""What a job moves and between which places, as its own answers show it.

API document: DBEndpointInfo, DBInfo, Endpoint, SyncDBEndpointInfos, DatabaseTableObject, Objects; SrcInfo, DstInfo and
DatabaseInfo (version 2018-03-30).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from tencent_dts.model.answers import Item, dig

Words = Callable[[Item], str]

_HOSTS = ("Host", "Ip", "InstanceId", "CvmInstanceId", "RdsInstanceId")
_NAMES = ("DbName", "Database", "DatabaseName")
_SHOWN = 5


def between(source: Sequence[str], target: Sequence[str]) -> Words:
    """From the host or instance of the source to that of the target; "" where the job has neither yet.

    :param source: fields that may hold the source: the first that holds a place is taken; ``target`` the same.
    """

    def words(item: Item) -> str:
        ends = [next(filter(None, (_place(dig(item, path)) for path in paths)), "") for paths in (source, target)]
        return " → ".join(end or "not reported" for end in ends) if any(ends) else ""

    return words


def of_itself(item: Item) -> str:
    """The host or instance that stands in the job itself."""
    return _place(item)


def databases(path: str, mode: str = "") -> Words:
    """The names of the databases among the objects; "" where none are reported.

    :param path: of the objects, with their list ``Databases``, or of a JSON text of such a list.
    :param mode: the field that says ``all`` where there is no list; "" where there is none.
    """

    def words(item: Item) -> str:
        if mode and dig(item, mode) == "all":
            return "all databases"
        found = dig(item, path)
        listed = _parsed(found) if isinstance(found, str) else found
        names = [_first(each, _NAMES) for each in listed or () if isinstance(each, Mapping)]
        return _few(sorted({name for name in names if name}))

    return words


def _place(end: object) -> str:
    """An endpoint of any of the shapes: alone, with a list of nodes in it, or a list of them."""
    nodes = end if isinstance(end, list) else [end]
    nodes = [node for part in nodes if isinstance(part, Mapping) for node in (part.get("Info") or [part])]
    return _few(list(dict.fromkeys(filter(None, map(_node, nodes)))))


def _node(node: Item) -> str:
    host = _first(node, _HOSTS)
    return f"{host}:{node['Port']}" if node.get("Port") and host == _first(node, _HOSTS[:2]) and host else host


def _first(item: Item, names: Sequence[str]) -> str:
    return next((str(item[name]) for name in names if item.get(name)), "")


def _few(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _parsed(text: str) -> list[object] | None:
    try:
        listed = json.loads(text)
    except ValueError:
        return None
    return listed if isinstance(listed, list) else None
