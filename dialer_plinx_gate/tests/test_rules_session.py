# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DialerCase


@tagged("post_install", "-at_install")
class TestTotals(DialerCase):
    def call(self, session, result, talking=0, wrap_up=0):
        """One call of that many seconds of talk and wrap-up."""
        session.next_contact()
        session.dial()
        entry = session.sudo().entry_id
        entry.dialed_at = self.later(seconds=-talking - wrap_up)
        if wrap_up:
            session.hang_up()
            entry.hung_up_at = self.later(seconds=-wrap_up)
        return session.register_result(result.id)

    def setUp(self):
        super().setUp()
        # at noon local time, so that a session of some hours is within one day
        noon = self.company._dialer_local(fields.Datetime.now()).replace(hour=12)
        now = self.company._naive_utc(noon).replace(microsecond=0)
        self.patch(fields.Datetime, "now", lambda: now)

    def test_totals_add_up_calls_talk_wrap_up_pauses_and_results(self):
        session = self.start()
        session.sudo().started_at = self.later(hours=-1)
        self.call(session, self.done, talking=120, wrap_up=30)
        self.call(session, self.done, talking=60)
        state = self.call(session, self.retry, talking=10)
        session.pause()
        session.sudo().pause_ids.started_at = self.later(minutes=-10)
        totals = session.get_state()["totals"]
        self.assertEqual(
            totals,
            {
                "calls": 3,
                "collisions_avoided": 0,
                "talking": 190,
                "wrap_up": 30,
                "paused": 600,
                "waiting": 3600 - 190 - 30 - 600,
                "results": [
                    {"id": self.done.id, "name": self.done.name, "count": 2},
                    {"id": self.retry.id, "name": self.retry.name, "count": 1},
                ],
            },
        )
        self.assertEqual(state["totals"]["calls"], 3)
        attendance = self.customers[0].dialer_attendance_ids
        self.assertEqual((attendance.duration, attendance.wrap_up), (120, 30))

    def test_call_going_on_counts_already(self):
        session = self.start()
        session.sudo().started_at = self.later(minutes=-1)
        session.next_contact()
        session.dial()
        session.sudo().entry_id.dialed_at = self.later(seconds=-40)
        totals = session.get_state()["totals"]
        self.assertEqual((totals["calls"], totals["talking"]), (1, 40))
        self.assertEqual(totals["waiting"], 20)

    def test_yesterday_and_other_agents_do_not_count(self):
        session = self.start()
        state = self.call(session, self.done, talking=60)
        self.env["dialer.attendance"].browse(state["attendance_id"]).date = self.later(
            days=-1
        )
        self.call(self.start(self.bruno), self.done, talking=60)
        totals = session.get_state()["totals"]
        self.assertEqual((totals["calls"], totals["results"]), (0, []))

    def test_skips_and_answered_questions_are_collisions_avoided(self):
        self.talk(self.customers[0])
        session = self.start()
        totals = session.next_contact()["totals"]
        self.assertEqual(totals["collisions_avoided"], 1)
        session.dial()
        session.register_result(self.done.id)
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[2])
        state = session.next_contact()
        self.assertEqual(state["totals"]["collisions_avoided"], 1)
        self.assertEqual(session.answer("yes")["totals"]["collisions_avoided"], 2)

    def test_hanging_up_without_a_call_is_refused(self):
        session = self.start()
        session.next_contact()
        with self.assertRaisesRegex(UserError, "no call"):
            session.hang_up()


@tagged("post_install", "-at_install")
class TestCountdown(DialerCase):
    def test_progressive_counts_down_and_preview_does_not(self):
        session = self.start()
        self.assertIsNone(session.next_contact()["countdown"])
        self.campaign.write({"dial_mode": "progressive", "countdown_seconds": 7})
        self.assertEqual(session.get_state()["countdown"], 7)
        self.assertIsNone(session.pause()["countdown"])
        self.assertEqual(session.resume()["countdown"], 7)
        self.assertIsNone(session.dial()["countdown"])

    def test_no_countdown_before_the_question_is_answered(self):
        self.company.dial_active_whatsapp = True
        self.campaign.dial_mode = "progressive"
        self.talk(self.customers[0])
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "ask")
        self.assertIsNone(state["countdown"])
