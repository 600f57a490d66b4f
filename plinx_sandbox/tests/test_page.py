# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The page in a real browser, used with the keyboard alone."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOCUS = "document.activeElement.id || document.activeElement.dataset.key || ''"


@pytest.fixture(scope="module")
def chromium():
    """A headless browser; without one the tests fail."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"None of {', '.join(BROWSERS)} is installed."
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=found) as browser,
    ):
        yield browser


@pytest.fixture
def page(chromium, sandbox):
    """The sandbox's page in a context of its own; errors in it fail the test."""
    problems = []
    with chromium.new_context(base_url=sandbox.url, locale="en-US") as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(error))
        page.on("console", lambda message: _note(message, problems))
        open_page(page)
        yield page
    assert problems == []


def _note(message, problems):
    """Keep an error, but for requests that failed: the page tells of those."""
    if message.type == "error" and not message.text.startswith("Failed to load"):
        problems.append(message.text)


def open_page(page):
    """Go to the page and wait until it shows what the server told."""
    page.goto("/")
    expect(page.locator("#fault-now")).not_to_be_empty()


def tab_to(page, name):
    """Press Tab until the element of that id, or row, has the focus."""
    for _try in range(40):
        if page.evaluate(FOCUS) == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {name}")


def test_a_person_opens_and_closes_a_conversation_with_the_keyboard(page, sandbox):
    tab_to(page, "phone")
    page.keyboard.insert_text("(47) 99988-7766")
    expect(page.locator("#phone-hint")).to_contain_text(" 5547999887766")
    page.keyboard.press("Enter")
    expect(page.locator("#conversations tbody tr")).to_be_visible()
    (record,) = sandbox.conversations()
    assert record["identities"]["wa_id"] == "5547999887766"
    assert record["conversation"]["assignee"] == "Bia"
    tab_to(page, "5547999887766")
    page.keyboard.press("Enter")
    expect(page.locator("#conversations .badge")).to_have_text("Closed")
    assert sandbox.conversations()[0]["state"] == "inactive"
    assert page.evaluate(FOCUS) == "5547999887766"


@pytest.mark.parametrize(
    ("typed", "wa_id"),
    [
        ("+55 47 99988-7766", "5547999887766"),
        ("554799887766", "554799887766"),
        ("47 3322-1100", "554733221100"),
        ("047 3322-1100", "554733221100"),
        ("0 15 47 99988-7766", "5547999887766"),
        ("+1 (415) 555-2671", "14155552671"),
        ("00 351 912 345 678", "351912345678"),
        ("99988-7766", None),
        ("maria@example.com", None),
        ("123", None),
    ],
)
def test_phones_in_the_forms_that_people_type(page, typed, wa_id):
    answer = page.evaluate("typed => normalise(typed)", typed)
    assert answer.get("waId") == wa_id
    assert ("problem" in answer) == (wa_id is None)


def test_a_fault_is_set_and_ended_with_the_keyboard(page, sandbox):
    tab_to(page, "kind")
    page.keyboard.press("ArrowDown")
    tab_to(page, "times")
    page.keyboard.insert_text("3")
    page.keyboard.press("Enter")
    expect(page.locator("#fault-now")).to_have_text("Slow × 3")
    assert sandbox.faults.get()["seconds"] == 5
    tab_to(page, "normal")
    page.keyboard.press(" ")
    expect(page.locator("#fault-now")).to_have_text("Normal")
    assert sandbox.faults.get()["kind"] == "none"


def test_while_connections_are_refused_the_page_stays_in_reach(page, sandbox):
    page.evaluate(
        "document.getElementById('kind').value = 'refused'; showParameters(true)"
    )
    page.evaluate("document.getElementById('fault-form').requestSubmit()")
    page.wait_for_url(f"{sandbox.control_url}/**")
    expect(page.locator("#fault-now")).not_to_be_empty()
    tab_to(page, "normal")
    page.keyboard.press("Enter")
    expect(page.locator("#fault-now")).to_have_text("Normal")
    assert sandbox.faults.get()["kind"] == "none"


def test_requests_appear_by_themselves_and_the_page_speaks_portuguese(page, api):
    api.lookup("5547999887766", "554799887766")
    requests = page.locator("#requests tbody")
    expect(requests).to_contain_text("5547999887766, 554799887766")
    page.locator("[data-language=pt]").click()
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
    expect(page.locator("#requests-title")).to_have_text("Requisições recebidas")
    open_page(page)
    assert page.title() == "Sandbox do Plinx"
