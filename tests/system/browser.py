"""Pages as a person sees them: Debian's Chromium without a window, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.system.airflow_api import AirflowApi


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that `make test-system` has installed."""
    program = shutil.which("chromium")
    assert program is not None, "Chromium is not installed: scripts/install_system_packages.sh"
    with sync_playwright() as playwright:
        # Its own sandbox does not start as root, and in few containers.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Browser, api: AirflowApi, path: str = "/") -> Iterator[Page]:
    """One page of Airflow, seen by the user of ``api``, who is logged in."""
    context = browser.new_context(base_url=api.address, viewport={"width": 1400, "height": 1000}, locale="en-GB")
    try:
        context.add_cookies([{"name": "_token", "value": api.token, "url": api.address}])
        page = context.new_page()
        page.goto(path)
        yield page
    finally:
        context.close()
