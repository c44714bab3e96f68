"""`make audit`: does a locked package have a published vulnerability? Asks PyPI's advisories through pip-audit."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.local import ROOT

LOCK = ROOT / "requirements.lock"

# An advisory that does not concern this project, and why: {"GHSA-...": "the reason"}.
EXPLAINED: Mapping[str, str] = {}

UNKNOWN = (
    "The advisories could not be read, so nothing is known of the locked packages. "
    "Run this where the package index, and its advisories, can be reached."
)


def ask(program: str, lock: Path, answer: Path) -> dict[str, Any] | None:
    """What pip-audit says of a lock file; None where it could not ask.

    :param program: pip-audit's own path; it installs nothing of the lock file.
    :param lock: a file of requirements with hashes.
    :param answer: where pip-audit writes.
    """
    answer.parent.mkdir(parents=True, exist_ok=True)
    answer.unlink(missing_ok=True)
    command = [program, "--requirement", str(lock), "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    # It ends with 1 both where it found something and where it could not ask: only the file says which.
    done = subprocess.run(
        [*command, "--format=json", f"--output={answer}"], check=False, capture_output=True, text=True
    )
    if not answer.exists() or not answer.read_text().strip():
        sys.stderr.write("\n".join(done.stderr.splitlines()[-1:]) + "\n")
        return None
    found: dict[str, Any] = json.loads(answer.read_text())
    # A mirror without advisories answers that it knows no package at all.
    return None if all("skip_reason" in package for package in found["dependencies"]) else found


def findings(answer: Mapping[str, Any], explained: Mapping[str, str] = EXPLAINED) -> tuple[list[str], list[str]]:
    """The vulnerabilities, a line each, and what was passed over; a package that could not be looked up is one too.

    :param answer: as pip-audit writes it.
    :param explained: advisories that do not count, with the reason.
    """
    bad: list[str] = []
    passed: list[str] = []
    for package in answer["dependencies"]:
        name = f"{package['name']} {package.get('version', '')}".strip()
        if "skip_reason" in package:
            bad.append(f"{name}: not looked up: {package['skip_reason']}")
        for advisory in package.get("vulns", ()):
            known = [explained[key] for key in (advisory["id"], *advisory.get("aliases", ())) if key in explained]
            fixed = ", ".join(advisory["fix_versions"]) or "no release yet"
            line = f"{name}: {advisory['id']}, fixed in {fixed}"
            (passed if known else bad).append(f"{line}; {known[0]}" if known else line)
    return bad, passed


def main(arguments: Sequence[str]) -> int:
    """Return 0 where nothing is known against the locked packages, 1 where something is, 2 where none was asked."""
    answer = ask(arguments[0], Path(arguments[1]) if len(arguments) > 1 else LOCK, ROOT / ".build" / "audit.json")
    if answer is None:
        sys.stderr.write(f"{UNKNOWN}\n")
        return 2
    bad, passed = findings(answer)
    for line in passed:
        sys.stdout.write(f"passed over: {line}\n")
    for line in bad:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(answer['dependencies'])} packages, {len(bad)} findings\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
