"""What the benchmarks share: an Odoo environment, a company, many customers, tables.

The variables come from ``make bench`` (see ``scripts/services.py``): ``ODOO_RC``,
``DIALER_DATABASE``, ``DIALER_SANDBOX_URL`` and ``DIALER_SANDBOX_TOKEN``.
"""

from __future__ import annotations

import os
import statistics
import time
from contextlib import contextmanager

import requests

import odoo
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

from scripts.services import odoo as odoo_server

SANDBOX = os.environ.get("DIALER_SANDBOX_URL", "http://127.0.0.1:8099")
TOKEN = os.environ.get("DIALER_SANDBOX_TOKEN", "demo-token")
DATABASE = os.environ.get("DIALER_DATABASE", "dialer_bench")


def registry() -> Registry:
    """Return the registry of the benchmark's database, its sandbox allowed."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "-d", DATABASE])
    odoo.netsvc.init_logger()
    source = Registry(DATABASE)
    allow(SANDBOX)
    return source


def allow(url: str) -> None:
    """Let the addon reach a sandbox; only a registry makes the addon known."""
    from odoo.addons.dialer_plinx_gate.tools import server_config

    server_config.section()["plinx_allowed_hosts"] = url.split("//")[1]


@contextmanager
def environment(source: Registry, uid: int = odoo.SUPERUSER_ID):
    """Yield an environment whose work is committed at the end."""
    with source.cursor() as cr:
        yield api.Environment(cr, uid, {})


def make_company(env, name: str = "Bench"):
    """Return a Brazilian company connected to the sandbox, made once."""
    company = env["res.company"].search([("name", "=", name)])
    if not company:
        company = env["res.company"].create(
            {"name": name, "country_id": env.ref("base.br").id}
        )
    company.write({"plinx_url": SANDBOX, "plinx_token": TOKEN})
    return company


def make_agents(env, company, count: int):
    """Return this many agents of the company, made once."""
    logins = [f"bench_agent_{number}" for number in range(count)]
    users = env["res.users"].search([("login", "in", logins)])
    missing = set(logins) - set(users.mapped("login"))
    group = env.ref("dialer_plinx_gate.group_dialer_agent")
    return users + env["res.users"].with_context(no_reset_password=True).create(
        [
            {
                "name": login,
                "login": login,
                "password": login,
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
                "group_ids": [(6, 0, group.ids)],
            }
            for login in sorted(missing)
        ]
    )


def make_customers(env, company, count: int, tag: str) -> None:
    """Insert customers with valid Brazilian mobiles and a mark to find them by.

    Customers of an earlier run are used again: to delete them would take longer than
    all benchmarks, for the many tables that refer to a contact.
    """
    if env["res.partner"].search_count([("ref", "=", tag)]) == count:
        return
    env.cr.execute(
        """
        INSERT INTO res_partner (name, complete_name, ref, phone, phone_sanitized,
                                 country_id, company_id, active, partner_share, type,
                                 lang, create_date, write_date)
        SELECT %(tag)s || ' ' || n, %(tag)s || ' ' || n, %(tag)s,
               '+55 47 9' || lpad((80000000 + n)::text, 8, '0'),
               '+55479' || lpad((80000000 + n)::text, 8, '0'),
               %(country)s, %(company)s, TRUE, TRUE, 'contact', 'en_US', now(), now()
          FROM generate_series(1, %(count)s) n
        """,
        {
            "tag": tag,
            "country": env.ref("base.br").id,
            "company": company.id,
            "count": count,
        },
    )


def make_campaign(env, company, tag: str, **values):
    """Return a running campaign with the customers of a mark."""
    campaign = env["dialer.campaign"].create(
        {
            "name": tag,
            "company_id": company.id,
            "domain": repr([("ref", "=", tag)]),
            **values,
        }
    )
    campaign.action_start()
    env.flush_all()
    env.cr.execute("ANALYZE dialer_queue_entry")
    return campaign


def room(source: Registry, tag: str, agents: int, customers: int) -> tuple[int, int]:
    """Make a company with agents and one running campaign, nobody in conversation.

    :return: ids of the campaign, and of the result with which each call ends
    """
    close_conversations()
    with environment(source) as env:
        forget(env, tag)
        company = make_company(env)
        make_agents(env, company, agents)
        make_customers(env, company, customers, tag)
        campaign = make_campaign(env, company, tag)
        return campaign.id, env.ref("dialer_plinx_gate.result_sale").id


def states(env, campaign_id: int) -> dict[str, int]:
    """Count the entries of a campaign by state."""
    env.cr.execute(
        "SELECT state, count(*) FROM dialer_queue_entry WHERE campaign_id = %s "
        "GROUP BY state",
        [campaign_id],
    )
    return dict(env.cr.fetchall())


def forget(env, tag: str) -> None:
    """Remove a mark's campaign and all that was written on its customers."""
    env.flush_all()
    env.cr.execute("SELECT id FROM dialer_campaign WHERE name = %s", [tag])
    ids = [row[0] for row in env.cr.fetchall()] or [0]
    for table in ("dialer_attendance", "dialer_gate_event", "dialer_session"):
        env.cr.execute(f"DELETE FROM {table} WHERE campaign_id = ANY(%s)", [ids])
    env.cr.execute("DELETE FROM dialer_queue_entry WHERE campaign_id = ANY(%s)", [ids])
    env.cr.execute("DELETE FROM dialer_campaign WHERE id = ANY(%s)", [ids])
    env.cr.execute(
        "DELETE FROM mail_message m USING res_partner p WHERE p.ref = %s "
        "AND m.model = 'res.partner' AND m.res_id = p.id",
        [tag],
    )
    env.invalidate_all()


def open_conversations(count: int) -> None:
    """Put the first customers of a mark into conversation in the sandbox."""
    http = requests.Session()
    for number in range(1, count + 1):
        http.put(f"{SANDBOX}/sandbox/conversations/55479{80000000 + number}", json={})


def close_conversations() -> None:
    """Empty the sandbox."""
    requests.delete(f"{SANDBOX}/sandbox/conversations", timeout=60)


def lookups() -> int:
    """How many lookups the sandbox has answered since its start."""
    counts = requests.get(f"{SANDBOX}/sandbox/requests", timeout=60).json()["counts"]
    return counts.get("lookup", 0) + counts.get("batch", 0)


def clock(action, times: int, warm: int = 3) -> list[float]:
    """Run an action several times; give the seconds of each, sorted."""
    for _ in range(warm):
        action()
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        spent.append(time.perf_counter() - begin)
    return sorted(spent)


def p50(seconds: list[float]) -> float:
    """Median in milliseconds."""
    return 1000 * statistics.median(seconds)


def p95(seconds: list[float]) -> float:
    """95th percentile in milliseconds."""
    return 1000 * sorted(seconds)[int(len(seconds) * 0.95) - 1]


def table(title: str, rows: list[tuple]) -> None:
    """Print rows of texts as a table, the first row being the head."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
    print(f"\n{title}")
    for number, row in enumerate(texts):
        print(
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            )
        )
        if not number:
            print("  ".join("-" * width for width in widths))


def server(workers: int):
    """Run an Odoo server of this database; its address and process as a context."""
    words = [f"--workers={workers}", "--max-cron-threads=0", "--db_maxconn=64"]
    return odoo_server(dict(os.environ), *words, "--log-level=warn")
