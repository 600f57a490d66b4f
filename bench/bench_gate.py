"""A verdict of the gate on loopback, for one customer and for 200 at once."""

from __future__ import annotations

import argparse

import world

TAG = "bench-gate"
SIZES = (1, 200)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    world.close_conversations()
    with world.environment(world.registry()) as env:
        world.forget(env, TAG)
        company = world.make_company(env)
        world.make_customers(env, company, max(SIZES), TAG)
        campaign = world.make_campaign(env, company, TAG)
        rows = [("customers", "p50", "p95", "one customer, p50", "verdicts")]
        for size in SIZES:
            rows.append(measure(env, campaign.entry_ids[:size], options.times))
        world.forget(env, TAG)
    world.table(f"dialer.gate._evaluate, {options.times} times each", rows)


def measure(env, entries, times: int) -> tuple:
    """Time the gate with a cold cache, as each request finds it."""
    seen = set()

    def ask():
        env.invalidate_all()
        verdicts = env["dialer.gate"]._evaluate(entries)
        seen.update(verdict.state for verdict in verdicts.values())
        assert len(verdicts) == len(entries)

    before = world.lookups()
    spent = world.clock(ask, times)
    assert world.lookups() - before >= times, "the gate did not ask every time"
    return (
        len(entries),
        f"{world.p50(spent):.1f} ms",
        f"{world.p95(spent):.1f} ms",
        f"{world.p50(spent) / len(entries):.2f} ms",
        ", ".join(sorted(seen)),
    )


if __name__ == "__main__":
    main()
