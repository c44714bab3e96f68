"""Validate migration files as Airflow will when it loads them: ``make check-migrations``.

Takes a folder as its one argument; default: ``migrations``. Reads no connection and makes no call.
"""

import os
import sys
from pathlib import Path

from scripts.local import ROOT, environment


def check(folder: Path) -> int:
    """Print a line for each valid file, and the error of each bad one; 1 where there is a bad one."""
    from tencent_dts.manifests import InvalidManifest, load_manifest, manifest_files

    if not folder.is_dir():
        print(f"{folder}: there is no such folder", file=sys.stderr)
        return 1
    bad = 0
    for path in manifest_files(folder):
        try:
            manifest, _ = load_manifest(path)
        except InvalidManifest as problem:
            print(f"{problem}\n", file=sys.stderr)
            bad += 1
        else:
            print(f"{manifest.source}: valid; DAG {manifest.dag_id}, schedule {manifest.schedule or 'by hand only'}")
    return 1 if bad else 0


def main() -> int:
    """Give Airflow, which validates schedules, a home of its own, and check."""
    os.environ.update(environment(ROOT / ".airflow" / "check", 1))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "migrations"
    return check(folder.resolve())


if __name__ == "__main__":
    sys.exit(main())
