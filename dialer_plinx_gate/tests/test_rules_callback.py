# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_rules_limits import RulesCase


@tagged("post_install", "-at_install")
class TestCallback(RulesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call_back = cls.env.ref("dialer_plinx_gate.result_call_back")

    def promise(self, days=3):
        """Ana promises a call; give her activity."""
        session = self.start()
        self.call(session, self.call_back, next_contact_at=self.later(days=days))
        return session, self.entry.activity_id

    def day(self, moment):
        return self.company._dialer_local(moment).date()

    def make_due(self):
        """The promised moment has come."""
        self.entry.next_call_at = self.later(seconds=-5)

    def test_callback_makes_one_activity_linked_to_the_entry(self):
        _session, activity = self.promise()
        self.assertRecordValues(
            activity,
            [
                {
                    "user_id": self.ana.id,
                    "res_id": self.customer.id,
                    "date_deadline": self.day(self.entry.next_call_at),
                }
            ],
        )
        self.assertEqual(self.customer.dialer_attendance_ids.activity_id, activity)

    def test_due_callback_is_first_whatever_the_priority(self):
        self.promise()
        others = self.campaign.entry_ids - self.entry
        others.write({"state": "pending", "priority": 99})
        self.make_due()
        state = self.start().next_contact()
        self.assertEqual(state["entry"]["id"], self.entry.id)

    def test_callback_is_its_agent_s_for_the_time_of_the_campaign(self):
        self.campaign.callback_own_minutes = 30
        self.promise()
        self.make_due()
        due = self.entry.next_call_at
        self.assertEqual(self.entry.callback_until, due + timedelta(minutes=30))
        bruno = self.start(self.bruno)
        self.assertEqual(bruno.next_contact()["decision"], "empty")
        self.entry.callback_until = self.later(seconds=-1)
        self.assertEqual(bruno.next_contact()["entry"]["id"], self.entry.id)

    def test_moving_the_activity_moves_the_next_call(self):
        _session, activity = self.promise()
        before, own = self.entry.next_call_at, self.entry.callback_until
        activity.with_user(self.ana).date_deadline += timedelta(days=4)
        self.assertEqual(self.entry.next_call_at, before + timedelta(days=4))
        self.assertEqual(self.entry.callback_until, own + timedelta(days=4))

    def test_moving_the_next_call_moves_the_activity(self):
        _session, activity = self.promise()
        entry = self.entry.with_user(self.supervisor)
        entry.next_call_at += timedelta(days=2)
        self.assertEqual(activity.date_deadline, self.day(entry.next_call_at))

    def test_giving_the_activity_to_another_gives_them_the_callback(self):
        _session, activity = self.promise()
        activity.with_user(self.supervisor).user_id = self.bruno
        self.assertEqual(self.entry.callback_user_id, self.bruno)
        self.make_due()
        self.assertEqual(self.start().next_contact()["decision"], "empty")
        self.assertEqual(self.start(self.bruno).next_contact()["decision"], "dial")

    def test_doing_the_activity_ends_the_entry(self):
        _session, activity = self.promise()
        activity.with_user(self.ana).action_feedback("Falei com ele")
        self.assertRecordValues(
            self.entry,
            [{"state": "done", "wait_reason": "activity_done", "is_callback": False}],
        )

    def test_deleting_the_activity_takes_the_customer_out(self):
        _session, activity = self.promise()
        activity.with_user(self.ana).unlink()
        self.assertRecordValues(
            self.entry, [{"state": "cancelled", "wait_reason": "activity_deleted"}]
        )

    def test_calling_back_closes_the_activity(self):
        session, activity = self.promise()
        self.make_due()
        self.call(session, self.done)
        self.assertFalse(activity.active)
        self.assertEqual(self.entry.state, "done")
        self.assertFalse(self.entry.activity_id)

    def test_promising_again_closes_the_old_activity_and_makes_one(self):
        session, activity = self.promise()
        self.make_due()
        self.call(session, self.call_back, next_contact_at=self.later(days=9))
        self.assertFalse(activity.active)
        self.assertEqual(
            self.customer.activity_ids.filtered("active"), self.entry.activity_id
        )

    def test_a_customer_on_screen_is_not_moved_by_the_activity(self):
        session, activity = self.promise()
        self.make_due()
        session.next_contact()
        activity.with_user(self.ana).action_feedback("Falei com ele")
        self.assertEqual(self.entry.state, "reserved")
        session.dial()
        session.register_result(self.done.id)
        self.assertEqual(self.entry.state, "done")

    def test_leaving_the_queue_deletes_the_activity(self):
        _session, activity = self.promise()
        self.entry.with_user(self.supervisor).state = "cancelled"
        self.assertFalse(activity.exists())

    def test_number_on_the_do_not_call_list_deletes_the_activity(self):
        _session, activity = self.promise()
        self.env["phone.blacklist"]._add(["+5547988001000"])
        self.assertFalse(activity.exists())

    def test_callback_in_conversation_moves_as_a_whole(self):
        _session, activity = self.promise()
        self.make_due()
        self.talk(self.customer)
        self.company.plinx_skip_retry_minutes = 3 * 24 * 60
        self.start().next_contact()
        self.assertEqual(self.entry.wait_reason, "conversation")
        self.assertEqual(activity.date_deadline, self.day(self.later(days=3)))
        self.assertGreater(self.entry.callback_until, self.entry.next_call_at)

    def test_other_activities_leave_the_queue_alone(self):
        other = self.customer.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.ana.id
        )
        self.promise()
        before = self.entry.next_call_at
        other.date_deadline = fields.Date.add(other.date_deadline, days=9)
        other.action_feedback()
        self.assertEqual(
            (self.entry.state, self.entry.next_call_at), ("pending", before)
        )
