# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import format_datetime

from ..models.session import screen
from .test_rules_limits import RulesCase


@tagged("post_install", "-at_install")
class TestWhyNot(RulesCase):
    def codes(self, entry=None):
        entry = (entry or self.entry).with_user(self.ana)
        return [reason["code"] for reason in entry._why_not()]

    def test_nothing_stands_in_the_way(self):
        self.assertEqual(self.codes(), [])

    def test_state_of_the_campaign_comes_first(self):
        self.entry.next_call_at = self.later(days=1)
        self.campaign.action_pause()
        self.assertEqual(self.codes(), ["campaign_paused", "later"])
        self.campaign.action_close()
        self.assertEqual(self.codes()[0], "campaign_closed")

    def test_number_on_the_do_not_call_list(self):
        self.env["phone.blacklist"]._add(["+5547988001000"])
        self.assertEqual(self.codes(), ["do_not_call"])

    def test_customer_without_a_phone(self):
        self.customer.phone = False
        self.assertEqual(self.codes(), ["invalid"])

    def test_conversation_with_its_end(self):
        self.talk(self.customer)
        self.start().next_contact()
        (reason,) = self.entry._why_not()
        self.assertEqual(reason["code"], "conversation")
        self.assertEqual(reason["until"], self.entry.next_call_at)

    def test_plinx_without_an_answer(self):
        self.sandbox.set_fault({"kind": "http-500"})
        self.start().next_contact()
        self.assertEqual(self.codes(), ["unknown"])

    def test_limits_and_gap_before_anybody_tried(self):
        self.campaign.min_gap_minutes = 60
        call = self.attend(minutes_ago=20)
        (reason,) = self.entry._why_not()
        self.assertEqual(reason["code"], "gap")
        self.assertAlmostEqual(
            (reason["until"] - call.date).total_seconds(), 3600, delta=1
        )

    def test_callback_of_another_agent(self):
        self.entry.write(self.entry._callback_values(self.later(minutes=-1), self.ana))
        (reason,) = self.entry._why_not()
        self.assertEqual(reason["code"], "callback_other")
        self.assertIn(self.ana.name, reason["text"])
        self.assertEqual(reason["until"], self.entry.callback_until)

    def test_customer_on_a_screen_with_agent_and_time(self):
        other = self.make_campaign(self.customer)
        session = self.start()
        session.next_contact()
        (reason,) = self.entry._why_not()
        self.assertEqual(reason["code"], "held")
        self.assertIn(self.ana.name, reason["text"])
        self.assertEqual(reason["until"], self.entry.reserved_until)
        self.assertEqual(self.codes(other.entry_ids), ["held_elsewhere"])
        session.dial()
        self.assertIn("In call", self.entry._why_not()[0]["text"])

    def test_ended_entries_say_how(self):
        self.call(self.start(), self.done)
        self.assertEqual(self.codes(), ["done"])
        self.campaign.max_attempts = 1
        self.entry.write({"state": "pending", "attempts": 0})
        self.call(self.start(), self.retry)
        self.assertEqual(self.codes(), ["max_attempts"])
        self.entry.write({"state": "cancelled", "withdrawn": True})
        self.assertEqual(self.codes(), ["withdrawn"])

    def test_retry_tells_when_the_next_try_is_due(self):
        self.call(self.start(), self.retry)
        (reason,) = self.entry._why_not()
        self.assertEqual(reason["code"], "retry")
        self.assertEqual(reason["until"], self.entry.next_call_at)

    def test_button_of_the_customer_names_campaign_and_reason(self):
        self.campaign.action_pause()
        action = self.customer.with_user(self.ana).action_why_not()
        popup = (
            self.env[action["res_model"]].with_user(self.ana).browse(action["res_id"])
        )
        self.assertRecordValues(
            popup.line_ids,
            [
                {
                    "campaign_id": self.campaign.id,
                    "reason": "The campaign is paused.",
                    "until": False,
                }
            ],
        )

    def test_button_of_a_customer_in_no_campaign_says_so(self):
        nobody = self.make_customers(1, start=7000)
        action = nobody.with_user(self.ana).action_why_not()
        popup = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("in no campaign", popup.line_ids.reason)

    def test_buttons_are_not_for_strangers(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_portal")
        for record in (self.entry, self.campaign, self.customer):
            with self.assertRaises(AccessError):
                record.with_user(stranger).action_why_not()

    def test_campaign_counts_its_reasons(self):
        customers = self.make_customers(8, start=5000)
        campaign = self.make_campaign(customers)
        entries = campaign.entry_ids.sorted("id")
        entries[0].state = "done"
        entries[1].state = "invalid"
        entries[2].write({"state": "exhausted", "wait_reason": "max_attempts"})
        due = self.later(minutes=30)
        entries[3].write({"next_call_at": due, "wait_reason": "conversation"})
        entries[4].write({"next_call_at": self.later(hours=2), "wait_reason": "hours"})
        entries[5].write(entries[5]._callback_values(self.later(minutes=-1), self.ana))
        self.start(self.bruno, campaign).next_contact()
        counts = campaign._why_not_counts(self.bruno)
        self.assertEqual(
            [(reason["code"], reason["count"]) for reason in counts],
            [
                ("invalid", 1),
                ("conversation", 1),
                ("hours", 1),
                ("callback_other", 1),
                ("held", 1),
                ("max_attempts", 1),
                ("done", 1),
                ("callable", 1),
            ],
        )
        self.assertEqual(counts[1]["until"], due)
        action = campaign.with_user(self.supervisor).action_why_not()
        popup = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(sum(popup.line_ids.mapped("count")), 8)

    def test_campaign_counts_cost_two_statements_whatever_its_size(self):
        campaign = self.make_campaign(
            self.make_customers(50, start=5000),
            calendar_id=self.company.resource_calendar_id.id,
        )
        campaign._why_not_counts()
        before = self.cr.sql_log_count
        campaign._query_reasons()
        campaign._query_due_places(self.later())
        self.assertEqual(self.cr.sql_log_count - before, 2)

    def test_agents_count_a_long_queue_only_so_far(self):
        customers = self.make_customers(9, start=5000)
        campaign = self.make_campaign(customers)
        entries = campaign.entry_ids.sorted("id")
        entries[:4].state = "done"
        entries[4].state = "invalid"
        entries[5:].write({"next_call_at": self.later(days=2)})
        soon = self.later(minutes=5)
        # behind all the others, and yet due before them
        entries[8].write({"next_call_at": soon, "priority": -1, "wait_reason": "gap"})
        counts = campaign._why_not_counts(limit=3)
        self.assertEqual(
            [(reason["code"], reason["count"], reason["more"]) for reason in counts],
            [("invalid", 1, False), ("later", 3, True), ("done", 3, True)],
        )
        self.assertEqual(campaign._next_due(), soon)
        with patch.object(screen, "MOST_COUNTED", 3):
            message = self.start(campaign=campaign).next_contact()["message"]
        self.assertIn("1 without a valid phone, 3+ due later, 3+ done.", message)
        moment = format_datetime(self.env, soon, tz=self.ana.tz)
        self.assertIn(f"due at {moment}", message)
        exact = {
            reason["code"]: reason["count"] for reason in campaign._why_not_counts()
        }
        self.assertEqual(exact, {"invalid": 1, "gap": 1, "later": 3, "done": 4})

    def test_empty_queue_says_why_in_one_sentence_with_the_next_time(self):
        self.campaign.entry_ids.write(
            {
                "state": "pending",
                "next_call_at": self.later(days=1),
                "wait_reason": "conversation",
            }
        )
        self.campaign.entry_ids[:2].state = "done"
        message = self.start().next_contact()["message"]
        self.assertIn("3 in conversation on WhatsApp, 2 done", message)
        self.assertIn("The next one is due at", message)
