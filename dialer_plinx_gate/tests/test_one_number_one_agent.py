# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One number rings from one agent at a time, whatever record it stands in."""

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged

from .common import DialerCase
from .test_concurrency import ConcurrencyCase

# One number, as different people type it.
SPELLINGS = ("+55 47 98817-0001", "(47) 8817-0001", "047 98817 0001")
KEY = "5547988170001"


@tagged("post_install", "-at_install")
class TestHeldNumbers(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.same = cls.make_customers(3, prefix="Mesmo número", start=5000)
        for customer, phone in zip(cls.same, SPELLINGS, strict=True):
            customer.phone = phone
        cls.first, cls.second = (
            cls.make_campaign(customer) for customer in cls.same[:2]
        )

    def held(self):
        return self.env["dialer.held.number"].search(
            [("company_id", "=", self.company.id)]
        )

    def test_a_number_on_a_screen_is_offered_to_nobody_else(self):
        self.start(campaign=self.first).next_contact()
        self.assertEqual(self.held().mapped("key"), [KEY])
        other = self.start(self.bruno, self.second)
        self.assertEqual(other.next_contact()["decision"], "empty")
        entry = self.entry_of(self.same[1], self.second)
        self.assertFalse(entry._reserve(other.sudo(), "reserved"))
        self.assertEqual(entry.state, "pending")

    def test_a_number_is_free_again_however_the_customer_is_left(self):
        entry = self.entry_of(self.same[0], self.first)
        ways = {
            "given back": entry._give_back,
            "put behind": entry._defer,
            "promised": lambda: entry._promise(self.later(days=1), self.ana),
            "exhausted": lambda: entry._exhaust("max_attempts"),
            "without number": entry._invalidate,
            "cancelled": entry._cancel,
            "blocked": lambda: entry._withdraw_numbers([f"+{KEY}"], self.company),
        }
        session = self.start(campaign=self.first).sudo()
        for way, leave in ways.items():
            with self.subTest(way=way):
                entry.write(entry._waiting_values(next_call_at=self.later(hours=-1)))
                self.assertTrue(entry._reserve(session, "reserved"))
                self.assertTrue(self.held())
                leave()
                self.assertFalse(self.held())

    def test_a_number_is_free_again_after_the_result(self):
        session = self.start(campaign=self.first)
        session.next_contact()
        session.dial()
        self.assertTrue(self.held())
        session.register_result(self.retry.id)
        self.assertFalse(self.held())
        other = self.start(self.bruno, self.second)
        self.assertEqual(other.next_contact()["decision"], "dial")

    def test_a_company_and_its_contact_are_one_number(self):
        office = self.env["res.partner"].create(
            {
                "name": "Escritório",
                "is_company": True,
                "company_id": self.company.id,
                "country_id": self.brazil.id,
            }
        )
        self.same[1].parent_id = office
        campaign = self.make_campaign(office)
        self.start(campaign=campaign).next_contact()
        other = self.start(self.bruno, self.first)
        self.assertEqual(other.next_contact()["decision"], "empty")

    def test_a_lead_and_a_contact_are_one_number(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Lead",
                "phone": SPELLINGS[2],
                "country_id": self.brazil.id,
                "company_id": self.company.id,
                "user_id": False,
            }
        )
        campaign = self.make_campaign(lead, target="lead")
        self.start(campaign=self.first).next_contact()
        other = self.start(self.bruno, campaign)
        self.assertEqual(other.next_contact()["decision"], "empty")

    def test_what_was_left_over_blocks_nobody_and_is_cleared(self):
        session = self.start(campaign=self.first)
        session.next_contact()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dialer_queue_entry SET state = 'done' WHERE id = %s",
            [session.sudo().entry_id.id],
        )
        self.env.invalidate_all()
        self.env["dialer.queue.entry"]._cron_release_reservations()
        self.assertFalse(self.held())
        other = self.start(self.bruno, self.second)
        self.assertEqual(other.next_contact()["decision"], "dial")


