"""The next contact of a long queue against a short one, and a bare reservation."""

from __future__ import annotations

import argparse
import time

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


class Queue:
    """One queue with the session of an agent, measured in one transaction."""

    def __init__(self, env, campaign_id: int):
        self.env, self.campaign_id = env, campaign_id
        self.session = env["dialer.session"].search(
            [("campaign_id", "=", campaign_id), ("state", "!=", "closed")]
        )
        self.entries = env["dialer.queue.entry"]
        self.next, self.peek, self.taken, self.bare = [], [], [], []

    def measure(self):
        """Time each of the four once, and take all back."""
        session, env = self.session, self.env
        agent = session.with_user(session.user_id)
        self._timed(self.next, agent.next_contact)
        self._back()
        heads = self._timed(
            self.peek,
            lambda: self.entries._peek(session.campaign_id, session.user_id, 1),
        )
        # as in the flow, where the session and the batch have been read by then
        heads.mapped("campaign_id.reservation_minutes")
        self._timed(self.taken, lambda: heads._reserve(session, "reserved"))
        self._back()
        self._timed(self.bare, lambda: env.cr.execute(BARE, [self.campaign_id]))
        self._back()

    def _timed(self, spent, action):
        begin = time.perf_counter()
        result = action()
        self.env.flush_all()
        spent.append(time.perf_counter() - begin)
        return result

    def _back(self):
        self.env.cr.execute(SQL("ROLLBACK TO SAVEPOINT bench"))
        self.env.invalidate_all(flush=False)


def prepare(registry, size: int) -> int:
    """Make a queue of this size with an open session; give the campaign's id."""
    tag = f"bench-next-{size}"
    with world.environment(registry) as env:
        world.forget(env, tag)
        company = world.make_company(env)
        agents = world.make_agents(env, company, 2)
        agent = agents[0] if size < 10_000 else agents[1]
        world.make_customers(env, company, size, tag)
        env.cr.execute("ANALYZE res_partner")
        campaign = world.make_campaign(env, company, tag)
        env["dialer.session"].with_user(agent).start(campaign.id)
        return campaign.id


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    registry = world.registry()
    world.close_conversations()
    ids = [prepare(registry, size) for size in (options.small, options.large)]
    with world.environment(registry) as env:
        small, large = (Queue(env, campaign_id) for campaign_id in ids)
        env.cr.execute(SQL("SAVEPOINT bench"))
        for _ in range(options.times + 5):
            small.measure()
            large.measure()
    for size in (options.small, options.large):
        with world.environment(registry) as env:
            world.forget(env, f"bench-next-{size}")
    report(options, small, large)


def report(options, small, large):
    """Print medians and ratios; both queues took turns, under the same load."""
    rows = [("waiting", "next_contact", "peek", "reserve", "bare UPDATE")]
    for size, queue in ((options.small, small), (options.large, large)):
        columns = (queue.next, queue.peek, queue.taken, queue.bare)
        rows.append((f"{size:,}", *(f"{world.p50(c[5:]):.2f} ms" for c in columns)))
    world.table("Next contact and reservation, p50", rows)
    both = world.p50(large.peek[5:]) + world.p50(large.taken[5:])
    bare = world.p50(large.bare[5:])
    growth = world.p50(large.next[5:]) / world.p50(small.next[5:])
    world.table(
        "Ratios",
        [
            ("what", "ratio", "limit"),
            ("next_contact, long : short", f"{growth:.2f}", "1.3"),
            (
                "reserve : bare UPDATE",
                f"{world.p50(large.taken[5:]) / bare:.2f}",
                "3",
            ),
            ("peek and reserve : bare UPDATE", f"{both / bare:.2f}", ""),
        ],
    )


if __name__ == "__main__":
    main()
