"""What a person sees in a browser."""

from playwright.sync_api import Browser, expect

from tests.system.browser import open_page
from tests.system.stack import Stack


def test_a_viewer_sees_the_migration_dag(stack: Stack, browser: Browser) -> None:
    with open_page(browser, stack.api_as("viewer"), "/dags/dts_migrate") as page:
        expect(page.get_by_role("heading", name="DTS migration")).to_be_visible(timeout=30_000)
        page.screenshot(path=stack.logs / "dts_migrate.png")
