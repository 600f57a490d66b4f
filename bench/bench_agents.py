"""Many agents at once on one queue, each over JSON-RPC, until nobody is left."""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter

import world

from scripts.console import Failure
from scripts.rpc import Client

TAG = "bench-agents"


class Agent(threading.Thread):
    """One agent: next, dial, result, and so on."""

    def __init__(self, url, number, campaign_id, result_id):
        super().__init__()
        login = f"bench_agent_{number}"
        self.client = Client(url, login, login)
        self.campaign_id, self.result_id, self.until = campaign_id, result_id, 0
        self.entries, self.errors, self.waits = [], [], []

    def run(self):
        """Work until the queue is empty or the time is over."""
        try:
            self.work()
        except Failure as error:
            self.errors.append(str(error))

    def work(self):
        """The agent's day."""
        call = self.client.call
        session = call("dialer.session", "start", self.campaign_id)["session_id"]
        while time.monotonic() < self.until:
            begin = time.perf_counter()
            state = call("dialer.session", "next_contact", [session])
            self.waits.append(time.perf_counter() - begin)
            if state["decision"] == "searching":
                continue
            if state["decision"] != "dial":
                break
            self.entries.append(state["entry"]["id"])
            call("dialer.session", "dial", [session])
            call("dialer.session", "register_result", [session], self.result_id)
        call("dialer.session", "close", [session])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=32)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    registry = world.registry()
    campaign_id, done = world.room(registry, TAG, options.agents, options.customers)
    with world.server(options.workers) as (url, _process):
        agents = [
            Agent(url, number, campaign_id, done) for number in range(options.agents)
        ]
        begin = time.monotonic()
        for agent in agents:
            agent.until = begin + options.seconds
            agent.start()
        for agent in agents:
            agent.join()
        spent = time.monotonic() - begin
    report(registry, campaign_id, agents, spent, options)


def report(registry, campaign_id, agents, spent, options):
    """Print what came of it, counted on the agents' side and in the database."""
    taken = [entry for agent in agents for entry in agent.entries]
    errors = [error for agent in agents for error in agent.errors]
    for error in errors[:3]:
        print(error[-1500:])
    waits = sorted(wait for agent in agents for wait in agent.waits)
    with world.environment(registry) as env:
        states = world.states(env, campaign_id)
        attended = env["dialer.attendance"].search_count(
            [("campaign_id", "=", campaign_id)]
        )
        world.forget(env, TAG)
    lost = options.customers - sum(states.values()) + len(taken) - states.get("done", 0)
    world.table(
        f"{options.agents} agents on {options.customers:,} entries, "
        f"{options.workers} workers, {spent:.0f} s",
        [
            ("what", "value"),
            ("contacts", f"{len(taken):,}"),
            ("contacts a second, all agents", f"{len(taken) / spent:.1f}"),
            ("taken twice", sum(1 for n in Counter(taken).values() if n > 1)),
            ("lost", lost),
            ("attendances - contacts", attended - len(taken)),
            ("errors reaching an agent", len(errors)),
            (
                "next_contact p50 / p95",
                f"{world.p50(waits):.0f} / {world.p95(waits):.0f} ms",
            ),
            ("states at the end", states),
        ],
    )


if __name__ == "__main__":
    main()
