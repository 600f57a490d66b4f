"""Opening the agent's console against opening Odoo's CRM pipeline, in a real browser.

Both pages are opened in turn by the same agent, their files in the browser's cache. The
time is from leaving an empty page to the picture in which what the page is for was
seen: the campaigns to choose from, or the columns of the pipeline.
"""

from __future__ import annotations

import argparse

import world
from playwright.sync_api import BrowserContext, sync_playwright

from scripts.rpc import Client
from scripts.system import browser as find_browser

TAG = "bench-paint"
CONSOLE, PIPELINE = "the agent's console", "the CRM pipeline"
PAGES = {
    PIPELINE: ("/odoo/action-crm.crm_lead_action_pipeline", ".o_kanban_group"),
    CONSOLE: ("/odoo/dialer-console", ".o_dialer_campaign_picker"),
}
LEADS = 40

# Gives the time of the frame that shows, drawn, what is looked for.
SEEN = """
    (selector) => new Promise((resolve) => {
        const look = () => {
            if (document.querySelector(selector)) {
                // drawn with this frame, seen when the next one begins
                requestAnimationFrame(() => resolve(performance.now()));
            } else {
                requestAnimationFrame(look);
            }
        };
        requestAnimationFrame(look);
    })
"""


def open_page(context: BrowserContext, url: str, selector: str) -> float:
    """Open a page; give the seconds until it was seen, by the page's own clock."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    spent = page.evaluate(SEEN, selector) / 1000
    page.close()
    return spent


def make_world(env) -> None:
    """One agent with a campaign, and opportunities in the pipeline."""
    world.forget(env, TAG)
    company = world.make_company(env)
    agent = world.make_agents(env, company, 1)
    world.make_customers(env, company, 100, TAG)
    world.make_campaign(env, company, TAG)
    missing = LEADS - env["crm.lead"].search_count([("user_id", "=", agent.id)])
    env["crm.lead"].create(
        [
            {
                "name": f"Opportunity {number}",
                "type": "opportunity",
                "user_id": agent.id,
                "company_id": company.id,
            }
            for number in range(missing)
        ]
    )


def measure(context: BrowserContext, url: str, times: int) -> dict[str, list[float]]:
    """Open both pages in turn, so that the load is the same for both."""
    spent = {name: [] for name in PAGES}
    for _ in range(times + 2):
        for name, (path, selector) in PAGES.items():
            spent[name].append(open_page(context, url + path, selector))
    # the first two rounds fill the caches of browser and server
    return {name: sorted(seconds[2:]) for name, seconds in spent.items()}


def watched(url: str, times: int) -> dict[str, list[float]]:
    """Log the agent in and measure in a browser of its own."""
    login = "bench_agent_0"
    session = Client(url, login, login).http.cookies["session_id"]
    size = {"width": 1280, "height": 720}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_browser()) as browser,
        browser.new_context(viewport=size, service_workers="block") as context,
    ):
        context.add_cookies([{"name": "session_id", "value": session, "url": url}])
        return measure(context, url, times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    options, _others = parser.parse_known_args()
    registry = world.registry()
    with world.environment(registry) as env:
        make_world(env)
    with world.server(workers=2) as (url, _child):
        spent = watched(url, options.times)
    with world.environment(registry) as env:
        world.forget(env, TAG)
    ratio = world.p50(spent[CONSOLE]) / world.p50(spent[PIPELINE])
    world.table(
        f"Seen after a warm load, {options.times} times each",
        [
            ("page", "p50", "p95"),
            *(
                (name, f"{world.p50(all_):.0f} ms", f"{world.p95(all_):.0f} ms")
                for name, all_ in spent.items()
            ),
            ("ratio of p50 (limit 1.15)", f"{ratio:.2f}", ""),
        ],
    )


if __name__ == "__main__":
    main()
