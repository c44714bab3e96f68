"""Write ``docs/manifest.schema.json``, by which editors check and complete ``migrations/*.yaml``: ``make docs``."""

from __future__ import annotations

import json
import sys
from typing import Any

from scripts.local import ROOT

PAGE = ROOT / "docs" / "manifest.schema.json"


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, as this package checks it, with what only an editor needs."""
    from tencent_dts.manifests.check import DESCRIBED, MANIFEST_SCHEMA

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A run of Tencent Cloud DTS that is kept in Git",
        **_described(MANIFEST_SCHEMA),
        "oneOf": [{"required": [name]} for name in DESCRIBED],
    }


def _described(part: Any) -> Any:
    """The same with the descriptions where editors look for them, and without what only Airflow's form reads."""
    if isinstance(part, list):
        return [_described(one) for one in part]
    if not isinstance(part, dict):
        return part
    own = {name: value for name, value in part.items() if name not in ("section", "values_display", "description_md")}
    if isinstance(part.get("description_md"), str):
        own["description"] = part["description_md"]
    return {name: value if name in ("default", "examples") else _described(value) for name, value in own.items()}


def text() -> str:
    """The file as it should be."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write it, if it has changed."""
    if not PAGE.exists() or PAGE.read_text("utf-8") != text():
        PAGE.write_text(text(), "utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