@tagged("post_install", "-at_install")
class TestDoNotCallByKey(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.customers[0]
        cls.customer.phone = f"+55 47 98817-0009 / {SPELLINGS[0]}"

    def lists(self):
        """Ways to block the second number, each a function that frees it again."""
        own = self.env["dialer.do.not.call"]
        everybody = self.env["phone.blacklist"]
        company = self.company.id
        for spelling in SPELLINGS[:2]:
            number = spelling if spelling[0] == "+" else f"+5547{KEY[5:]}"
            yield lambda n=spelling: own.create({"number": n, "company_id": company})
            yield lambda n=number: everybody.create({"number": n})

    def test_any_blocked_number_takes_the_customer_out_and_freed_brings_it_back(self):
        entry = self.entry_of(self.customer)
        for block in self.lists():
            record = block()
            with self.subTest(record=record, number=record.number):
                self.assertEqual(entry.state, "cancelled")
                record.unlink()
                self.assertEqual(entry.state, "pending")

    def test_who_is_on_a_list_with_another_number_stays_out(self):
        entry = self.entry_of(self.customer)
        first, second = self.env["dialer.do.not.call"].create(
            [
                {"number": number, "company_id": self.company.id}
                for number in ("+55 47 98817-0009", SPELLINGS[0])
            ]
        )
        first.unlink()
        self.assertEqual(entry.state, "cancelled")
        second.unlink()
        self.assertEqual(entry.state, "pending")

    def test_a_fill_leaves_out_who_has_a_blocked_number(self):
        for block in self.lists():
            record = block()
            with self.subTest(record=record):
                campaign = self.make_campaign(self.customers)
                self.assertFalse(self.entry_of(self.customer, campaign))
                self.assertEqual(len(campaign.entry_ids), len(self.customers) - 1)
                record.unlink()

    def test_a_look_stops_who_has_a_blocked_number(self):
        entry = self.entry_of(self.customer)
        for block in self.lists():
            record = block()
            with self.subTest(record=record):
                entry.state = "pending"
                self.assertEqual(entry._blocks()[entry.id].reason, "do_not_call")
                record.unlink()
                self.assertFalse(entry._blocks())


@tagged("post_install", "-at_install")
class TestSameNumberAtOnce(ConcurrencyCase):
    def queues(self):
        """Two queues, each of a contact with the same number spelled otherwise.

        :return: ids of the campaigns
        """
        found = []
        for spelling in SPELLINGS[:2]:
            campaign, customers = self.queue(1, start=9000 + len(found))
            with self.committing() as env:
                env["res.partner"].browse(customers).phone = spelling
            found.append(campaign)
        return found

    def test_one_of_two_who_reserve_at_once_has_it_and_nobody_waits(self):
        campaigns = self.queues()
        for number, campaign in enumerate(campaigns):
            self.request(number, "start", campaign)
        with self.registry.cursor() as one, self.registry.cursor() as two:
            taken = []
            for number, cr in enumerate((one, two)):
                cr.execute("SET LOCAL lock_timeout = '2s'")
                env = api.Environment(cr, SUPERUSER_ID, {})
                session = env["dialer.session"].search(
                    [
                        ("user_id", "=", self.user_ids[number]),
                        ("state", "!=", "closed"),
                    ]
                )
                entry = env["dialer.queue.entry"].search(
                    [("campaign_id", "=", campaigns[number])]
                )
                taken.append(entry._reserve(session, "reserved"))
            self.assertEqual(taken, [True, False])
            one.rollback()
            two.rollback()

    def test_agents_who_press_next_at_once_get_one_of_one_number(self):
        campaigns = self.queues()
        for number, campaign in enumerate(campaigns):
            self.request(number, "start", campaign)
        states = self.together(
            *(lambda n=n: self.request(n, "next_contact") for n in range(2))
        )
        self.assertEqual(
            sorted(state["decision"] for state in states), ["dial", "empty"]
        )
