"""What goes over the wire: requests into parameters, results into answers, problems into error codes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from tencent_dts.emulator.world.kernel import Answer, ApiError, require
from tencent_dts.spec import Action, Field, Problem, ProblemKind, Spec

COMMON = (
    *("Action", "Version", "Region", "Timestamp", "Token", "Language", "RequestClient"),
    *("Nonce", "SecretId", "Signature", "SignatureMethod"),
)
"""Common parameters: headers ``X-TC-<name>``, or in a query string under either name. The last four belong to the
signatures HmacSHA1 and HmacSHA256, which sign parameters and no headers."""

FORM = "application/x-www-form-urlencoded"

MAX_DEPTH = 32
MAX_VALUES = 200_000
LARGEST_INTEGER = 2**63 - 1

CODES: Mapping[ProblemKind, tuple[str, ...]] = {
    "unknown": ("UnknownParameter", "InvalidParameter", "InvalidParameterValue"),
    "missing": ("MissingParameter", "InvalidParameter", "InvalidParameterValue"),
    "type": ("InvalidParameter", "InvalidParameterValue"),
    "value": ("InvalidParameterValue", "InvalidParameter"),
}
"""The families of error codes for each kind of problem, the best fitting first."""


Decoded = dict[str, Any]
"""A JSON object as a request holds it; of an action, its parameters, which the spec is yet to find right."""


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came: ``query`` still encoded, header names in lower case."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The media type of the body, in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_form(self) -> bool:
        """Whether the body is a form, as only the signatures HmacSHA1 and HmacSHA256 sign one."""
        return self.method == "POST" and self.content_type == FORM

    @cached_property
    def flat_parameters(self) -> dict[str, str]:
        """The parameters of a query string (GET) or a form; {} for another body. Raises ApiError when not UTF-8."""
        if self.method != "GET" and not self.is_form:
            return {}
        try:
            text = self.query if self.method == "GET" else self.body.decode("utf-8")
            return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
        except ValueError:
            raise ApiError("InvalidParameter", "The parameters are not encoded in UTF-8.") from None

    def common(self, name: str) -> str:
        """Return a common parameter such as ``Action``, or "" when it is not given.

        It is a header or, where these are signed, a parameter of a query string or of a form.
        """
        header = self.headers.get(f"x-tc-{name.lower()}")
        if header is not None:
            return header
        return self.flat_parameters.get(f"X-TC-{name}") or self.flat_parameters.get(name, "")


def documented(action: Action, *families: str, default: str) -> str:
    """Return the code that an action documents for a family such as ``InvalidParameter``.

    The family's own code ends in ``Error``; some actions document the bare family or a variant instead.
    Families are tried in turn; ``default`` is for an action that documents none.
    """
    for family in families:
        for code in (f"{family}.{family}Error", f"{family}.{family}", family):
            if code in action.errors:
                return code
    return default


def refuse_problems(action: Action, problems: list[Problem]) -> NoReturn:
    """Raise the ApiError for what ``Spec.problems`` found: the code of the first, the messages of the first few."""
    families = CODES[problems[0].kind]
    code = documented(action, *families, default=families[0])
    raise ApiError(code, "; ".join(problem.message for problem in problems[:5]))


def decode(request: Request, spec: Spec, action: Action) -> Decoded:
    """Return the action's parameters out of a request's query string or body.

    Raises ApiError when they cannot be read; whether they are right is for ``Spec.problems`` to say.
    """
    kind = FORM if request.method == "GET" else request.content_type
    if kind == "multipart/form-data":
        raise ApiError("InvalidRequest", f"{action.name} takes no multipart body.")
    if kind not in DECODERS:
        raise ApiError("InvalidParameter", f"The content type {kind[:100]!r} is not supported.")
    return DECODERS[kind](request, spec, action)


def encode(body: Answer, request_id: str) -> bytes:
    """Return the bytes of an answer."""
    return json.dumps({"Response": {**body, "RequestId": request_id}}, ensure_ascii=False).encode()


def encode_error(code: str, message: str, request_id: str) -> bytes:
    """Return the bytes of an answer that is an error; it too comes with status 200."""
    return encode({"Error": {"Code": code, "Message": message}}, request_id)


def _is_common(name: str, action: Action) -> bool:
    return name.removeprefix("X-TC-") in COMMON and name not in action.request


def decode_flat(request: Request, spec: Spec, action: Action) -> Decoded:
    """Return the parameters of a query string or a form. Raises ApiError when the form may not be signed so."""
    if request.is_form and "authorization" in request.headers:
        raise ApiError("InvalidParameter", "A form must be signed with HmacSHA1 or HmacSHA256.")
    own = {name: text for name, text in request.flat_parameters.items() if not _is_common(name, action)}
    return unflatten(own, spec, action.request)


def decode_json(request: Request, _spec: Spec, _action: Action) -> Decoded:
    """Return the object that a JSON body holds; an empty body counts as an empty object."""
    try:
        return json_object(request.body or b"{}")
    except ValueError as error:
        raise ApiError("InvalidParameter", f"The body {error}.") from None


def json_object(body: bytes) -> Decoded:
    """Return the object that bytes hold. Raises ``ValueError`` with the reason when they hold none that can be kept."""
    value: Any
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_not_json, parse_int=_integer, parse_float=_finite)
        if b"\\u" in body:
            # Half of a surrogate pair is valid JSON but no text: it could be neither stored nor sent.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("is not valid JSON in UTF-8") from None
    require(isinstance(value, dict), "must be a JSON object")
    _check_size(value)
    kept: Decoded = value
    return kept


def _check_size(value: Any) -> None:
    """Refuse what takes seconds to go through, or more levels than functions that call themselves can go down."""
    level, values = [value], 0
    for _ in range(MAX_DEPTH):
        parts = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
        values += len(parts)
        if values > MAX_VALUES:
            raise ValueError(f"has more than {MAX_VALUES} values")
        level = [part for part in parts if isinstance(part, dict | list)]
        if not level:
            return
    raise ValueError("is nested too deeply")


DECODERS: Mapping[str, Callable[[Request, Spec, Action], Decoded]] = {
    "application/json": decode_json,
    FORM: decode_flat,
}
"""How to read parameters, by the content type they come in; a query string reads as a form does."""


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > LARGEST_INTEGER:
        raise ValueError("the number is too large")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("the number is too large")
    return value


def unflatten(flat: Mapping[str, str], spec: Spec, shape: Mapping[str, Field]) -> Decoded:
    """Turn parameters such as ``TagFilters.0.TagKey=run`` into objects and lists, typed as ``shape`` says.

    Text that does not read as its field's type stays text, for ``Spec.problems`` to find.
    Raises ApiError when the names contradict each other.
    """
    tree: Decoded = {}
    for name, text in flat.items():
        *path, last = name.split(".")
        if len(path) >= MAX_DEPTH:
            raise ApiError("InvalidParameter", "A parameter's name has too many parts.")
        branch: Any = tree
        for part in path:
            branch = branch.setdefault(part, {}) if isinstance(branch, dict) else None
        if not isinstance(branch, dict) or last in branch:
            raise ApiError("InvalidParameter", "A parameter is given both as a value and in parts.")
        branch[last] = text
    return _typed_object(tree, spec, shape)


def _typed_object(tree: Decoded, spec: Spec, shape: Mapping[str, Field]) -> Decoded:
    return {name: _typed(value, spec, shape[name]) if name in shape else value for name, value in tree.items()}


def _typed(value: Any, spec: Spec, field: Field) -> Any:
    if not field.array:
        return _typed_item(value, spec, field)
    if isinstance(value, dict) and all(re.fullmatch("[0-9]{1,6}", key) for key in value):
        return [_typed_item(value[key], spec, field) for key in sorted(value, key=int)]
    return value


def _typed_item(value: Any, spec: Spec, field: Field) -> Any:
    if isinstance(value, dict):
        return _typed_object(value, spec, spec.types.get(field.type, {}))
    try:
        return READERS.get(field.type, str)(value)
    except ValueError:
        return value


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("not a boolean")
    return text.lower() == "true"


READERS: Mapping[str, Callable[[str], Any]] = {"Integer": _integer, "Float": _finite, "Boolean": _boolean}
"""How a typed value is read out of a query string, where everything is text."""
