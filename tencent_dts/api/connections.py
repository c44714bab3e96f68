"""What an Airflow connection may say, whatever it is for: its extra, its texts, its addresses, its regions.

Nothing is sent here. A value that cannot be right is reported with the connection, the field and the fix when the
connection is read, so that nothing is bought for it; of what could hold a secret the value is not shown.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tencent_dts.advice import Origin
from tencent_dts.api.redaction import hide
from tencent_dts.errors import InvalidInput, given_in
from tencent_dts.spec.regions import REGIONS
from tencent_dts.spec.secrecy import is_secret

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import KeyValuePairOption

_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_HOST = 253
_LARGEST_PORT = 65535
_CHOICES = ("static", "default")
# The words by which connections of other packages ask for no encryption, or for none in particular.
_NO_TLS = ("", "0", "false", "no", "off", "none", "disable", "disabled", "allow", "prefer", "preferred")

_ATTRIBUTES = 'write it as an object of names and texts, as {"AuthDatabase": "admin"}'
_NODES = 'write it as a list of objects, as [{"host": "203.0.113.5", "port": 6379}]'

# An address within one of these is another one in the next.
_NETWORKS = ("vpc_id", "ccn_gw_id", "uniq_dcg_id", "uniq_vpn_gw_id")


Extra = dict[str, Any]
"""The extra of a connection, or a node of it: whatever its administrator wrote there."""


class Connection(Protocol):
    """What is read of an Airflow connection, wherever it comes from: a worker, a trigger, Airflow's own database."""

    conn_id: str
    conn_type: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None
    port: int | None

    @property
    def extra(self) -> object:
        """A text of JSON; an object where whoever made the connection did not write it as one."""


class InvalidInputs(InvalidInput):
    """Several values are wrong; all of them are reported at once."""

    def __init__(self, problems: Iterable[InvalidInput]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} values", "they are wrong")
        self.cause = "; ".join(problem.what for problem in self.problems)
        self._advise()

    def came_from(self, origin: Origin) -> None:
        """Say of every finding that does not know it yet where its value came from."""
        for problem in self.problems:
            problem.came_from(origin)
        self._advise()

    def _advise(self) -> None:
        self.next_step = " ".join(dict.fromkeys(problem.next_step or "" for problem in self.problems))


