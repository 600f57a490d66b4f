"""Why is nobody called? At a million entries, against a bare count of the queue."""

from __future__ import annotations

import argparse
import time

import world

from odoo.tools import SQL

TAG = "bench-why-not"
# The queue of an agent who has nobody left to call: state, reason and share of it.
SHARES = """
    UPDATE dialer_queue_entry
       SET state = CASE WHEN id %% 10 < 4 THEN 'done'
                        WHEN id %% 10 = 4 THEN 'exhausted' ELSE 'pending' END,
           wait_reason = CASE id %% 10 WHEN 4 THEN 'max_attempts' WHEN 5 THEN 'hours'
                         WHEN 6 THEN 'conversation' WHEN 7 THEN 'retry' END,
           next_call_at = next_call_at + interval '1 hour'
     WHERE campaign_id = %s
"""


def prepare(env, size: int):
    """Make a queue of this size in which nobody can be called now."""
    world.forget(env, TAG)
    company = world.make_company(env)
    agent = world.make_agents(env, company, 1)
    world.make_customers(env, company, size, TAG)
    env.cr.execute("ANALYZE res_partner")
    campaign = world.make_campaign(env, company, TAG)
    env.cr.execute(SHARES, [campaign.id])
    return campaign.id, agent.id


def vacuum(registry) -> None:
    """Leave the queue as autovacuum leaves it after so many changes."""
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE dialer_queue_entry")
        cr._cnx.autocommit = False


def questions(env, campaign):
    """What is asked, by name: what a supervisor and an agent click, and see."""
    entry = campaign.entry_ids.search([("campaign_id", "=", campaign.id)], limit=1)
    session = env["dialer.session"].search(
        [("campaign_id", "=", campaign.id), ("state", "!=", "closed")]
    )
    bare = SQL(
        "SELECT count(*) FROM dialer_queue_entry WHERE campaign_id = %s", campaign.id
    )
    return {
        "bare count of the queue": lambda: env.execute_query(bare),
        "campaign: every reason, with numbers": campaign._why_not_counts,
        "agent: the sentence of an empty queue": session._empty_message,
        "customer": entry.partner_id._dialer_queue_entries()._why_not_lines,
        "entry": entry._why_not,
    }


def measure(env, campaign, times: int) -> dict[str, list[float]]:
    """Time each question as a request asks it: nothing is in the cache."""
    spent = {}
    for _ in range(times + 1):
        for name, ask in questions(env, campaign).items():
            env.invalidate_all()
            begin = time.perf_counter()
            ask()
            spent.setdefault(name, []).append(time.perf_counter() - begin)
    return {name: seconds[1:] for name, seconds in spent.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=10)
    options, _others = parser.parse_known_args()
    registry = world.registry()
    with world.environment(registry) as env:
        campaign_id, agent_id = prepare(env, options.entries)
    vacuum(registry)
    with world.environment(registry, agent_id) as env:
        env["dialer.session"].start(campaign_id)
    with world.environment(registry) as env:
        campaign = env["dialer.campaign"].browse(campaign_id)
        spent = measure(env, campaign, options.times)
        sentence = questions(env, campaign)["agent: the sentence of an empty queue"]()
    with world.environment(registry) as env:
        world.forget(env, TAG)
    bare = world.p50(spent["bare count of the queue"])
    rows = [("what", "p50", "of the bare count")]
    for name, seconds in spent.items():
        middle = world.p50(seconds)
        rows.append((name, f"{middle:.2f} ms", f"{middle / bare:.3f}"))
    world.table(f"Why not, {options.entries:,} entries", rows)
    print(f"\nThe agent reads: {sentence}")


if __name__ == "__main__":
    main()
