"""The *DTS* tab in a browser, beside a migration that runs on the whole topology.

REFRESH_SCREENSHOT=1 writes docs/images/dts-tab.png anew; without it the picture goes to the tests' logs.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.system.airflow_api import AirflowApi
from tests.system.emulator import EmulatorProcess
from tests.system.processes import wait_until
from tests.system.stack import Stack

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs" / "images" / "dts-tab.png"
DAG = "dts_migrate"
PATIENCE = 30_000  # milliseconds; the page refreshes itself every ten seconds


@pytest.fixture
def viewer(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A browser in which the viewer has logged in by the form."""
    context = browser.new_context(viewport={"width": 1280, "height": 1080})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(stack.address)
    page.get_by_label("Username").fill("viewer")
    page.locator("input[type=password]").fill(stack.passwords["viewer"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Dags").first.wait_for()
    yield page
    context.close()


@pytest.fixture
def run(api: AirflowApi, emulator: EmulatorProcess) -> Iterator[str]:
    """A migration that has just bought its job, and goes on only when the emulator's clock does."""
    emulator.set_speed(0)
    started = api.start_run(DAG, {"hold_seconds": 1})
    wait_until(emulator.jobs, seconds=90, what="the purchase")
    api.wait_for_task(DAG, started, "purchase", "success")
    yield started
    api.mark_run(DAG, started, "failed")


def tab(page: Page, stack: Stack, run_id: str) -> FrameLocator:
    """Open the run's page and click the tab."""
    page.goto(f"{stack.address}/dags/{DAG}/runs/{run_id}")
    page.get_by_role("link", name="DTS", exact=True).click()
    return page.frame_locator("iframe[title=DTS]")


def test_a_viewer_follows_the_job_of_a_run_in_its_tab(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess, viewer: Page, run: str
) -> None:
    (job,) = emulator.jobs()
    frame = tab(viewer, stack, run)
    expect(frame.get_by_role("article")).to_contain_text(job["JobId"])

    # Nobody reloads: the page follows the job by itself, and keeps open what was opened.
    emulator.set_speed(60)
    expect(frame.get_by_role("region", name="Check")).to_contain_text("checkPass", timeout=180_000)
    frame.get_by_text("check items").click()
    api.wait_for_task(DAG, run, "approve", "awaiting_input", seconds=400)
    article = frame.get_by_role("article")
    expect(article.locator("header .pill")).to_have_text("readyComplete", timeout=PATIENCE)
    expect(frame.get_by_role("region", name="Comparison")).to_contain_text("same", timeout=PATIENCE)
    expect(frame.get_by_role("heading", level=1)).to_contain_text(" → ", timeout=PATIENCE)
    expect(article).to_contain_text("0 MB, 0 s")
    expect(article).to_contain_text("held until the job is isolated")
    expect(frame.get_by_role("cell", name="ConnectDBCheck")).to_be_visible()

    frame.get_by_text("check items").click()
    expect(viewer.get_by_text("Required Actions")).to_be_visible()
    picture = PICTURE if os.environ.get("REFRESH_SCREENSHOT") else stack.logs / "dts-tab.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    viewer.screenshot(path=picture)
    assert PICTURE.stat().st_size > 10_000

    follows_airflows_theme(viewer, frame)
    opens_the_console(viewer, frame, job["JobId"])


def follows_airflows_theme(page: Page, frame: FrameLocator) -> None:
    colours = set()
    for theme in ("light", "dark"):
        page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
        page.reload()
        expect(frame.locator("html")).to_have_attribute("data-theme", theme)
        colours.add(frame.locator("html").evaluate("page => getComputedStyle(page).backgroundColor"))
    assert len(colours) == 2


def opens_the_console(page: Page, frame: FrameLocator, job_id: str) -> None:
    """The link leaves the frame, whose sandbox opens no window; what is opened is not fetched here."""
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    with page.context.expect_page():
        frame.get_by_role("link", name="Open in the DTS console").click()
    page.wait_for_timeout(500)
    wanted = f"https://console.cloud.tencent.com/dts/migration?region=ap-guangzhou&jobId={job_id}"
    assert wanted in asked


def test_strangers_see_nothing_and_viewers_change_nothing(stack: Stack) -> None:
    address = f"{stack.address}/tencent-dts/run?dag_id={DAG}&run_id=any"
    assert httpx.get(address, trust_env=False).status_code == httpx.codes.UNAUTHORIZED
    viewer = stack.api_as("viewer")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = viewer.request(method, f"/tencent-dts/run?dag_id={DAG}&run_id=any")
        assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
