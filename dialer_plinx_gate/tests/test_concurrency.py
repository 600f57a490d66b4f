# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several agents at once, each with a thread and a database connection of its own.

The data is committed, so that all connections see it, and removed at the end. Every
request runs as Odoo's HTTP layer runs it: again when another was faster.
"""

import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from uuid import uuid4

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged

from .common import DialerData, SandboxMixin

AGENTS = 8
# Nobody waits longer than this for the others; a test that gets here has failed.
PATIENCE = 120


class ConcurrencyCase(SandboxMixin, DialerData, BaseCase):
    """A company with committed data, removed when the class is done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.start_sandbox()
        cls.tag = uuid4().hex[:8]
        with cls.committing() as env:
            cls.env = env
            cls.make_company()
            cls.company.name = f"Concorrência {cls.tag}"
            users = [
                cls.make_user(f"agent_{number}_{cls.tag}", "agent")
                for number in range(AGENTS)
            ]
            cls.user_ids = [user.id for user in users]
            cls.company_id = cls.company.id
            cls.calendar_id = cls.company.resource_calendar_id.id
            cls.done_id = env.ref("dialer_plinx_gate.result_sale").id
            cls.retry_id = env.ref("dialer_plinx_gate.result_no_answer").id
        cls.addClassCleanup(cls.remove_all)

    @classmethod
    @contextmanager
    def committing(cls):
        """An environment of the superuser whose changes are committed."""
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    @classmethod
    def remove_all(cls):
        """Remove what was committed, in the order that the database allows."""
        with cls.committing() as env:
            own = [("company_id", "=", cls.company_id)]
            for model in ("dialer.campaign", "dialer.attendance"):
                env[model].with_context(active_test=False).search(own).unlink()
            env["res.partner"].search([*own, ("user_ids", "=", False)]).unlink()
            users = env["res.users"].browse(cls.user_ids)
            people = users.partner_id
            users.unlink()
            people.unlink()
            company = env["res.company"].browse(cls.company_id)
            office = company.partner_id
            env["dialer.settings"].search(own).unlink()
            company.unlink()
            office.unlink()
            env["resource.calendar"].browse(cls.calendar_id).unlink()

    def setUp(self):
        super().setUp()
        self.errors = []

    def queue(self, count, start=1000, customers=None, **values):
        """Make a campaign with customers of its own, or with those given.

        :return: id of the campaign, ids of the customers
        """
        with self.committing() as env:
            cls = type(self)
            cls.env, cls.brazil = env, env.ref("base.br")
            cls.company = env["res.company"].browse(self.company_id)
            partners = env["res.partner"].browse(customers or ())
            partners = partners or self.make_customers(count, self.tag, start)
            campaign = self.make_campaign(partners, **values)
            return campaign.id, partners.ids

    def request(self, number, method, *args, **kwargs):
        """One request of an agent, in a transaction of its own."""
        with self.registry.cursor() as cr:
            context = {"allowed_company_ids": [self.company_id]}
            env = api.Environment(cr, self.user_ids[number], context)
            sessions = env["dialer.session"]
            if method == "start":
                return retrying(lambda: sessions.start(*args), env)
            session = sessions.search([("state", "!=", "closed")], limit=1)
            return retrying(lambda: getattr(session, method)(*args, **kwargs), env)

    def together(self, *works):
        """Run these at the same moment, each in a thread, and wait for all.

        :return: what they returned, in order
        """
        barrier, results = threading.Barrier(len(works)), [None] * len(works)

        def run(index, work):
            try:
                barrier.wait(PATIENCE)
                results[index] = work()
            except Exception as error:  # noqa: BLE001 - told to the test below
                self.errors.append(repr(error))

        threads = [
            threading.Thread(target=run, args=pair, daemon=True)
            for pair in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertFalse([thread for thread in threads if thread.is_alive()])
        self.assertEqual(self.errors, [])
        return results

    def work_through(self, number, result_id):
        """Call until nobody is left.

        :return: ids of the entries that this agent called
        """
        called, until = [], time.monotonic() + PATIENCE
        while time.monotonic() < until:
            state = self.request(number, "next_contact")
            if state["decision"] == "searching":
                continue
            if state["decision"] != "dial":
                break
            if self.request(number, "dial").get("uri"):
                called.append(state["entry"]["id"])
                self.request(number, "register_result", result_id)
        return called

    def rows(self, model, domain, *names):
        with self.committing() as env:
            return [
                tuple(
                    record[name].id if "_id" in name else record[name] for name in names
                )
                for record in env[model].search(domain)
            ]


@tagged("post_install", "-at_install")
class TestConcurrency(ConcurrencyCase):
    def test_agents_who_press_next_at_once_get_different_customers(self):
        campaign, _customers = self.queue(AGENTS)
        for number in range(AGENTS):
            self.request(number, "start", campaign)
        states = self.together(
            *(lambda n=n: self.request(n, "next_contact") for n in range(AGENTS))
        )
        entries = {state["entry"]["id"] for state in states}
        self.assertEqual(len(entries), AGENTS)

    def test_eight_agents_call_everybody_exactly_once(self):
        campaign, customers = self.queue(64, start=2000)
        for number in range(AGENTS):
            self.request(number, "start", campaign)
        called = self.together(
            *(lambda n=n: self.work_through(n, self.done_id) for n in range(AGENTS))
        )
        counted = Counter(entry for entries in called for entry in entries)
        self.assertEqual(len(counted), len(customers))
        self.assertEqual(set(counted.values()), {1})
        entries = self.rows(
            "dialer.queue.entry", [("campaign_id", "=", campaign)], "state", "attempts"
        )
        self.assertEqual(Counter(entries), {("done", 1): len(customers)})
        attended = self.rows(
            "dialer.attendance", [("campaign_id", "=", campaign)], "partner_id"
        )
        self.assertEqual(Counter(attended), {(id_,): 1 for id_ in customers})

    def test_yes_in_many_tabs_at_once_makes_one_attendance(self):
        campaign, customers = self.queue(2, start=3000)
        self.sandbox.open_conversation("5547988003000")
        with self.committing() as env:
            env["res.company"].browse(self.company_id).dial_active_whatsapp = True
        self.addCleanup(self.turn_off)
        self.request(0, "start", campaign)
        entry = self.request(0, "next_contact")["entry"]["id"]
        states = self.together(
            *(
                lambda: self.request(0, "answer", "yes", entry_id=entry)
                for _tab in range(4)
            )
        )
        self.assertEqual({state["state"] for state in states}, {"paused"})
        attended = self.rows(
            "dialer.attendance", [("campaign_id", "=", campaign)], "partner_id"
        )
        self.assertEqual(attended, [(customers[0],)])
        domain = [("res_model", "=", "res.partner"), ("res_id", "=", customers[0])]
        activities = self.rows("mail.activity", domain, "summary")
        self.assertEqual(len(activities), 1)

    def turn_off(self):
        with self.committing() as env:
            env["res.company"].browse(self.company_id).dial_active_whatsapp = False

    def test_result_saved_in_many_tabs_at_once_makes_one_attendance(self):
        campaign, _customers = self.queue(1, start=3500)
        self.request(0, "start", campaign)
        entry = self.request(0, "next_contact")["entry"]["id"]
        self.request(0, "dial")
        states = self.together(
            *(
                lambda: self.request(0, "register_result", self.done_id, entry_id=entry)
                for _tab in range(3)
            )
        )
        self.assertEqual(len({state["attendance_id"] for state in states}), 1)

    def test_customer_of_two_campaigns_is_called_once_within_the_gap(self):
        rules = {"min_gap_minutes": 60}
        first, customers = self.queue(12, start=4000, **rules)
        second, _same = self.queue(0, customers=customers, **rules)
        for number in range(4):
            self.request(number, "start", (first, second)[number % 2])
        self.together(
            *(lambda n=n: self.work_through(n, self.retry_id) for n in range(4))
        )
        attended = self.rows(
            "dialer.attendance", [("campaign_id", "in", (first, second))], "partner_id"
        )
        self.assertEqual(Counter(attended), {(id_,): 1 for id_ in customers})

    def test_request_that_dies_before_its_end_takes_nobody(self):
        campaign, _customers = self.queue(1, start=5000)
        for number in range(2):
            self.request(number, "start", campaign)
        with suppress(OperationalError), self.registry.cursor() as cr:
            env = api.Environment(cr, self.user_ids[0], {})
            session = env["dialer.session"].search([("state", "!=", "closed")], limit=1)
            lost = session.next_contact()["entry"]["id"]
            env.flush_all()
            cr.execute("SELECT pg_backend_pid()")
            (process,) = cr.fetchone()
            with self.committing() as killer:
                killer.cr.execute("SELECT pg_terminate_backend(%s)", [process])
        state = self.request(1, "next_contact")
        self.assertEqual(state["entry"]["id"], lost)

    def test_one_open_session_an_agent_whatever_is_clicked(self):
        campaign, _customers = self.queue(1, start=6000)
        states = self.together(
            *(lambda: self.request(5, "start", campaign) for _tab in range(3))
        )
        self.assertEqual(len({state["session_id"] for state in states}), 1)
