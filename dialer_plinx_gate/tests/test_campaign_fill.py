# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models.campaign import fill as dialer_campaign_fill
from .test_campaign_filters import CampaignCase


class FillCase(CampaignCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.many = cls.make_customers(12, prefix="Muitos", start=3000)
        cls.cron = cls.env.ref("dialer_plinx_gate.ir_cron_fill")
        cls.campaign.action_close()

    def by_city(self, **values):
        """A campaign of the customers who live in the city of this test."""
        self.many.city = "Gaspar"
        return self.new(domain=repr([("city", "=", "Gaspar")]), **values)

    def rows(self, campaign):
        """All that stands in the queue, as the database has it."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT * FROM dialer_queue_entry WHERE campaign_id = %s ORDER BY id",
            [campaign.id],
        )
        return self.env.cr.fetchall()

    def waiting(self, campaign):
        entries = campaign.entry_ids.filtered(lambda e: e.state == "pending")
        return entries.partner_id.sorted("id")

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestFill(FillCase):
    def test_all_who_match_wait_once_with_their_number(self):
        campaign = self.by_city()
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many)
        self.assertEqual(
            campaign.entry_ids.sorted("id").mapped("phone"),
            self.many.mapped("phone_sanitized"),
        )
        self.assertTrue(campaign.filled_at)

    def test_filling_again_writes_nothing(self):
        campaign = self.by_city()
        campaign.action_fill()
        before = self.rows(campaign)
        campaign.action_fill()
        self.assertEqual(self.rows(campaign), before)

    def test_one_statement_adds_brings_back_and_withdraws(self):
        campaign = self.by_city()
        self.many[6:].city = "Timbó"
        self.many[0].city = "Timbó"
        campaign.action_fill()
        self.many[0].city = "Gaspar"
        campaign.action_fill()
        for limit, expected in ((None, [(1, 1, 1)]), (1, [(0, 1, 0), (0, 0, 1)])):
            with self.subTest(limit=limit), self.cr.savepoint() as savepoint:
                self.many[0].city = "Timbó"
                campaign.action_fill()
                (self.many[0] + self.many[7]).city = "Gaspar"
                self.many[1].city = "Timbó"
                self.env.flush_all()
                before = self.cr.sql_log_count
                found = [campaign._fill_changes(limit) for _ in expected]
                self.assertEqual(self.cr.sql_log_count - before, len(expected))
                self.assertCountEqual(found, expected)
                if not limit:
                    campaign.entry_ids.invalidate_model()
                    left = self.many[0] + self.many[2:6] + self.many[7]
                    self.assertEqual(self.waiting(campaign), left)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_customers_come_and_go_with_the_data(self):
        campaign = self.by_city()
        (self.many[3:]).city = "Timbó"
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many[:3])
        self.many[0].city, self.many[5].city = "Timbó", "Gaspar"
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many[1:3] + self.many[5])
        self.many[0].city = "Gaspar"
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many[:3] + self.many[5])
        self.assertEqual(len(campaign.entry_ids), 4)

    def test_what_agents_did_stays_when_customers_match_no_more(self):
        campaign = self.by_city()
        campaign.action_start()
        session = self.start(self.ana, campaign)
        session.next_contact()
        session.dial()
        session.register_result(self.retry.id)
        session.next_contact()
        called, held = self.many[:2]
        self.entry_of(self.many[2], campaign).state = "done"
        self.many.city = "Timbó"
        campaign.action_fill()
        states = [self.entry_of(c, campaign).state for c in self.many[:4]]
        self.assertEqual(states, ["pending", "reserved", "done", "cancelled"])
        self.assertEqual(self.entry_of(called, campaign).attempts, 1)
        self.assertEqual(self.entry_of(held, campaign).agent_id, self.ana)

    def test_customers_on_the_do_not_call_list_are_not_added(self):
        campaign = self.by_city()
        self.env["phone.blacklist"]._add([self.many[0].phone_sanitized])
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many[1:])
        self.env["phone.blacklist"]._remove([self.many[0].phone_sanitized])
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many)

    def test_leads_are_filled_with_their_customer(self):
        lead = self.make_lead(partner_id=self.many[0].id)
        campaign = self.new(target="lead", domain=repr([("id", "=", lead.id)]))
        campaign.action_fill()
        self.assertRecordValues(
            campaign.entry_ids,
            [{"lead_id": lead.id, "partner_id": self.many[0].id, "state": "pending"}],
        )

    def test_an_agent_cannot_fill(self):
        campaign = self.by_city()
        with self.assertRaises(AccessError):
            campaign.with_user(self.ana).action_fill()

    def test_a_closed_campaign_is_not_filled(self):
        with self.assertRaisesRegex(UserError, "closed"):
            self.campaign.with_user(self.supervisor).action_fill()

    def test_a_fill_leaves_the_planner_to_others_as_it_was(self):
        campaign = self.by_city()
        campaign.action_fill()
        campaign._request_fill()
        campaign._fill_batch(5)
        for setting, value in (("enable_nestloop", "on"), ("work_mem", None)):
            self.env.cr.execute(
                "SELECT setting, reset_val FROM pg_settings WHERE name = %s", [setting]
            )
            now, before = self.env.cr.fetchone()
            self.assertEqual(now, value or before)

    def test_a_filled_queue_keeps_to_customers_or_to_leads(self):
        campaign = self.by_city()
        campaign.target = "lead"
        campaign.target = "partner"
        campaign.action_fill()
        refused = self.assertRaisesRegex(UserError, "no longer switch")
        with refused, self.env.cr.savepoint():
            campaign.target = "lead"

    def test_queries_of_a_fill_do_not_grow_with_the_customers(self):
        campaign = self.by_city()
        (self.many[2:]).city = "Timbó"
        campaign.action_fill()
        counts = []
        for customers in (self.many[2:3], self.many[3:]):
            customers.city = "Gaspar"
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            campaign.action_fill()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestBackground(FillCase):
    def request(self, **values):
        campaign = self.by_city(**values)
        campaign._request_fill()
        return campaign

    def test_the_job_fills_in_batches_and_tells_who_asked(self):
        campaign = self.request()
        while campaign.with_user(self.env.user)._fill_batch(5):
            self.assertLessEqual(campaign.fill_added % 5, 0)
            self.assertEqual(campaign.fill_total, 12)
        self.assertEqual(self.waiting(campaign), self.many)
        self.assertFalse(campaign.fill_requested_at)
        self.env.cr.precommit.run()
        told = self.env["bus.bus"].search([("message", "like", "simple_notification")])
        self.assertIn(
            "12 customers added", json.loads(told[-1].message)["payload"]["message"]
        )

    def test_a_job_that_was_interrupted_goes_on_where_it_stopped(self):
        campaign = self.request()
        campaign._fill_batch(5)
        first = campaign.entry_ids
        self.assertEqual(len(first), 5)
        self.assertEqual(round(campaign.fill_percent), 42)
        self.run_cron()
        self.assertEqual(self.waiting(campaign), self.many)
        self.assertLess(first, campaign.entry_ids)
        self.assertFalse(campaign.fill_requested_at)

    def test_withdrawing_and_coming_back_go_in_batches_too(self):
        campaign = self.by_city()
        campaign.action_fill()
        self.many.city = "Timbó"
        campaign._request_fill()
        self.assertTrue(campaign._fill_batch(5))
        self.assertEqual(len(self.waiting(campaign)), 7)
        self.run_cron()
        self.assertFalse(self.waiting(campaign))
        self.many.city = "Gaspar"
        campaign._request_fill()
        self.run_cron()
        self.assertEqual(self.waiting(campaign), self.many)

    def test_running_campaigns_are_refilled_when_it_is_time(self):
        campaign = self.by_city()
        (self.many[1:]).city = "Timbó"
        campaign.action_start()
        self.many.city = "Gaspar"
        self.run_cron()
        self.assertEqual(self.waiting(campaign), self.many[0])
        campaign.sudo().filled_at = self.later(hours=-2)
        self.run_cron()
        self.assertEqual(self.waiting(campaign), self.many)

    def test_filters_that_broke_meanwhile_are_said_and_stop_nobody_else(self):
        broken, good = self.request(), self.request(name="Boa")
        self.env.cr.execute(
            "UPDATE dialer_campaign SET domain = %s WHERE id = %s",
            ["[('gone_field', '=', 1)]", broken.id],
        )
        broken.invalidate_recordset()
        self.run_cron()
        self.assertIn("cannot be used", broken.fill_error)
        self.assertFalse(broken.fill_requested_at)
        self.assertEqual(self.waiting(good), self.many)

    def test_a_long_fill_is_handed_to_the_job_where_somebody_waits(self):
        campaign = self.by_city()
        with patch.object(dialer_campaign_fill, "FILL_AT_ONCE", 5):
            asked = campaign.with_context(dialer_fill_in_background=True)
            action = asked.action_start()
            self.assertIsNone(action)
            self.assertFalse(campaign.entry_ids)
            self.assertEqual(campaign.state, "running")
            self.assertTrue(campaign.fill_requested_at)
            self.run_cron()
            self.assertEqual(self.waiting(campaign), self.many)
            campaign.action_fill()
        self.assertEqual(len(campaign.entry_ids), 12)


@tagged("post_install", "-at_install")
class TestPreview(FillCase):
    def test_the_form_counts_who_would_be_called_and_who_would_not(self):
        other = self.by_city(name="Outra")
        other.domain = repr([("id", "in", self.many[:4].ids)])
        other.action_start()
        self.many[5].phone = False
        self.many[6].phone = "banana"
        self.env["phone.blacklist"]._add([self.many[7].phone_sanitized])
        campaign = self.by_city()
        self.assertRecordValues(
            campaign,
            [
                {
                    "match_count": 12,
                    "match_no_phone": 2,
                    "match_do_not_call": 1,
                    "match_elsewhere": 4,
                    "match_error": False,
                }
            ],
        )
        self.assertIn("Muitos 000", campaign.match_sample)
        self.assertEqual(campaign.match_sample.count("<tr>"), 10)

    def test_the_count_follows_the_filters_before_they_are_saved(self):
        campaign = self.by_city()
        self.many[0].state_id = self.santa_catarina
        with Form(campaign) as form:
            self.assertEqual(form.match_count, 12)
            form.state_ids.add(self.santa_catarina)
            self.assertEqual(form.match_count, 1)
            form.date_from, form.date_to = "2026-02-02", "2026-02-01"
            self.assertIn("wrong order", form.match_error)
            form.date_to = False
            self.assertFalse(form.match_error)
            form.date_from = False

    def test_a_name_with_markup_is_shown_as_text(self):
        self.many[0].name = "<script>alert(1)</script>"
        self.assertNotIn("<script>", self.by_city().match_sample)

    def test_agents_do_not_see_whom_the_filters_choose(self):
        campaign = self.by_city().with_user(self.ana)
        with self.assertRaises(AccessError):
            campaign.read(["match_sample"])
        arch = campaign.get_view(view_type="form")["arch"]
        self.assertNotIn("match_sample", arch)

    def test_a_running_campaign_counts_its_queue_only(self):
        campaign = self.by_city()
        campaign.action_start()
        self.assertEqual(campaign.match_count, 0)
        self.assertEqual(campaign.entry_count, 12)
        self.assertLess(campaign.filled_at, fields.Datetime.add(self.later(), hours=1))
