"""Reads docker-compose.yml as Compose would, so that tests can hold it to its word without Docker."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPOSE_FILE = Path(__file__).parent.parent / "docker-compose.yml"
_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<operator>:-|:\?)(?P<word>[^}]*))?\})")


class MissingVariableError(Exception):
    """Compose would refuse to start: a variable that must be set is not, or is empty."""


@dataclass(frozen=True)
class Service:
    """One service: what runs, with which environment (variables filled in), how many times."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    replicas: int
    profiles: tuple[str, ...]
    document: Mapping[str, Any]


def document() -> dict[str, Any]:
    """The file as it stands, with its variables not filled in."""
    loaded = yaml.safe_load(COMPOSE_FILE.read_text())
    assert isinstance(loaded, dict)
    return loaded


def fill_in(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``${NAME}``, ``${NAME:-default}``, ``${NAME:?message}`` and ``$$`` as Compose does."""

    def value(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        found = variables.get(match["name"], "")
        if not found and match["operator"] == ":?":
            raise MissingVariableError(f"{match['name']}: {match['word']}")
        return found or (match["word"] if match["operator"] == ":-" else "")

    return _VARIABLE.sub(value, text)


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    """Every service by its name; a variable without a value in the file is passed on where it is set."""

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return fill_in(value, variables)
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return value

    found = {}
    for name, raw in document()["services"].items():
        body = filled(raw)
        environment = {key: variables.get(key) if value is None else value for key, value in _items(body)}
        found[name] = Service(
            name=name,
            image=body["image"],
            command=tuple(body.get("command", ())),
            environment={key: value for key, value in environment.items() if value is not None},
            replicas=body.get("deploy", {}).get("replicas", 1),
            profiles=tuple(body.get("profiles", ())),
            document=body,
        )
    return found


def _items(body: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return list(body.get("environment", {}).items())
