# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A second tab of the browser in which a tour is walked in the first."""

from contextlib import contextmanager

from playwright.sync_api import sync_playwright

WAIT_MS = 30_000
# The tour goes on in its own tab only.
NO_TOUR = """
    const getItem = Storage.prototype.getItem;
    Storage.prototype.getItem = function (key) {
        return key === "current_tour" ? null : getItem.call(this, key);
    };
"""


@contextmanager
def second_tab(browser, url):
    """Show a page beside the tour's; closed at the end of the `with` block.

    :param browser: Odoo's, which walks the tour in its own tab.
    :return: (as a context) Playwright's page.
    """
    address = f"http://127.0.0.1:{browser.devtools_port}"
    with sync_playwright() as playwright:
        context = playwright.chromium.connect_over_cdp(address).contexts[0]
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(NO_TOUR)
        page.goto(url)
        try:
            yield page
        finally:
            page.close()
            browser._websocket_request("Page.bringToFront")
