"""A day of an outbound room in a minute: does the promise hold where all goes wrong?

Agents call over JSON-RPC while conversations open and close in Plinx, pushes are
lost, doubled, late, out of order and forged, Plinx is slow, limits, fails and answers
nonsense, some customers share a number or write two into one field, supervisors block
numbers, and contacts are edited and merged, also in mid-call. An oracle keeps the
truth by the sandbox's own clock, and judges every call by it.

It shows how many customers were dialed who were in conversation when Plinx was asked,
how often one number was in two calls, how many are withheld once all is over, and
which errors reached a person. What must be 0 and is not ends it with code 1, unless
``--report`` is given. Time runs faster by short calls and frequent jobs only.
"""

from __future__ import annotations

import argparse
import configparser
import os
import random
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import world
from day_people import RESULTS, Agent, Office, Timetable
from day_provider import SECRET, Postman, Provider
from day_truth import Change, Customer, Truth

TAGS = ("bench-day 1", "bench-day 2")
SPELLINGS = (
    "+55 47 {0}-{1}",
    "(47) {0}-{1}",
    "047 {0} {1}",
    "+5547{0}{1}",
    "0XX47 {0}-{1}",
)
FIELDS = (
    "{0} / {1}",
    "{0} ou {1}",
    "{0} / {1} (whats)",
    "WhatsApp: {0}; recado: {1}",
)
# One after the other, each at some moment of its part of the day.
FAULTS = (
    ({"kind": "slow", "seconds": 0.7}, 4),
    ({"kind": "http-429", "retry_after": 1}, 2),
    ({"kind": "http-503"}, 3),
    ({"kind": "garbage"}, 2),
    ({"kind": "down"}, 4),
)
FAULT_EVERY = 12
COMPARE_EVERY = 20
LEAST_UNTIDY = 8
SETTLE_SECONDS = 60
MUST_BE_NONE = (
    "dialed while active at lookup",
    "dialed without a live answer",
    "dialed after the number was blocked",
)


