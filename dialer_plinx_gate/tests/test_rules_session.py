# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

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
        clock = freeze_time(self.company._naive_utc(noon).replace(microsecond=0))
        clock.__enter__()
        self.addCleanup(clock.__exit__, None, None, None)
        self.campaign.entry_ids.next_call_at = self.later(hours=-1)

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


@tagged("post_install", "-at_install")
class TestPauseLimit(DialerCase):
    def test_pause_longer_than_its_limit_is_shown(self):
        reason = self.env.ref("dialer_plinx_gate.pause_reason_break")
        session = self.start()
        state = session.pause(reason.id)
        self.assertEqual(state["pause"]["limit"], 15 * 60)
        pause = session.sudo().pause_ids
        self.assertFalse(pause.exceeded)
        pause.started_at = self.later(minutes=-16)
        self.assertTrue(pause.exceeded)
        session.resume()
        self.assertTrue(session.sudo().pause_ids.exceeded)

    def test_pause_without_a_limit_is_never_too_long(self):
        session = self.start()
        session.pause()
        pause = session.sudo().pause_ids
        pause.started_at = self.later(hours=-9)
        self.assertFalse(pause.exceeded)


@tagged("post_install", "-at_install")
class TestLostCustomer(DialerCase):
    """The reservation ran out unnoticed, and another agent has the customer by now."""

    def lose(self):
        session = self.start()
        entry = self.env["dialer.queue.entry"].browse(
            session.next_contact()["entry"]["id"]
        )
        entry.write(entry._waiting_values())
        self.assertEqual(self.start(self.bruno).next_contact()["entry"]["id"], entry.id)
        self.assertEqual(session.sudo().entry_id, entry)
        return session, entry

    def test_nothing_that_the_first_agent_does_takes_the_customer_away(self):
        for verb in ("close", "pause", "next_contact", "_mark_away"):
            session, entry = self.lose()
            with self.subTest(verb=verb):
                getattr(session.sudo() if verb[0] == "_" else session, verb)()
                self.assertEqual(entry.session_id.user_id, self.bruno)
                self.assertEqual(entry.state, "reserved")
                self.assertNotEqual(session.sudo().entry_id, entry)
            if session.state != "closed":
                session.close()
            entry.session_id.with_user(self.bruno).close()

    def test_the_call_of_another_agent_does_not_keep_this_one(self):
        session, entry = self.lose()
        entry.session_id.with_user(self.bruno).dial()
        self.assertIsNone(session.get_state()["entry"])
        self.assertEqual(session.get_state()["status"], "ready")
        self.assertEqual(session.close()["state"], "closed")
        self.assertEqual(entry.state, "dialing")


@tagged("post_install", "-at_install")
class TestAway(DialerCase):
    def run_cron(self):
        cron = self.env.ref("dialer_plinx_gate.ir_cron_agents_away")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)

    def vanish(self, session, minutes=11):
        """The agent gives no sign any more."""
        session.sudo().write(
            {
                "last_seen_at": self.later(minutes=-minutes),
                "started_at": self.later(minutes=-minutes - 1),
            }
        )

    def test_agent_without_a_sign_is_paused_and_the_customer_goes_back(self):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        self.vanish(session)
        self.run_cron()
        session = session.sudo()
        self.assertEqual(session.state, "paused")
        self.assertEqual(
            session.pause_ids.reason_id,
            self.env.ref("dialer_plinx_gate.pause_reason_away"),
        )
        entry = self.env["dialer.queue.entry"].browse(entry_id)
        self.assertEqual((entry.state, entry.agent_id.id), ("pending", False))
        self.assertEqual(self.start(self.bruno).next_contact()["entry"]["id"], entry_id)

    def test_supervisor_is_told_once(self):
        session = self.start()
        for _ in range(2):
            self.vanish(session)
            self.run_cron()
            session.resume()
        activity = self.campaign.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertIn(self.ana.name, activity.summary)
        self.assertTrue(
            activity.user_id.has_group("dialer_plinx_gate.group_dialer_supervisor")
        )

    def test_whatever_an_agent_does_is_a_sign_of_the_agent(self):
        session = self.start()
        for sign in (
            session.next_contact,
            session.dial,
            session.hang_up,
            lambda: session.register_result(self.done.id),
            lambda: self.start(),
            session.pause,
            session.resume,
            session.console_data,
        ):
            self.vanish(session)
            sign()
            self.assertGreater(session.sudo().last_seen_at, self.later(minutes=-1))

    def test_reading_the_state_changes_nothing(self):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        self.vanish(session)
        before = session.sudo().read()[0]
        session.get_state()
        session.invalidate_recordset()
        self.assertEqual(session.sudo().read()[0], before)
        # nor does it take a lost customer off the session, though it shows none
        entry = self.env["dialer.queue.entry"].browse(entry_id)
        entry.write(entry._waiting_values())
        self.assertIsNone(session.get_state()["entry"])
        self.assertEqual(session.get_state()["status"], "ready")
        self.assertEqual(session.sudo().entry_id, entry)
        self.run_cron()
        self.assertEqual(session.state, "paused")

    def test_agent_whose_browser_is_connected_is_there(self):
        session = self.start()
        self.vanish(session)
        self.env["mail.presence"]._update_presence(self.ana)
        self.run_cron()
        self.assertEqual(session.state, "running")

    def test_time_without_a_sign_is_the_company_s(self):
        self.company.with_user(self.supervisor).dialer_away_minutes = 30
        session = self.start()
        self.vanish(session, minutes=20)
        self.run_cron()
        self.assertEqual(session.state, "running")

    def lose_call(self, minutes=61):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        session.dial()
        entry = self.env["dialer.queue.entry"].browse(entry_id)
        entry.dialed_at = self.later(minutes=-minutes)
        self.vanish(session, minutes)
        return session, entry

    def test_call_of_a_vanished_agent_becomes_an_attendance_and_is_retried(self):
        session, entry = self.lose_call()
        self.run_cron()
        self.run_cron()
        no_result = self.env.ref("dialer_plinx_gate.result_no_result")
        self.assertRecordValues(
            entry.attendance_ids,
            [
                {
                    "result_id": no_result.id,
                    "user_id": self.ana.id,
                    "session_id": session.id,
                    "origin": "dialer",
                    "channel": "phone",
                    "duration": 0,
                }
            ],
        )
        self.assertEqual((entry.state, entry.attempts), ("pending", 1))
        self.assertGreater(entry.next_call_at, self.later(minutes=50))
        self.assertEqual(session.get_state()["entry"], None)

    def test_result_after_that_makes_no_second_attendance(self):
        session, entry = self.lose_call()
        self.run_cron()
        session.register_result(self.done.id, entry_id=entry.id)
        self.assertEqual(len(entry.attendance_ids), 1)

    def test_last_attempt_without_a_result_exhausts(self):
        self.campaign.max_attempts = 1
        _session, entry = self.lose_call()
        self.run_cron()
        self.assertEqual(entry.state, "exhausted")

    def test_short_call_of_a_vanished_agent_stays_with_the_agent(self):
        session, entry = self.lose_call(minutes=15)
        self.run_cron()
        self.assertEqual((entry.state, session.state), ("dialing", "paused"))
        session.register_result(self.done.id)
        self.assertEqual(entry.state, "done")

    def test_long_call_of_an_agent_who_is_there_goes_on(self):
        session, entry = self.lose_call()
        session.console_data()
        self.run_cron()
        self.assertEqual((entry.state, session.state), ("dialing", "running"))

    def test_agent_cannot_change_the_times(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.ana).dialer_away_minutes = 99
