"""Four workers and one breaker: it opens and closes for all, and nobody leaks."""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import psutil
import requests
import world

from scripts.rpc import Client

TAG = "bench-workers"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    registry = world.registry()
    world.close_conversations()
    set_fault("none")
    with prepared(registry, options) as (campaign_id, result_id):
        with world.server(options.workers) as (url, _process):
            room = Room(url, campaign_id, result_id, options.agents)
            rows = play(registry, room, options)
    world.table(f"{options.workers} workers, {options.agents} agents", rows)


@contextmanager
def prepared(registry, options):
    """Yield ids of a campaign and of a result; all is removed at the end."""
    with world.environment(registry) as env:
        world.forget(env, TAG)
        company = world.make_company(env)
        company.plinx_failure_policy = "hold"
        world.make_agents(env, company, options.agents)
        world.make_customers(env, company, 200, TAG)
        campaign_id = world.make_campaign(env, company, TAG).id
        result_id = env.ref("dialer_plinx_gate.result_sale").id
    try:
        yield campaign_id, result_id
    finally:
        set_fault("none")
        with world.environment(registry) as env:
            world.forget(env, TAG)


class Room:
    """Agents who all press their buttons at the same time."""

    def __init__(self, url, campaign_id, result_id, count):
        self.pool = ThreadPoolExecutor(count)
        self.result_id = result_id
        logins = [f"bench_agent_{number}" for number in range(count)]
        self.clients = [Client(url, login, login) for login in logins]
        self.sessions = [
            client.call("dialer.session", "start", campaign_id)["session_id"]
            for client in self.clients
        ]

    def together(self, action, rounds: int = 1) -> list:
        """Run the action for every agent at once, several times; give the results."""
        pairs = list(zip(self.clients, self.sessions, strict=True))
        return [
            result
            for _ in range(rounds)
            for result in self.pool.map(lambda pair: action(*pair), pairs)
        ]

    def next(self, rounds: int = 1) -> list[dict]:
        """Everybody's next contact."""
        return self.together(
            lambda client, session: client.call(
                "dialer.session", "next_contact", [session]
            ),
            rounds,
        )

    def call_once(self, client, session):
        """One whole call."""
        state = client.call("dialer.session", "next_contact", [session])
        assert state["decision"] == "dial", state
        client.call("dialer.session", "dial", [session])
        client.call("dialer.session", "register_result", [session], self.result_id)


def play(registry, room, options) -> list[tuple]:
    """Bring Plinx down and up again; give the rows of the table.

    :raise AssertionError: when one worker did not follow the others
    """
    room.together(room.call_once, options.rounds)
    before = sockets()
    set_fault("http-500")
    # Failures within a moment are a blip, and open nothing.
    opening = asked(lambda: [room.next(), time.sleep(5), room.next(), room.next()])
    assert state_of(registry) == "open", state_of(registry)
    assert len(before) == options.workers, before
    with everybody_works(before):
        refused = asked(lambda: check_hold(room.next(options.rounds)))
    assert refused == 0, f"{refused} lookups while the breaker was open"
    end_pause(registry)
    probes = asked(lambda: check_hold(room.next()))
    assert probes == 1, f"{probes} probes at once"
    assert state_of(registry) == "open"
    set_fault("none")
    end_pause(registry)
    room.next()
    shown = room.next()
    assert {state["decision"] for state in shown} == {"dial"}, shown
    assert state_of(registry) == "ok", state_of(registry)
    room.together(finish(room))
    room.together(room.call_once, options.rounds)
    after = sockets()
    assert max(after.values(), default=0) <= 1, after
    return [
        ("what", "value"),
        ("lookups until the breaker was open", opening),
        ("lookups while it was open, all workers at work", refused),
        ("probes when the pause was over for all at once", probes),
        ("agents with a customer again", len(shown)),
        ("connections to Plinx before, by worker", list(before.values())),
        ("connections to Plinx after, by worker", list(after.values())),
    ]


def finish(room):
    """The end of the call with the customer on screen."""

    def action(client, session):
        client.call("dialer.session", "dial", [session])
        client.call("dialer.session", "register_result", [session], room.result_id)

    return action


def check_hold(states):
    """Make sure that nobody was dialed."""
    assert {state["decision"] for state in states} == {"hold"}, states


def asked(action) -> int:
    """Run the action; give how many lookups reached Plinx meanwhile."""
    before = world.lookups()
    action()
    return world.lookups() - before


def set_fault(kind: str) -> None:
    """Switch a fault of the sandbox on."""
    reply = requests.put(
        f"{world.SANDBOX}/sandbox/fault", json={"kind": kind}, timeout=10
    )
    reply.raise_for_status()


def state_of(registry) -> str:
    """The state of the connection as committed."""
    with world.environment(registry) as env:
        return env["plinx.connection"]._of(world.make_company(env)).state


def end_pause(registry) -> None:
    """Bring the next try forward, instead of waiting for 30 seconds and more."""
    now = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(seconds=1)
    with world.environment(registry) as env:
        connection = env["plinx.connection"]._of(world.make_company(env))
        connection.breaker = {**connection.breaker, "open_until": now.isoformat()}


def children() -> list[psutil.Process]:
    """The processes of the Odoo that this script started."""
    return psutil.Process(os.getpid()).children(recursive=True)


def sockets() -> dict[int, int]:
    """Open connections to the sandbox, by process id."""
    port = int(world.SANDBOX.rsplit(":", 1)[1])
    found = {}
    for process in children():
        try:
            connections = process.net_connections()
        except psutil.NoSuchProcess:
            continue
        count = sum(bool(one.raddr) and one.raddr.port == port for one in connections)
        if count:
            found[process.pid] = count
    return found


def cpu_seconds() -> dict[int, float]:
    """What each of those processes has worked so far."""
    spent = {}
    for process in children():
        try:
            spent[process.pid] = sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return spent


@contextmanager
def everybody_works(pids):
    """Make sure that each of these processes had work to do."""
    before = cpu_seconds()
    yield
    spent = cpu_seconds()
    idle = [pid for pid in pids if spent.get(pid, 0) <= before[pid]]
    assert not idle, f"workers without work: {idle}"


if __name__ == "__main__":
    main()
