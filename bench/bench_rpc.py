"""The next contact over JSON-RPC, with a live lookup, against writing one field."""

from __future__ import annotations

import argparse
import time

import world

from scripts.rpc import Client

TAG = "bench-rpc"


def timed(spent: list[float], call, *args):
    """Make a call, note its seconds, give its result."""
    begin = time.perf_counter()
    result = call(*args)
    spent.append(time.perf_counter() - begin)
    return result


def measure(url: str, campaign_id: int, result_id: int, times: int):
    """Alternate both calls on one server, so that its load is the same for both."""
    agent = Client(url, "bench_agent_0", "bench_agent_0")
    admin = Client(url, "admin", "admin")
    partner = admin.call("res.users", "read", [admin.uid], ["partner_id"])
    partner_id = partner[0]["partner_id"][0]
    session_id = agent.call("dialer.session", "start", campaign_id)["session_id"]
    asked, written = [], []
    for number in range(times + 5):
        values = {"function": f"Function {number}"}
        timed(written, admin.call, "res.partner", "write", [partner_id], values)
        state = timed(asked, agent.call, "dialer.session", "next_contact", [session_id])
        assert state["decision"] == "dial", state
        agent.call("dialer.session", "dial", [session_id])
        agent.call("dialer.session", "register_result", [session_id], result_id)
    return sorted(asked[5:]), sorted(written[5:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=150)
    parser.add_argument("--queue", type=int, default=20_000)
    options = parser.parse_args()
    registry = world.registry()
    campaign_id, done = world.room(registry, TAG, 1, options.queue)
    before = world.lookups()
    with world.server(workers=2) as (url, _process):
        asked, written = measure(url, campaign_id, done, options.times)
    live = world.lookups() - before
    with world.environment(registry) as env:
        world.forget(env, TAG)
    ratio = world.p50(asked) / world.p50(written)
    world.table(
        f"JSON-RPC, {options.queue:,} waiting, {live} live lookups",
        [
            ("call", "p50", "p95"),
            ("write one field of res.partner", *_spread(written)),
            ("next_contact", *_spread(asked)),
            ("ratio of p50 (limit 3)", f"{ratio:.2f}", ""),
        ],
    )


def _spread(seconds: list[float]) -> tuple[str, str]:
    return f"{world.p50(seconds):.1f} ms", f"{world.p95(seconds):.1f} ms"


if __name__ == "__main__":
    main()
