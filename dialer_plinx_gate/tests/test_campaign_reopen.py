# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime
from unittest.mock import patch

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..models.campaign import reopen as dialer_campaign_reopen
from ..models.queue import blocks as dialer_queue_rules
from .common import DialerCase

EVENING = "2026-11-05 21:00:00"
MORNING = datetime(2026, 11, 6, 12)


@tagged("post_install", "-at_install")
class TestReopen(DialerCase):
    """More customers wait for changed hours than one request moves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hours = cls.make_hours(9, 18)
        cls.campaign.calendar_id = cls.hours
        cls.entries = cls.campaign.entry_ids.sorted("id")

    def setUp(self):
        super().setUp()
        for module, name in (
            (dialer_campaign_reopen, "AT_ONCE"),
            (dialer_queue_rules, "POSTPONE_LIMIT"),
        ):
            limit = patch.object(module, name, 2)
            limit.start()
            self.addCleanup(limit.stop)
        self.entries.write({"next_call_at": MORNING, "wait_reason": "hours"})

    def run_cron(self):
        with self.enter_registry_test_mode():
            cron = self.env.ref("dialer_plinx_gate.ir_cron_reopen")
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def waiting(self):
        self.env.invalidate_all()
        return self.entries.filtered(lambda e: e.wait_reason == "hours")

    @freeze_time(EVENING)
    def test_a_request_moves_a_few_and_the_job_all_others(self):
        self.hours.attendance_ids.hour_to = 22
        self.assertEqual(self.waiting(), self.entries[2:])
        self.assertTrue(self.campaign.reopen_reasons)
        self.run_cron()
        self.assertFalse(self.waiting())
        self.assertFalse(self.campaign.reopen_reasons)

    @freeze_time(EVENING)
    def test_a_second_change_begins_anew_and_forgets_no_reason(self):
        self.campaign.min_gap_minutes = 60
        self.hours.attendance_ids.hour_to = 22
        self.entries[0].write({"next_call_at": MORNING, "wait_reason": "gap"})
        self.campaign.min_gap_minutes = 0
        self.assertEqual(
            self.campaign.reopen_reasons,
            "customer_day_limit,"
            "customer_limit,entry_day_limit,gap,hours,no_hours,number_day_limit,"
            "number_limit",
        )
        self.run_cron()
        self.assertEqual(set(self.entries.mapped("wait_reason")), {False})

    @freeze_time(EVENING)
    def test_who_waits_anew_under_the_new_hours_is_left_alone(self):
        self.campaign._reopen({"hours"})
        self.entries[0].write({"next_call_at": MORNING, "wait_reason": "hours"})
        while self.campaign.reopen_reasons:
            self.campaign._reopen_batch(2)
        self.assertEqual(self.waiting(), self.entries[0])

    @freeze_time(EVENING)
    def test_promised_calls_in_a_later_batch_move_with_their_activities(self):
        entry = self.entries[4]
        entry.write(entry._callback_values(MORNING, self.ana))
        entry.wait_reason = "hours"
        entry.activity_id = entry.partner_id.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=MORNING.date(),
            user_id=self.ana.id,
        )
        self.campaign.calendar_id = False
        self.assertEqual(entry.activity_id.date_deadline, MORNING.date())
        self.run_cron()
        self.assertEqual(str(entry.activity_id.date_deadline), "2026-11-05")

    @freeze_time(EVENING)
    def test_a_batch_keeps_its_limit_however_postgresql_joins(self):
        """As a loop in a loop, which would choose anew for every row."""
        for name in ("hashjoin", "mergejoin", "hashagg", "material", "sort"):
            self.env.cr.execute(SQL("SET LOCAL %s = off", SQL("enable_" + name)))
        self.campaign.write({"reopen_reasons": "hours", "reopen_position": 0})
        self.assertEqual(self.campaign._reopen_batch(2), 2)
        self.entries.write({"next_call_at": datetime(2026, 11, 1)})
        head = self.entries[:2]
        self.assertEqual(head._postpone_closed(head._blocks()), 2)

    @freeze_time(EVENING)
    def test_the_job_moves_who_is_due_outside_the_hours(self):
        cron = self.env.ref("dialer_plinx_gate.ir_cron_reopen")
        more = self.make_campaign(
            self.make_customers(9, start=3000), calendar_id=self.hours.id
        )
        more.entry_ids.next_call_at = datetime(2026, 11, 1)
        head = more.entry_ids[:2]
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertEqual(head._postpone_closed(head._blocks()), 2)
        after = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after, before + 1)
        self.run_cron()
        self.assertEqual(set(more.entry_ids.mapped("next_call_at")), {MORNING})
