"""Workers killed with SIGKILL while agents call: nobody lost, nobody attended twice."""

from __future__ import annotations

import argparse
import random
import signal
import threading
import time
from collections import Counter

import psutil
import requests
import world

from scripts.console import Failure
from scripts.rpc import Client

TAG = "bench-kill"


class Agent(threading.Thread):
    """One agent whose client says again what the network may have lost."""

    def __init__(self, url, number, campaign_id, result_id):
        super().__init__()
        login = f"bench_agent_{number}"
        self.client = Client(url, login, login)
        self.campaign_id, self.result_id = campaign_id, result_id
        self.calls = self.lost_answers = 0
        self.errors = []

    def call(self, *args):
        """Call the server until it answers, as the console does."""
        while True:
            try:
                return self.client.call(*args)
            except (requests.RequestException, ValueError):
                self.lost_answers += 1
                time.sleep(0.2)

    def run(self):
        """Work until nobody is left to call."""
        try:
            self.work()
        except Failure as error:
            self.errors.append(str(error))

    def work(self):
        """Next, dial, result; the result names the customer, so it is saved once."""
        name = "dialer.session"
        session = self.call(name, "start", self.campaign_id)["session_id"]
        while True:
            state = self.call(name, "get_state", [session])
            if not state["entry"]:
                state = self.call(name, "next_contact", [session])
            if state["decision"] == "searching":
                continue
            if not state["entry"]:
                break
            entry = state["entry"]["id"]
            self.call(name, "dial", [session])
            self.call(
                name, "register_result", [session], self.result_id, None, None, entry
            )
            self.calls += 1


def killer(process, agents, every: float) -> int:
    """Kill a worker from time to time while agents work; tell how many."""
    killed = 0
    parent = psutil.Process(process.pid)
    while any(agent.is_alive() for agent in agents):
        time.sleep(every)
        workers = parent.children()
        if workers:
            random.choice(workers).send_signal(signal.SIGKILL)
            killed += 1
    return killed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=5_000)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--every", type=float, default=3.0, help="seconds")
    options = parser.parse_args()
    registry = world.registry()
    campaign_id, done = world.room(registry, TAG, options.agents, options.contacts)
    with world.server(options.workers) as (url, child):
        agents = [
            Agent(url, number, campaign_id, done) for number in range(options.agents)
        ]
        begin = time.monotonic()
        for agent in agents:
            agent.start()
        killed = killer(child.process, agents, options.every)
        spent = time.monotonic() - begin
    report(registry, campaign_id, agents, killed, spent, options.contacts)


def report(registry, campaign_id, agents, killed, spent, contacts):
    """Count what stands in the database."""
    with world.environment(registry) as env:
        states = world.states(env, campaign_id)
        env.cr.execute(
            "SELECT entry_id FROM dialer_attendance WHERE campaign_id = %s",
            [campaign_id],
        )
        attended = Counter(row[0] for row in env.cr.fetchall())
        world.forget(env, TAG)
    world.table(
        f"{contacts:,} contacts, a worker killed {killed} times, {spent:.0f} s",
        [
            ("what", "value"),
            ("entries lost", contacts - sum(states.values())),
            ("done without an attendance", states.get("done", 0) - len(attended)),
            ("attended twice", sum(1 for n in attended.values() if n > 1)),
            ("answers that never came", sum(a.lost_answers for a in agents)),
            ("errors reaching an agent", sum(len(a.errors) for a in agents)),
            ("states at the end", states),
        ],
    )
    for agent in agents:
        for error in agent.errors[:1]:
            print(error[-1200:])


if __name__ == "__main__":
    main()
