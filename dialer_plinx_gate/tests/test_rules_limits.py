# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import DialerCase

# A Tuesday, 13:10 in São Paulo, with four hours of work to come.
WORKDAY = "2026-11-10 16:10:00"


class RulesCase(DialerCase):
    """One customer in the queue of an agent, and what was called before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.customers[0]
        cls.entry = cls.campaign.entry_ids.filtered(
            lambda e: e.partner_id == cls.customer
        )
        (cls.campaign.entry_ids - cls.entry).state = "done"

    def attend(self, customer=None, minutes_ago=10, **values):
        """A call that took place."""
        customer = customer or self.customer
        return self.env["dialer.attendance"].create(
            {
                "partner_id": customer.id,
                "company_id": self.company.id,
                "user_id": self.bruno.id,
                "date": self.later(minutes=-minutes_ago),
                "result_id": self.retry.id,
                "origin": "dialer",
                "channel": "phone",
                "phone": "+5547988001000",
                **values,
            }
        )

    def call(self, session, result=None, **values):
        session.next_contact()
        session.dial()
        return session.register_result((result or self.retry).id, **values)


@tagged("post_install", "-at_install")
class TestLimits(RulesCase):
    def assert_waits(self, reason, until):
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "empty")
        self.assertEqual(
            (self.entry.state, self.entry.wait_reason), ("pending", reason)
        )
        self.assertEqual(self.entry.next_call_at, until)

    def assert_exhausted(self, reason):
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "empty")
        self.assertEqual(
            (self.entry.state, self.entry.wait_reason), ("exhausted", reason)
        )

    def tomorrow(self):
        """When the next day begins, or the next business day when that is none."""
        today = self.company._dialer_local(fields.Datetime.now()).date()
        midnight = self.company._dialer_local_midnight(today + timedelta(days=1))
        return self.company._on_business_day(midnight)

    def test_attempts_of_the_entry_a_day(self):
        self.campaign.entry_day_limit = 1
        self.attend(entry_id=self.entry.id, minutes_ago=0)
        self.assert_waits("entry_day_limit", self.tomorrow())

    def test_calls_of_other_campaigns_do_not_count_for_the_entry(self):
        self.campaign.entry_day_limit = 1
        self.attend(minutes_ago=0)
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_calls_to_the_customer_a_day_count_all_campaigns(self):
        self.campaign.customer_day_limit = 2
        self.attend(minutes_ago=0, phone="+5547988009999")
        self.attend(minutes_ago=0, phone="+5547988008888")
        self.assert_waits("customer_day_limit", self.tomorrow())

    def test_calls_to_the_number_a_day_count_all_customers(self):
        self.campaign.number_day_limit = 1
        self.attend(self.customers[1], minutes_ago=0)
        self.assert_waits("number_day_limit", self.tomorrow())

    def test_a_call_going_on_counts_for_its_number(self):
        self.campaign.number_day_limit = 1
        self.customers[1].phone = self.customer.phone
        other = self.make_campaign(self.customers[1])
        session = self.start(self.bruno, other)
        session.next_contact()
        session.dial()
        block = self.entry._blocks()[self.entry.id]
        self.assertEqual(block.reason, "number_day_limit")
        self.assertEqual(block.until, self.tomorrow())
        # the number is with the other agent: nobody else gets that far
        self.assertEqual(self.start().next_contact()["decision"], "empty")

    def test_yesterday_does_not_count_today(self):
        self.campaign.write({"customer_day_limit": 1, "number_day_limit": 1})
        self.attend(minutes_ago=24 * 60)
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_contact_on_whatsapp_is_no_call(self):
        self.campaign.customer_day_limit = 1
        self.attend(minutes_ago=0, channel="whatsapp")
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_calls_to_the_customer_in_the_campaign(self):
        self.campaign.customer_limit = 2
        for days in (3, 9):
            self.attend(minutes_ago=days * 1440, campaign_id=self.campaign.id)
        self.assert_exhausted("customer_limit")

    def test_calls_to_the_number_in_the_campaign(self):
        self.campaign.number_limit = 1
        self.attend(self.customers[1], minutes_ago=1440, campaign_id=self.campaign.id)
        self.assert_exhausted("number_limit")

    def test_calls_of_another_campaign_leave_its_life_limits_alone(self):
        self.campaign.write({"number_limit": 1, "customer_limit": 1})
        self.attend(minutes_ago=1440)
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_fewer_attempts_than_made_already_exhaust(self):
        self.entry.attempts = 3
        self.campaign.max_attempts = 3
        self.assert_exhausted("max_attempts")

    def test_a_lead_without_contact_is_limited_like_a_customer(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Sem contato",
                "phone": "+55 47 98811-2233",
                "company_id": self.company.id,
                "country_id": self.brazil.id,
            }
        )
        campaign = self.make_campaign(
            lead, target="lead", domain=repr([("id", "=", lead.id)])
        )
        campaign.customer_day_limit = 1
        self.attend(minutes_ago=0, partner_id=False, lead_id=lead.id, phone=False)
        self.assertEqual(self.start(campaign=campaign).next_contact()["entry"], None)
        self.assertEqual(campaign.entry_ids.wait_reason, "customer_day_limit")

    def test_loosening_a_limit_offers_the_customer_again(self):
        self.campaign.customer_day_limit = 1
        self.attend(minutes_ago=0)
        self.assert_waits("customer_day_limit", self.tomorrow())
        self.campaign.customer_day_limit = 0
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_rules_cost_the_same_queries_for_one_and_for_many(self):
        self.campaign.write({"customer_day_limit": 9, "min_gap_minutes": 1})
        campaign = self.make_campaign(self.make_customers(60, start=4000))
        campaign.write(
            {"customer_day_limit": 9, "calendar_id": self.company.resource_calendar_id}
        )
        costs = []
        for entries in (campaign.entry_ids[:1], campaign.entry_ids):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env[entries._name].browse(entries.ids)._blocks()
            costs.append(self.cr.sql_log_count - before)
        self.assertEqual(costs[0], costs[1])

    @mute_logger("odoo.sql_db")
    def test_negative_limit_is_refused(self):
        with self.assertRaises(IntegrityError):
            self.campaign.min_gap_minutes = -1
            self.campaign.flush_recordset()


@tagged("post_install", "-at_install")
class TestGap(RulesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.min_gap_minutes = 60

    def test_customer_called_by_another_campaign_is_left_alone(self):
        call = self.attend(minutes_ago=20)
        self.assertEqual(self.start().next_contact()["decision"], "empty")
        self.assertEqual(self.entry.wait_reason, "gap")
        self.assertEqual(self.entry.next_call_at, call.date + timedelta(minutes=60))

    def test_customer_is_called_once_the_gap_is_over(self):
        self.attend(minutes_ago=61)
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_call_that_took_place_meanwhile_stops_the_dial(self):
        session = self.start()
        session.next_contact()
        self.attend(minutes_ago=0)
        state = session.dial()
        self.assertNotIn("uri", state)
        self.assertIsNone(state["entry"])
        self.assertIn("short while ago", state["message"])
        self.assertEqual((self.entry.state, self.entry.attempts), ("pending", 0))

    def test_number_blocked_meanwhile_leaves_the_screen(self):
        session = self.start()
        session.next_contact()
        self.env["phone.blacklist"]._add(["+5547988001000"])
        self.assertIsNone(session.get_state()["entry"])
        self.assertEqual(self.entry.state, "cancelled")

    def test_promised_callback_is_kept_within_its_own_gap(self):
        session = self.start()
        self.call(session, next_contact_at=self.later(minutes=5))
        self.entry.next_call_at = self.later(minutes=-1)
        self.assertEqual(session.next_contact()["decision"], "dial")

    def test_promised_callback_waits_when_another_has_just_called(self):
        session = self.start()
        self.call(session, next_contact_at=self.later(minutes=5))
        self.attend(minutes_ago=0)
        self.entry.next_call_at = self.later(minutes=-1)
        self.assertEqual(session.next_contact()["decision"], "empty")
        self.assertEqual(self.entry.wait_reason, "gap")


@tagged("post_install", "-at_install")
class TestRetry(RulesCase):
    def delays(self, growth, attempts=4):
        """Minutes between an unanswered call and the next one, call by call."""
        self.retry.write({"retry_minutes": 20, "retry_growth": growth})
        session = self.start()
        found = []
        for _ in range(attempts):
            self.entry.next_call_at = self.later(minutes=-1)
            self.call(session)
            waiting = self.entry.next_call_at - fields.Datetime.now()
            found.append(round(waiting.total_seconds() / 60))
        return found

    @freeze_time(WORKDAY)
    def test_fixed_delay_stays_the_same(self):
        self.assertEqual(self.delays("fixed"), [20, 20, 20, 20])

    @freeze_time(WORKDAY)
    def test_linear_delay_grows_by_the_same_step(self):
        self.assertEqual(self.delays("linear"), [20, 40, 60, 80])

    @freeze_time(WORKDAY)
    def test_doubling_delay_doubles(self):
        self.assertEqual(self.delays("double"), [20, 40, 80, 160])

    def test_delay_never_exceeds_a_week(self):
        self.retry.write({"retry_minutes": 30, "retry_growth": "double"})
        self.assertEqual(self.retry._retry_delay(40), 7 * 24 * 60)

    def test_supervisor_edits_results_but_no_system_ones(self):
        own = self.retry.copy({"code": "own", "company_id": self.company.id})
        own.with_user(self.supervisor).write(
            {"retry_minutes": 5, "retry_growth": "double"}
        )
        whatsapp = self.whatsapp.with_user(self.supervisor)
        for values in ({"effect": "done"}, {"active": False}, {"code": "x"}):
            with self.assertRaises(UserError):
                whatsapp.write(values)
        with self.assertRaises(UserError):
            whatsapp.unlink()


@tagged("post_install", "-at_install")
class TestDoNotCall(RulesCase):
    def test_do_not_call_takes_the_number_out_of_all_queues_at_once(self):
        self.customers[1].phone = self.customer.phone
        other = self.make_campaign(self.customers[:2])
        session = self.start()
        self.call(session, self.env.ref("dialer_plinx_gate.result_do_not_call"))
        self.assertRecordValues(
            other.entry_ids,
            [{"state": "cancelled", "wait_reason": "do_not_call"}] * 2,
        )
        self.assertEqual(self.start(self.bruno, other).next_contact()["entry"], None)