class Day:
    """One day: its people, its plan and its truth.

    :param options: of the command line
    :param Provider provider: the sandbox
    """

    def __init__(self, options, provider):
        self.options, self.provider = options, provider
        self.truth = Truth(lambda: provider.now().timestamp())
        provider.truth = self.truth
        self.dice = random.Random(options.seed)
        self.over, self.begin = threading.Event(), 0.0
        self.agents, self.gone, self._open = [], set(), []
        self._fresh = 81_000_000

    def fresh_number(self) -> str:
        """A number that nobody has."""
        self._fresh += 1
        return f"55479{self._fresh}"

    # The customers

    def phones(self) -> list[tuple[str, frozenset]]:
        """What the customers' phone fields hold, and which numbers these are.

        Every so many customers one has the number of the customer before, spelled in
        another way, or writes a second number into the field; eight at the least.
        """
        count = self.options.customers
        untidy = max(LEAST_UNTIDY, round(count * self.options.untidy / 100))
        places = self.dice.sample(range(1, count), untidy)
        shared, double = set(places[::2]), set(places[1::2])
        found, number = [], ""
        for place in range(count):
            if place not in shared:
                number = f"55479{80_000_001 + place}"
            text, numbers = self.spell(number), frozenset([number])
            if place in double:
                second = self.fresh_number()
                text = self.dice.choice(FIELDS).format(text, self.spell(second))
                numbers |= {second}
            found.append((text, numbers))
        self.truth.count(self.truth.counts, "share a number", len(shared))
        self.truth.count(self.truth.counts, "two numbers in a field", len(double))
        return found

    def spell(self, number: str) -> str:
        """Write a number as people do."""
        return self.dice.choice(SPELLINGS).format(number[4:9], number[9:])

    # The conversations

    def start_conversation(self, number: str, short_form=False):
        """Open a conversation with a number in Plinx.

        :param bool short_form: under the id without the ninth digit
        """
        wa_id = number[:4] + number[5:] if short_form else number
        open_it = self.provider.open_conversation
        one = self.truth.open(wa_id, lambda: open_it(wa_id))
        self._open.append((one, wa_id))
        self.truth.count(self.truth.counts, "conversations")
        return one, wa_id

    def end_conversation(self, one, wa_id):
        """Close it."""
        self.truth.close(one, lambda: self.provider.close_conversation(wa_id))

    def end_all_conversations(self):
        """Close what is still open."""
        for one, wa_id in self._open:
            if not one.closed:
                self.end_conversation(one, wa_id)

    def plan_conversations(self) -> list:
        """Most customers are in conversation once, some of them twice at once.

        All who write two numbers are: on the second one.
        """
        plan, taken = [], set()
        for customer in self.truth.customers.values():
            numbers = sorted(customer.phones[0].value)
            untidy = len(numbers) > 1
            number = numbers[-1]
            if number in taken or (not untidy and self.dice.random() < 0.35):
                continue
            taken.add(number)
            self._plan_one(plan, number)
        return plan

    def _plan_one(self, plan, number):
        dice = self.dice
        at = dice.uniform(-2, self.options.seconds)
        short, lasts = dice.random() < 0.5, dice.choice((3, 8, 20, 40))
        self._plan_stay(plan, number, short, at, lasts * dice.uniform(0.7, 1.3))
        if dice.random() < 0.15:
            self._plan_stay(plan, number, not short, at + dice.uniform(0.3, 2), 1)

    def _plan_stay(self, plan, number, short_form, at, lasts):
        stay = []

        def conversation_opens():
            stay.append(self.start_conversation(number, short_form))

        def conversation_closes():
            self.end_conversation(*stay[0])

        plan += [(at, conversation_opens), (at + lasts, conversation_closes)]

    def plan_faults(self) -> list:
        """One fault in each part of the day, in an order that the seed gives."""
        kinds, plan = self.dice.sample(FAULTS, len(FAULTS)), []
        for part in range(self.options.seconds // FAULT_EVERY):
            fault, lasts = kinds[part % len(kinds)]
            at = part * FAULT_EVERY + self.dice.uniform(2, FAULT_EVERY - lasts - 1)
            plan += [
                (at, partial(self.fault, fault)),
                (at + lasts, partial(self.fault, {"kind": "none"})),
            ]
        return plan

    def fault(self, fault):
        """Switch a fault of Plinx on or off."""
        self.provider.set_fault(fault)
        if fault["kind"] != "none":
            self.truth.count(self.truth.faults, f"Plinx {fault['kind']}")

    def plan_office(self, office) -> list:
        """What supervisors change, and when Odoo's own jobs run."""
        seconds, plan = self.options.seconds, []
        often = ((office.block, 3), (office.edit, 2), (office.merge, 5))
        for action, every in often:
            for number in range(seconds // every):
                plan.append(((number + self.dice.random()) * every, action))
        for at in range(COMPARE_EVERY, seconds, COMPARE_EVERY):
            plan.append((at, office.compare))
        for quarter in range(4):
            asks = bool(quarter % 2)
            plan.append((quarter * seconds / 4, partial(office.ask_agents, asks)))
        return plan

    # The day

    def run(self, url: str) -> None:
        """Let everybody work until the end, then let all come to rest."""
        postman = Postman(self.truth, self.options.seed)
        postman.target = f"{url}{self.webhook_path}"
        self.provider.set_webhook(postman.url, SECRET)
        self.agents = [Agent(self, url, n) for n in range(self.options.agents)]
        office = Office(self, url)
        plans = (
            self.plan_conversations(),
            self.plan_faults(),
            self.plan_office(office),
        )
        self.begin = time.monotonic()
        people = [*self.agents, *(Timetable(self, plan) for plan in plans)]
        for person in people:
            person.start()
        time.sleep(self.options.seconds)
        self.over.set()
        for person in people:
            person.join()
        self.rest(postman, office)

    def rest(self, postman, office):
        """Close all conversations, wait for all pushes, compare once."""
        self.provider.set_fault({"kind": "none"})
        self.end_all_conversations()
        settled = self.provider.wait_webhooks(SETTLE_SECONDS)
        if not (settled and postman.settle(SETTLE_SECONDS)):
            self.truth.count(self.truth.errors, "pushes under way at the end")
        postman.shutdown()
        with world.environment(self.registry) as env:
            self.withheld_before = self.withheld(env)
            # a breaker that is open would put the comparison off for minutes
            env["plinx.connection"]._of(world.make_company(env))._reset()
        office.compare()
        with world.environment(self.registry) as env:
            self.withheld_after = self.withheld(env)
            self.states = self.count_states(env)

    def withheld(self, env) -> int:
        """Count who still waits for the end of a conversation."""
        return env["dialer.queue.entry"].search_count(
            [
                ("campaign_id", "in", self.campaign_ids),
                ("state", "=", "pending"),
                ("wait_reason", "=", "conversation"),
                ("next_call_at", ">", env.cr.now()),
            ]
        )

    def count_states(self, env) -> dict:
        """Count the entries of all campaigns by state."""
        found = {}
        for campaign_id in self.campaign_ids:
            for state, count in world.states(env, campaign_id).items():
                found[state] = found.get(state, 0) + count
        return found

    # The room

    def prepare(self, registry) -> None:
        """Make company, people, customers and campaigns, and keep what is needed."""
        self.registry = registry
        with world.environment(registry) as env:
            forget(env)
            company = make_company(env)
            world.make_agents(env, company, self.options.agents)
            make_supervisor(env, company)
            self._make_customers(env, company)
            self.campaign_ids = [
                world.make_campaign(env, company, tag).id for tag in TAGS
            ]
            ref = "dialer_plinx_gate.%s"
            self.company_id = company.id
            self.settings_id = env["dialer.settings"]._ensure_for(company).id
            self.webhook_path = f"/plinx/webhook/{company.plinx_webhook_key}"
            self.results = {
                code: env.ref(ref % f"result_{code}").id for code in RESULTS
            }
            crons = ("ir_cron_reconcile_conversations", "ir_cron_release_reservations")
            self.cron_ids = [env.ref(ref % name).id for name in crons]

    def _make_customers(self, env, company):
        """Half of the customers in each campaign, neighbours in both."""
        phones = self.phones()
        partners = env["res.partner"].create(
            [
                {
                    "name": f"Customer {place}",
                    "ref": TAGS[place // 2 % len(TAGS)],
                    "phone": text,
                    "country_id": company.country_id.id,
                    "company_id": company.id,
                }
                for place, (text, _numbers) in enumerate(phones)
            ]
        )
        now = self.truth.clock()
        for partner, (_text, numbers) in zip(partners, phones, strict=True):
            known = Customer(partner.id, [Change(now, now, numbers)])
            self.truth.customers[partner.id] = known


def make_company(env):
    """The benches' company, with the rules of this day."""
    company = world.make_company(env)
    company.write(
        {
            "plinx_webhook_secret": SECRET,
            "plinx_failure_policy": "hold",
            "dial_active_whatsapp": False,
            "dialer_call_anyway": False,
            "whatsapp_pause_mode": "hold_next",
            "plinx_skip_retry_minutes": 60,
        }
    )
    env["plinx.connection"]._of(company)._reset()
    return company


def make_supervisor(env, company):
    """A supervisor who may also merge contacts, made once."""
    login = "bench_supervisor"
    if env["res.users"].search_count([("login", "=", login)]):
        return
    groups = ("dialer_plinx_gate.group_dialer_supervisor", "base.group_partner_manager")
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": login,
            "login": login,
            "password": login,
            "company_id": company.id,
            "company_ids": [(6, 0, company.ids)],
            "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
        }
    )


def forget(env) -> None:
    """Remove what an earlier day left, and take its customers out of the way."""
    for tag in TAGS:
        world.forget(env, tag)
    partners = env["res.partner"].search([("ref", "in", TAGS)])
    partners.write({"ref": False, "active": False})
    company = world.make_company(env)
    tables = ("plinx_conversation", "plinx_webhook_event", "dialer_do_not_call")
    for table in tables:
        env.cr.execute(f"DELETE FROM {table} WHERE company_id = %s", [company.id])
    env.invalidate_all()


@contextmanager
def own_configuration(url: str):
    """Have servers started meanwhile speak to this sandbox, not to the benches'."""
    usual = os.environ["ODOO_RC"]
    parser = configparser.RawConfigParser()
    parser.read(usual)
    parser["dialer_plinx_gate"]["plinx_allowed_hosts"] = url.split("//")[1]
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "odoo.conf"
        own.touch(mode=0o600)
        with own.open("w") as file:
            parser.write(file)
        os.environ["ODOO_RC"] = str(own)
        try:
            yield
        finally:
            os.environ["ODOO_RC"] = usual


def rows_of(day) -> list[tuple]:
    """The table: what, how many, and what it must be."""
    counts, errors = day.truth.counts, day.truth.errors
    held = sum(day.states.get(s, 0) for s in ("reserved", "asking", "dialing"))
    longest = max(agent.longest for agent in day.agents)
    tolerated = max(1, counts["skipped"] // 100)
    must = {name: counts.pop(name, 0) for name in MUST_BE_NONE}
    shown = ("contacts", "asked", "skipped")
    return [
        ("what", "value", "must be"),
        ("agents", day.options.agents, ""),
        ("seconds", day.options.seconds, ""),
        ("contacts", counts.pop("contacts", 0), ""),
        ("dials", len(day.truth.calls), ""),
        *((name, value, 0) for name, value in must.items()),
        ("one number in two calls", day.truth.doubles(), 0),
        ("customers left in an agent's hands", held, 0),
        ("withheld after the end, before a comparison", day.withheld_before, ""),
        ("withheld after the end", day.withheld_after, f"<= {tolerated}"),
        ("customers asked / skipped", f"{counts['asked']} / {counts['skipped']}", ""),
        *((n, f"{v:g}", "") for n, v in sorted(counts.items()) if n not in shown),
        ("longest wait of an agent", f"{longest:.1f} s", ""),
        ("lookups, answered well", _share(day.truth.lookups), ""),
        ("states at the end", day.states, ""),
        ("unexpected errors", sum(errors.values()), 0),
        *((f"  {name}", count, "") for name, count in errors.most_common()),
        *((f"fault: {n}", v, "") for n, v in sorted(day.truth.faults.items())),
    ]


def _share(lookups) -> str:
    good = sum(lookup.good for lookup in lookups)
    return f"{good} of {len(lookups)}"


def is_broken(rows) -> bool:
    """Whether a number is not what it must be."""
    limits = ((value, str(must)) for _name, value, must in rows[1:] if must != "")
    return any(value > int(must.removeprefix("<= ")) for value, must in limits)


def main() -> int:
    """Return 1 when a promise was broken and ``--report`` is not given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--untidy", type=float, default=1.5, help="per cent")
    parser.add_argument("--report", action="store_true", help="never fail")
    options = parser.parse_args()
    registry = world.registry()
    with Provider(token=world.TOKEN) as provider, own_configuration(provider.url):
        world.SANDBOX = provider.url
        world.allow(provider.url)
        day = Day(options, provider)
        day.prepare(registry)
        with world.server(options.workers) as (url, _process):
            day.run(url)
    with world.environment(registry) as env:
        forget(env)
    rows = rows_of(day)
    world.table(f"A simulated day, seed {options.seed}", rows)
    return int(is_broken(rows) and not options.report)


if __name__ == "__main__":
    sys.exit(main())
