# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One number rings from one agent at a time, whatever record it stands in."""

from odoo import SUPERUSER_ID, api
from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools import file_path

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
        (reason,) = entry._why_not()
        self.assertEqual(reason["code"], "held_elsewhere")
        self.assertIn(self.ana.name, reason["text"])

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
class TestLimitsByNumber(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.caller, cls.other = cls.customers[:2]
        cls.caller.phone = SPELLINGS[1]
        cls.other.phone = f"+55 47 98817-0009 / {SPELLINGS[0]}"

    def called(self):
        """A call to the one contact; what it makes of the other contact's entry."""
        calls = self.make_campaign(self.caller)
        session = self.start(campaign=calls)
        session.next_contact()
        session.dial()
        session.register_result(self.retry.id)
        attendance = self.env["dialer.attendance"].search(
            [("partner_id", "=", self.caller.id)]
        )
        self.assertEqual(attendance.phone_key, KEY)
        entry = self.entry_of(self.other)
        return entry._blocks().get(entry.id)

    def test_a_call_counts_for_all_who_have_the_number_among_theirs(self):
        self.campaign.number_day_limit = 1
        self.assertEqual(self.called().reason, "number_day_limit")

    def test_the_gap_is_kept_for_all_who_have_the_number_among_theirs(self):
        self.campaign.min_gap_minutes = 60
        self.assertEqual(self.called().reason, "gap")

    def test_an_upgrade_reads_the_calls_of_before(self):
        self.called()
        calls = self.env["dialer.attendance"].search(
            [("partner_id", "=", self.caller.id)]
        )
        self.env.cr.execute("UPDATE dialer_attendance SET phone_key = NULL")
        self.env.invalidate_all()
        path = file_path("dialer_plinx_gate/migrations/19.0.1.1.0/post-migration.py")
        migration = load_script(path, "dialer_plinx_gate_post_migration")
        migration.BATCH = 1
        migration.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(calls.mapped("phone_key"), [KEY])

    def test_without_a_limit_the_call_changes_nothing(self):
        self.assertIsNone(self.called())


@tagged("post_install", "-at_install")
class TestLookedAtAgain(DialerCase):
    def make_lead(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Lead",
                "type": "opportunity",
                "phone": SPELLINGS[0],
                "country_id": self.brazil.id,
                "company_id": self.company.id,
                "user_id": False,
            }
        )
        return lead, self.make_campaign(lead, target="lead")

    def reason(self, entry):
        block = entry._blocks().get(entry.id)
        return block and block.reason

    def test_an_archived_customer_is_not_offered_and_comes_back(self):
        customer = self.customers[0]
        campaign = self.make_campaign(customer)
        customer.active = False
        session = self.start(campaign=campaign)
        self.assertEqual(session.next_contact()["decision"], "empty")
        entry = self.entry_of(customer, campaign)
        self.assertEqual((entry.state, entry.wait_reason), ("pending", "archived"))
        customer.active = True
        entry.next_call_at = self.later(minutes=-1)
        self.assertEqual(session.next_contact()["decision"], "dial")

    def test_a_customer_archived_on_screen_is_not_dialed(self):
        session = self.start()
        customer = session.next_contact()["entry"]["partner_id"]
        self.customers.browse(customer).active = False
        state = session.dial()
        self.assertIsNone(state["entry"])
        self.assertIn("archived", state["message"])

    def test_who_is_called_because_archived_is_called(self):
        customer = self.customers[0]
        customer.active = False
        campaign = self.make_campaign(customer, customer_status="archived")
        entry = self.entry_of(customer, campaign)
        self.assertTrue(entry)
        self.assertIsNone(self.reason(entry))

    def test_a_lost_lead_and_a_won_one_are_not_offered(self):
        lead, campaign = self.make_lead()
        entry = campaign.entry_ids
        self.assertIsNone(self.reason(entry))
        lead.action_set_lost()
        self.assertEqual(self.reason(entry), "lost")
        lead.action_unarchive()
        self.assertIsNone(self.reason(entry))
        lead.action_set_won()
        self.assertEqual(self.reason(entry), "won")

    def test_an_agent_taken_off_the_campaign_gets_nobody_and_is_told(self):
        self.campaign.agent_ids = self.ana + self.bruno
        session = self.start()
        session.next_contact()
        self.campaign.agent_ids = self.bruno
        state = session.dial()
        self.assertIsNone(state["entry"])
        self.assertNotIn("uri", state)
        state = session.next_contact()
        self.assertEqual((state["decision"], state["entry"]), ("empty", None))
        self.assertIn("no longer among the agents", state["message"])
        self.assertFalse(
            self.campaign.entry_ids.filtered(lambda entry: entry.state != "pending")
        )


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
