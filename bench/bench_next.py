"""The next contact of a long queue against a short one, and a bare reservation."""

from __future__ import annotations

import argparse

import world

from odoo.tools import SQL

BARE = """
    UPDATE dialer_queue_entry SET state = 'reserved'
     WHERE id = (SELECT id FROM dialer_queue_entry
                  WHERE campaign_id = %s AND state = 'pending' AND next_call_at <= now()
               ORDER BY rank, next_call_at, id
                 FOR UPDATE SKIP LOCKED LIMIT 1)
 RETURNING id
"""


def next_contact(env, session, entries):
    """Take the next contact, and put it back."""
    session.next_contact()
    session._put_back()
    session.decision = False
    env.flush_all()
    env.invalidate_all()


def measure(registry, size: int, times: int):
    """Seconds of next_contact, of the reservation, and of the bare statement."""
    tag = f"bench-next-{size}"
    with world.environment(registry) as env:
        world.forget(env, tag)
        company = world.make_company(env)
        agent = world.make_agents(env, company, 1)
        world.make_customers(env, company, size, tag)
        campaign = world.make_campaign(env, company, tag)
        env.cr.commit()
    with world.environment(registry, agent.id) as env:
        sessions = env["dialer.session"]
        session = sessions.browse(sessions.start(campaign.id)["session_id"]).sudo()
        entries = env["dialer.queue.entry"].sudo()
        asked = world.clock(lambda: next_contact(env, session, entries), times)
        head = entries._peek(session.campaign_id, session.user_id, 1)

        def reserve():
            entries.browse(
                entries._peek(session.campaign_id, session.user_id, 1).ids
            )._reserve(session, "reserved")
            env.cr.execute(SQL("ROLLBACK TO SAVEPOINT bench"))
            env.invalidate_all(flush=False)

        def bare():
            env.cr.execute(BARE, [campaign.id])
            env.cr.execute(SQL("ROLLBACK TO SAVEPOINT bench"))

        env.flush_all()
        env.cr.execute(SQL("SAVEPOINT bench"))
        reserved = world.clock(reserve, times)
        plain = world.clock(bare, times)
        assert head
    with world.environment(registry) as env:
        world.forget(env, tag)
    return asked, reserved, plain


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    registry = world.registry()
    world.close_conversations()
    results = {
        size: measure(registry, size, options.times)
        for size in (options.small, options.large)
    }
    rows = [("waiting", "next_contact p50", "reservation p50", "bare UPDATE p50")]
    for size, columns in results.items():
        rows.append((f"{size:,}", *(f"{world.p50(c):.2f} ms" for c in columns)))
    world.table("Next contact and reservation", rows)
    small, large = results[options.small], results[options.large]
    world.table(
        "Ratios",
        [
            ("what", "ratio", "limit"),
            (
                "next_contact, long queue : short queue",
                f"{world.p50(large[0]) / world.p50(small[0]):.2f}",
                "1.3",
            ),
            (
                "reservation : bare UPDATE",
                f"{world.p50(large[1]) / world.p50(large[2]):.2f}",
                "3",
            ),
        ],
    )


if __name__ == "__main__":
    main()
