# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import DialerCase


@tagged("post_install", "-at_install")
class TestDoNotCall(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.make_campaign(cls.customers, name="Segunda")
        cls.refusal = cls.env.ref("dialer_plinx_gate.result_dnc", False) or cls.env[
            "dialer.result"
        ].search([("effect", "=", "dnc")], limit=1)
        cls.other_company = cls.env["res.company"].create(
            {"name": "Outra", "country_id": cls.brazil.id}
        )
        cls.shared = cls.customers[0]
        cls.shared.company_id = False
        cls.theirs = cls.env["dialer.campaign"].create(
            {
                "name": "Deles",
                "company_id": cls.other_company.id,
                "domain": repr([("id", "=", cls.shared.id)]),
            }
        )
        cls.theirs.action_start()

    def lists(self, user=None):
        return self.env["dialer.do.not.call"].with_user(user or self.supervisor)

    def block(self, customer, **values):
        return self.lists().create(
            {"number": customer.phone, "company_id": self.company.id, **values}
        )

    def states(self, customer):
        return [
            self.entry_of(customer, campaign).state
            for campaign in (self.campaign, self.second, self.theirs)
        ]

    def test_a_number_leaves_all_queues_of_its_company_at_once(self):
        self.block(self.shared)
        self.assertEqual(
            self.states(self.shared), ["cancelled", "cancelled", "pending"]
        )
        self.assertEqual(self.entry_of(self.shared).wait_reason, "do_not_call")

    def test_odoos_blacklist_is_for_the_queues_of_all_companies(self):
        record = self.env["phone.blacklist"].create({"number": self.shared.phone})
        self.assertEqual(self.states(self.shared), ["cancelled"] * 3)
        record.action_archive()
        self.assertEqual(self.states(self.shared), ["pending"] * 3)
        record.action_unarchive()
        self.assertEqual(self.states(self.shared), ["cancelled"] * 3)
        record.unlink()
        self.assertEqual(self.states(self.shared), ["pending"] * 3)

    def test_removing_a_number_lets_its_customers_come_back(self):
        entry = self.entry_of(self.customers[1])
        entry.attempts = self.campaign.max_attempts
        records = self.block(self.shared) + self.block(self.customers[1])
        records.unlink()
        self.assertEqual(self.states(self.shared), ["pending"] * 3)
        self.assertEqual(entry.state, "exhausted")

    def test_a_number_on_both_lists_stays_out_until_it_is_on_none(self):
        record = self.block(self.shared)
        self.env["phone.blacklist"]._add([self.shared.phone_sanitized])
        record.unlink()
        self.assertEqual(self.states(self.shared), ["cancelled"] * 3)
        self.env["phone.blacklist"]._remove([self.shared.phone_sanitized])
        self.assertEqual(self.states(self.shared), ["pending"] * 3)

    def test_what_was_cancelled_otherwise_does_not_come_back(self):
        entry = self.entry_of(self.shared)
        entry.state = "cancelled"
        self.block(self.shared).unlink()
        self.assertEqual(entry.state, "cancelled")

    def test_a_customer_on_screen_is_lost_and_a_call_goes_on(self):
        session = self.start()
        first = session.next_contact()["entry"]["partner_id"]
        self.block(self.customers.browse(first))
        self.assertIsNone(session.get_state()["entry"])
        second = session.next_contact()["entry"]["partner_id"]
        session.dial()
        self.block(self.customers.browse(second))
        self.assertEqual(session.get_state()["entry"]["state"], "dialing")
        session.register_result(self.retry.id)

    def test_today_is_the_day_of_the_company_wherever_the_supervisor_is(self):
        self.supervisor.tz = "Asia/Tokyo"
        for moment, today in (
            ("2026-11-25 01:30:00", "2026-11-24"),
            ("2026-11-25 16:00:00", "2026-11-25"),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                record = self.block(self.shared)
                self.assertEqual(str(record.date_from), today)
                self.assertTrue(record.in_effect)
                self.assertEqual(self.entry_of(self.shared).state, "cancelled")
                record.unlink()

    def test_a_number_is_effective_from_its_day_on(self):
        tomorrow = self.company._dialer_date() + timedelta(days=1)
        record = self.block(self.shared, date_from=tomorrow)
        self.assertEqual(self.states(self.shared), ["pending"] * 3)
        self.start().next_contact()
        self.assertEqual(self.entry_of(self.shared).state, "reserved")
        self.env.cr.execute(
            "UPDATE dialer_do_not_call SET date_from = %s WHERE id = %s",
            [tomorrow - timedelta(days=1), record.id],
        )
        self.env.invalidate_all()
        with self.enter_registry_test_mode():
            cron = self.env.ref("dialer_plinx_gate.ir_cron_do_not_call")
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(
            self.states(self.shared), ["cancelled", "cancelled", "pending"]
        )
        self.assertTrue(record.in_effect)

    def test_a_day_moved_into_the_future_frees_the_number_until_then(self):
        record = self.block(self.shared)
        record.date_from += timedelta(days=9)
        self.assertEqual(self.states(self.shared), ["pending"] * 3)

    def test_the_gate_stops_a_number_in_a_field_with_several(self):
        customer = self.customers[1]
        self.block(customer)
        self.campaign.entry_ids.state = "done"
        customer.phone = f"{customer.phone} / +55 47 98899-0001"
        self.entry_of(customer).state = "pending"
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "empty")
        self.assertEqual(self.entry_of(customer).state, "cancelled")

    def test_looking_at_the_lists_costs_the_same_for_one_and_for_many(self):
        entries = self.campaign.entry_ids
        counts = []
        for some in (entries[:1], entries):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._blocks()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_result_of_a_call_goes_to_the_list_that_the_company_chose(self):
        self.company.with_user(self.supervisor).dialer_dnc_scope = "company"
        session = self.start()
        customer = self.customers.browse(session.next_contact()["entry"]["partner_id"])
        session.dial()
        session.register_result(self.refusal.id)
        record = self.lists().search([("partner_id", "=", customer.id)])
        self.assertRecordValues(
            record,
            [
                {
                    "number": customer.phone_sanitized,
                    "source": "call",
                    "company_id": self.company.id,
                    "in_effect": True,
                }
            ],
        )
        self.assertFalse(customer.phone_sanitized_blacklisted)
        self.assertEqual(self.states(customer), ["cancelled", "cancelled", "pending"])
        record.unlink()
        self.assertEqual(self.states(customer), ["pending"] * 3)

    def test_result_of_a_call_is_for_all_companies_by_default(self):
        session = self.start()
        session.next_contact()
        session.dial()
        session.register_result(self.refusal.id)
        self.assertTrue(self.shared.phone_sanitized_blacklisted)
        self.assertEqual(self.states(self.shared), ["cancelled"] * 3)

    def test_a_fill_leaves_out_the_numbers_of_the_list(self):
        self.block(self.customers[1])
        third = self.make_campaign(self.customers, name="Terceira")
        self.assertFalse(self.entry_of(self.customers[1], third))
        self.assertEqual(third.entry_count, 4)

    def test_a_number_is_kept_in_one_form_once_a_company(self):
        record = self.block(self.customers[1])
        self.assertEqual(record.number, self.customers[1].phone_sanitized)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.lists().create(
                {"number": "47 98800 1001", "company_id": self.company.id}
            )
        self.env["dialer.do.not.call"].create(
            {"number": "47 98800 1001", "company_id": self.other_company.id}
        )

    def test_an_unreadable_number_is_refused_with_a_sentence(self):
        for wrong in ("banana", "123", "", False, "4798800-1001 / 4798800-1002"):
            with self.assertRaisesRegex(ValidationError, "valid phone"):
                self.block(self.customers[1].new({"phone": wrong}))

    def test_agents_do_not_change_the_list_and_others_do_not_see_it(self):
        record = self.block(self.customers[1])
        with self.assertRaises(AccessError):
            record.with_user(self.ana).unlink()
        with self.assertRaises(AccessError):
            self.lists(self.ana).create({"number": "+5547988001003"})
        foreign = self.env["dialer.do.not.call"].create(
            {"number": "+5547988001003", "company_id": self.other_company.id}
        )
        self.assertNotIn(foreign, self.lists().search([]))
