"""Ten thousand customers in conversation in a row, against doing it one by one."""

from __future__ import annotations

import argparse
import time

import world

from odoo import fields

TAG = "bench-skip"


def one_by_one(env, entries) -> float:
    """Seconds that a loop of message_post and write takes on some entries."""
    begin = time.perf_counter()
    for entry in entries:
        entry.partner_id.message_post(body="Not dialed", subtype_xmlid="mail.mt_note")
        entry.write(
            {"next_call_at": fields.Datetime.add(fields.Datetime.now(), hours=1)}
        )
        env.flush_all()
    return time.perf_counter() - begin


def skip_all(registry, campaign_id, agent_id):
    """Ask for the next contact until nothing is left to search."""
    calls, skipped = [], 0
    decision = "searching"
    session_id = None
    while decision == "searching":
        with world.environment(registry, agent_id) as env:
            sessions = env["dialer.session"]
            if session_id is None:
                session_id = sessions.start(campaign_id)["session_id"]
            begin = time.perf_counter()
            state = sessions.browse(session_id).next_contact()
            env.flush_all()
            calls.append(time.perf_counter() - begin)
        skipped += state["skipped"]
        decision = state["decision"]
    return calls, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--loop", type=int, default=300)
    options = parser.parse_args()
    registry = world.registry()
    world.close_conversations()
    world.open_conversations(options.customers)
    with world.environment(registry) as env:
        world.forget(env, TAG)
        company = world.make_company(env)
        company.dial_active_whatsapp = False
        agent = world.make_agents(env, company, 1)
        world.make_customers(env, company, options.customers, TAG)
        campaign = world.make_campaign(env, company, TAG)
    before = world.lookups()
    calls, skipped = skip_all(registry, campaign.id, agent.id)
    asked = world.lookups() - before
    with world.environment(registry) as env:
        entries = env["dialer.queue.entry"].search(
            [("campaign_id", "=", campaign.id)], limit=options.loop
        )
        loop = one_by_one(env, entries) * skipped / len(entries)
        lines = env["mail.message"].search_count(
            [
                ("subtype_id", "=", env.ref("dialer_plinx_gate.mt_dialer_update").id),
                ("res_id", "in", entries.partner_id.ids),
                ("model", "=", "res.partner"),
            ]
        )
        assert lines == len(entries), (lines, len(entries))
        world.forget(env, TAG)
    world.close_conversations()
    world.table(
        f"{options.customers:,} customers in conversation in a row, parameter off",
        [
            ("what", "value", "limit"),
            ("skipped", f"{skipped:,}", ""),
            ("lookups", asked, "50"),
            ("calls of the agent", len(calls), ""),
            ("longest call", f"{max(calls):.2f} s", "2 s"),
            ("all calls", f"{sum(calls):.2f} s", ""),
            ("one by one (extrapolated)", f"{loop:.1f} s", ""),
            ("times faster", f"{loop / sum(calls):.1f}", "15"),
        ],
    )


if __name__ == "__main__":
    main()
