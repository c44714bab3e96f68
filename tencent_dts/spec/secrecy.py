"""Which fields are secret: one list for the client, the pages and the emulator, from the wire shapes.

A field is secret because ``constraints.json`` says so (``"secret": true``). What the shapes do not know, such as the
free keys of ``ExtraAttr`` or a field that a later release of the API adds, is secret because of its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tencent_dts.spec import VERSION_2018, VERSION_2021, Field, load

HIDDEN = "***"
# The parameters that every request carries beside its own fields, see "Common Params" of the API documents.
_COMMON = frozenset({"SecretKey", "Token", "Authorization", "Signature"})
_LIKE_A_SECRET = re.compile(
    r"pass(word|wd|phrase)|pwd|secret|token|credential|signature|authorization|(access|private|api)[-_]?key",
    re.IGNORECASE,
)


@cache
def secret_fields() -> frozenset[str]:
    """The names of the fields that hold a secret, in any shape of either version of the API."""
    return _COMMON | {name for shape in _shapes() for name, rule in shape.items() if rule.secret}


def _shapes() -> Iterator[Mapping[str, Field]]:
    for version in (VERSION_2021, VERSION_2018):
        spec = load(version)
        yield from spec.types.values()
        for action in spec.actions.values():
            yield from (action.request, action.response)


def is_secret(name: str) -> bool:
    """Whether what stands under this name must not be shown.

    >>> is_secret("TmpSecretKey"), is_secret("sasl_password"), is_secret("TagKey")
    (True, True, False)
    """
    return name in secret_fields() or bool(_LIKE_A_SECRET.search(name))


def redacted(value: Any, hidden: str = HIDDEN) -> Any:
    """A copy of a request or an answer in which every secret reads ``hidden``; empty values stay as they are.

    A secret stands in a field of its own, beside its name as in ``{"Key": "Password", "Value": ...}`` (``ExtraAttr``),
    or in a text that is JSON itself (``ExternParams``).

    >>> redacted({"Info": [{"User": "root", "Password": "hunter2"}]})
    {'Info': [{'User': 'root', 'Password': '***'}]}
    """
    if isinstance(value, Mapping):
        beside = "Value" if is_secret(str(value.get("Key"))) else None
        return {
            name: hidden if item and (name == beside or is_secret(str(name))) else redacted(item, hidden)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(item, hidden) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _redacted_json(value, hidden)
    return value


def _redacted_json(text: str, hidden: str) -> str:
    """The same text where it holds no secret: its spelling is the service's."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text
    shown = redacted(content, hidden)
    return text if shown == content else json.dumps(shown, ensure_ascii=False)
