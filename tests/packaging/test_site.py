"""The documentation as a site: it can be built, every link in it leads somewhere, and nothing public is left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from scripts.local import ROOT
from tencent_dts import task_groups
from tencent_dts.provider import get_provider_info


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built strictly: a link to nowhere, or a page that the navigation leaves out, ends it with an error."""
    folder = tmp_path_factory.mktemp("site")
    command: list[str | Path] = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-3000:]
    return folder


def headings(page: Path) -> set[str]:
    return {
        unescape(re.sub(r"<[^>]+>", "", text)).strip(" \N{PILCROW SIGN}\n")
        for text in re.findall(r"<h[1-6][^>]*>(.*?)</h[1-6]>", page.read_text("utf-8"), re.DOTALL)
    }


def test_it_begins_with_the_readme_and_its_links_lead_to_pages(site: Path) -> None:
    start = (site / "index.html").read_text("utf-8")
    assert "Nothing is bought twice" in start
    assert 'href="guide.html"' in start
    assert "docs/guide.md" not in start
    assert 'href="CONTRIBUTING.html"' in (site / "architecture.html").read_text("utf-8")


def test_what_may_be_imported_besides_operators_and_sensors_is_on_a_page_of_its_docstrings(site: Path) -> None:
    info = get_provider_info()
    modules = [*info["hooks"][0]["python-modules"], *info["triggers"][0]["python-modules"]]
    page = " ".join(headings(site / "api.html"))
    missing = [name for name in (*modules, *task_groups.__all__, "DtsProblem", "JobFailed") if name not in page]
    assert missing == []
    assert re.findall(r":(?:class|func|data):", (site / "api.html").read_text("utf-8")) == []