class Findings:
    """Collects what is wrong, so that everything is reported at once."""

    def __init__(self) -> None:
        self.found: list[InvalidInput] = []

    def add(self, problem: InvalidInput) -> None:
        """Keep one finding."""
        self.found.append(problem)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep what the block finds wrong, and go on behind it."""
        try:
            yield
        except InvalidInputs as problems:
            self.found += problems.problems
        except InvalidInput as problem:
            self.found.append(problem)

    def tell(self) -> None:
        """Raise what was found, if anything was.

        :raises InvalidInput: the finding, or :class:`InvalidInputs` for several.
        """
        found = list({problem.what: problem for problem in self.found}.values())
        if len(found) > 1:
            raise InvalidInputs(found)
        if found:
            raise found[0]


def name_of(conn: Connection) -> str:
    """A connection, as errors name it."""
    return f"connection {conn.conn_id}"


@given_in("connection")
def extra_of(conn: Connection) -> Extra:
    """The extra of a connection; its secrets are masked in logs from here on.

    Airflow's own ``extra_dejson`` takes a broken extra for an empty one, and so would lose every fact in it.

    :raises InvalidInput: it is no JSON, or no object.
    """
    text = conn.extra
    if not text:
        return {}
    where = f"{name_of(conn)}, extra"
    try:
        extra = json.loads(text) if isinstance(text, str) else text
    except ValueError as error:
        place = (
            f" ({error.msg}, line {error.lineno}, column {error.colno})"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        problem: InvalidInput | None = InvalidInput(where, f"it is no JSON{place}; correct it")
    except RecursionError:
        problem = InvalidInput(where, "it is nested too deeply; write it as a flat JSON object")
    else:
        problem = None
    if problem is not None:
        raise problem  # out here, without a context that holds the text
    if not isinstance(extra, dict):
        raise InvalidInput(where, 'write it as a JSON object, as {"region": "ap-guangzhou"}; it is ' + _kind(extra))
    # Which credentials to use is a choice: a log in which every "default" is masked names no connection any more.
    hide(*_secrets_in({key: value for key, value in extra.items() if key != "credentials" or value not in _CHOICES}))
    return extra


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", bool: "a flag", dict: "an object"}.get(type(value), "a number")


def _secrets_in(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets_in(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets_in(item, name)
    elif isinstance(value, str) and is_secret(name):
        yield value


def word(value: object, where: str, *, shown: bool = True) -> str:
    """A text that can be sent as an id or in a header: printable ASCII without a blank.

    :param where: connection and field, as errors name them.
    :param shown: whether an error may show the value.
    :raises InvalidInput: it is none.
    """
    given = value if shown else ...
    if not isinstance(value, str):
        raise InvalidInput(where, f"write it as a text in quotes; it is {_kind(value)}", given)
    if value != value.strip():
        raise InvalidInput(where, "remove the blanks or line breaks at its begin and end", given)
    if any(not "!" <= sign <= "~" for sign in value):
        raise InvalidInput(where, "it may not hold blanks, line breaks, or characters outside ASCII", given)
    return value


def line(value: object, where: str, *, shown: bool = True) -> str:
    """A text on one line, such as a user's name or a password.

    :raises InvalidInput: it holds a line break or another control character, as a secret made with ``echo`` does.
    """
    given = value if shown else ...
    if not isinstance(value, str):
        raise InvalidInput(where, f"write it as a text in quotes; it is {_kind(value)}", given)
    if any(sign < " " or sign == "\x7f" for sign in value):
        raise InvalidInput(where, "remove the line breaks and control characters in it", given)
    return value


def region(value: object, where: str, more: Iterable[str] = ()) -> str:
    """A region that DTS has.

    :param more: regions that this version of the package does not know, of the cloud connection's ``more_regions``.
    :raises InvalidInput: it is no region, or none that is known.
    """
    text = word(value, where)
    if not _REGION.fullmatch(text):
        raise InvalidInput(where, "write it as ap-guangzhou", text)
    if text not in REGIONS and text not in more:
        near = ", ".join(name for name in REGIONS if name.startswith(text[:4])) or ", ".join(REGIONS)
        fix = f"no such region is known (there are {near}); where it is a new one, list it in the cloud connection's"
        raise InvalidInput(where, f"{fix} extra more_regions", text)
    return text


def port(value: object, where: str) -> int:
    """A port; 0 where there is none.

    :raises InvalidInput: it is no port.
    """
    if value in (None, "", 0):
        return 0
    number = int(value) if isinstance(value, int | str) and str(value).isascii() and str(value).isdigit() else 0
    if isinstance(value, bool) or not 0 < number <= _LARGEST_PORT:
        raise InvalidInput(where, f"a number from 1 to {_LARGEST_PORT}", value)
    return number


def host(value: object, where: str, *, ipv6: bool | None = None) -> str:
    """The name or address of one host, and nothing else. The value is not shown: an address may hold a password.

    :param ipv6: whether it must be reached over IPv6, ``False`` for not, ``None`` for either.
    :raises InvalidInput: it holds a scheme, a port, a path, several hosts, or is no name.
    """
    if isinstance(value, str):
        for part, fix in _NO_PART_OF_A_HOST:
            if part in value:
                raise InvalidInput(where, fix)
    text = word(value, where, shown=False)
    address = _address(text)
    if address is None:
        if ":" in text:
            raise InvalidInput(where, "write the host alone; a port has a field of its own")
        if len(text) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, text.rstrip(".").split("."))):
            raise InvalidInput(where, "it is no name of a host")
        if text.replace(".", "").isdigit():
            raise InvalidInput(where, "it is no IPv4 address")
    elif ipv6 is not None and (address.version == 6) is not ipv6:
        kinds = {
            True: "an IPv4 address; access type ipv6 needs an IPv6 one",
            False: "an IPv6 address; only access type ipv6 takes one",
        }
        raise InvalidInput(where, f"it is {kinds[ipv6]}")
    return text


_NO_PART_OF_A_HOST = (
    ("://", "write the host alone, without a scheme"),
    (",", "write one host; several nodes stand in the extra, as nodes"),
    (";", "write one host; several nodes stand in the extra, as nodes"),
    ("@", "write the host alone; user and password have fields of their own"),
    ("/", "write the host alone, without a path"),
    ("?", "write the host alone, without parameters"),
    ("[", "write an IPv6 address without brackets"),
    ("]", "write an IPv6 address without brackets"),
)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def asks_for_tls(extra: Extra) -> str:
    """The key by which an extra asks for an encrypted connection, as those of other packages do; "" for none.

    >>> asks_for_tls({"sslmode": "require"}), asks_for_tls({"ssl": False, "tlsCAFile": ""})
    ('sslmode', '')
    """
    for key, value in extra.items():
        plain = key.lower().replace("_", "").replace("-", "").removeprefix("use")
        if (
            plain.startswith(("ssl", "tls"))
            and plain != "ssldisabled"
            and str(value or "").strip().lower() not in _NO_TLS
        ):
            return key
    return ""


def nodes_of(extra: Extra, where: str) -> list[Extra]:
    """The nodes that the extra of a database's connection lists, each an object of facts; empty where it lists none.

    :raises InvalidInput: they are written in another form.
    """
    nodes = extra.get("nodes") or []
    if not isinstance(nodes, list) or not all(isinstance(node, dict) and node for node in nodes):
        raise InvalidInput(f"{where}, extra nodes", _NODES)
    return nodes


def check_srv(extra: Extra, database_type: str, where: str) -> None:
    """The nodes behind an SRV record are found by DTS, if it is asked to look them up, and by nothing else.

    :raises InvalidInput: the extra asks for them, and DTS is not asked to.
    """
    attributes = extra.get("extra_attr")
    mode = attributes.get("connectMode") if isinstance(attributes, dict) else None
    if extra.get("srv") and not (database_type == "mongodb" and mode == "srv"):
        fix = 'for MongoDB set extra_attr {"connectMode": "srv"} as well; otherwise remove it, and list the nodes'
        raise InvalidInput(f"{where}, extra srv", fix)


def attributes_of(given: object, where: str) -> list[KeyValuePairOption]:
    """``extra_attr`` as ``ExtraAttr``; numbers are written as texts.

    :raises InvalidInput: it is no object, or a value of it no text.
    """
    if not isinstance(given, dict):
        raise InvalidInput(where, _ATTRIBUTES)
    for key, value in given.items():
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise InvalidInput(f"{where} {key}", "write the value as a text in quotes")
    return [{"Key": key, "Value": str(value)} for key, value in given.items()]


def check_distinct(source: Connection, target: Connection) -> None:
    """A database is not its own target, whatever names its connections have.

    :raises InvalidInput: both connections lead to one instance or address.
    """
    if source.conn_id == target.conn_id:
        raise InvalidInput("target_connection", "it is the source, too; name another", target.conn_id)
    if shared := _places(source) & _places(target):
        place = " ".join(str(part) for part in min(shared, key=str) if part)
        fix = f"it is the same database as that of connection {source.conn_id} ({place}); name another"
        raise InvalidInput("target_connection", fix, target.conn_id)


def _places(conn: Connection) -> set[tuple[object, ...]]:
    """Where the nodes of a database are found: by an instance's id, or at an address within a network."""
    extra = extra_of(conn)
    places: set[tuple[object, ...]] = set()
    for node in nodes_of(extra, name_of(conn)) or [{}]:
        facts = {**extra, **node}
        number = str(facts.get("port") or conn.port or "")
        if facts.get("instance_id") and facts.get("access_type") in (None, "", "cdb", "ckafka"):
            places.add(("instance", facts["instance_id"]))
        elif facts.get("access_type") == "cvm":
            places.add(("cvm", facts.get("cvm_instance_id"), number))
        elif address := str(facts.get("host") or conn.host or "").lower().rstrip("."):
            places.add((address, number, *(facts.get(name) for name in _NETWORKS)))
    return places
