"""Opening the agent's console against opening Odoo's CRM pipeline, in a real browser.

Both pages are opened in turn by the same agent, their files in the browser's cache. The
time is from leaving an empty page to the picture in which what the page is for was
seen: the campaigns to choose from, or the columns of the pipeline.
"""

from __future__ import annotations

import argparse

import requests
import world

from scripts.browser import Browser, browser
from scripts.system import browser as find_browser

TAG = "bench-paint"
CONSOLE, PIPELINE = "the agent's console", "the CRM pipeline"
PAGES = {
    PIPELINE: ("/odoo/action-crm.crm_lead_action_pipeline", ".o_kanban_group"),
    CONSOLE: ("/odoo/dialer-console", ".o_dialer_campaign_picker"),
}
LEADS = 40

# Runs before the page's own code: notes the first frame with what is looked for.
WATCH = """
    (() => {
        const look = () => {
            if (document.querySelector(%r)) {
                // drawn with this frame, seen when the next one begins
                requestAnimationFrame(() => (window.seenAt = performance.now()));
            } else {
                requestAnimationFrame(look);
            }
        };
        requestAnimationFrame(look);
    })();
"""
SEEN = """
    new Promise((resolve) => {
        const wait = () => (window.seenAt ? resolve(seenAt) : setTimeout(wait, 20));
        wait();
    })
"""


def open_page(tab: Browser, url: str, selector: str) -> float:
    """Open a page; give the seconds until it was seen, by the page's own clock."""
    tab.command("Page.navigate", url="about:blank")
    script = tab.command(
        "Page.addScriptToEvaluateOnNewDocument", source=WATCH % selector
    )
    tab.command("Page.navigate", url=url)
    # the script that waits has to run in the new page
    tab.wait(selector)
    spent = tab.run(SEEN) / 1000
    tab.command("Page.removeScriptToEvaluateOnNewDocument", **script)
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


def session_id(url: str) -> str:
    """Log the agent in, as the web client's page does."""
    login = "bench_agent_0"
    http = requests.Session()
    params = {"db": world.DATABASE, "login": login, "password": login}
    body = {"jsonrpc": "2.0", "method": "call", "params": params}
    http.post(f"{url}/web/session/authenticate", json=body, timeout=60)
    return http.cookies["session_id"]


def measure(tab: Browser, url: str, times: int) -> dict[str, list[float]]:
    """Open both pages in turn, so that the load is the same for both."""
    tab.cookies(url, session_id=session_id(url))
    tab.size(1280, 720)
    spent = {name: [] for name in PAGES}
    for _ in range(times + 2):
        for name, (path, selector) in PAGES.items():
            spent[name].append(open_page(tab, url + path, selector))
    # the first two rounds fill the caches of browser and server
    return {name: sorted(seconds[2:]) for name, seconds in spent.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    options, _others = parser.parse_known_args()
    registry = world.registry()
    with world.environment(registry) as env:
        make_world(env)
    with world.server(workers=2) as (url, _process), browser(find_browser()) as tab:
        spent = measure(tab, url, options.times)
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
