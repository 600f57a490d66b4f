# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""For whom a verdict holds, for how long, and what one customer's trouble stops."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..plinx.verdict import FREE, UNKNOWN, Verdict
from .common import DialerCase

POLICIES = ("hold", "ask", "dial")


class EdgeCase(DialerCase):
    def setUp(self):
        super().setUp()
        self.session = self.start()
        self.first = self.entry_of(self.customers[0])

    def age(self, seconds):
        """Let the verdict on screen be older."""
        session = self.session.sudo()
        session.checked_at -= timedelta(seconds=seconds)

    def asked(self):
        return self.sandbox.count("lookup") + self.sandbox.count("batch")


@tagged("post_install", "-at_install")
class TestExactlyTheNumbersAsked(EdgeCase):
    def test_a_phone_edited_on_screen_is_asked_about_before_the_call(self):
        self.session.next_contact()
        self.sandbox.open_conversation("5547988007777")
        self.customers[0].phone = "+55 47 98800-7777"
        state = self.session.dial()
        self.assertNotIn("uri", state)
        self.assertEqual(self.first.wait_reason, "conversation")

    def test_a_number_added_counts_and_one_typed_anew_does_not(self):
        self.session.next_contact()
        before = self.asked()
        self.customers[0].phone = "(47) 98800-1000"
        self.assertIn("uri", self.session.dial())
        self.assertEqual(self.asked(), before)
        self.session.register_result(self.done.id)
        self.session.next_contact()
        self.sandbox.open_conversation("5547988007777")
        self.customers[1].phone += " / 47 98800-7777"
        self.assertNotIn("uri", self.session.dial())

    def test_an_answer_given_late_asks_again(self):
        self.company.plinx_failure_policy = "ask"
        self.sandbox.set_fault({"kind": "http-500"})
        self.session.next_contact()
        self.assertEqual(self.first.state, "asking")
        self.sandbox.set_fault({"kind": "none"})
        self.env["plinx.connection"]._of(self.company)._reset()
        self.talk(self.customers[0])
        self.age(9 * 60)
        state = self.session.answer("call")
        self.assertNotIn("uri", state)
        self.assertEqual(self.first.wait_reason, "conversation")

    def test_a_late_answer_for_one_who_talks_now_becomes_the_other_question(self):
        self.company.write(
            {"plinx_failure_policy": "ask", "dial_active_whatsapp": True}
        )
        self.sandbox.set_fault({"kind": "http-500"})
        self.session.next_contact()
        self.sandbox.set_fault({"kind": "none"})
        self.env["plinx.connection"]._of(self.company)._reset()
        self.talk(self.customers[0])
        self.age(60)
        state = self.session.answer("call")
        self.assertNotIn("uri", state)
        self.assertTrue(state["question"]["active"])

    def test_a_late_answer_still_counts_when_nothing_has_changed(self):
        self.company.plinx_failure_policy = "ask"
        self.sandbox.set_fault({"kind": "http-500"})
        self.session.next_contact()
        self.age(60)
        self.assertIn("uri", self.session.answer("call"))

    def test_a_late_answer_about_an_edited_phone_asks_again(self):
        self.company.write({"dial_active_whatsapp": True, "dialer_call_anyway": True})
        self.talk(self.customers[0])
        self.session.next_contact()
        self.customers[0].phone = "+55 47 98800-7777"
        before = self.asked()
        self.assertIn("uri", self.session.answer("call"))
        self.assertEqual(self.asked(), before + 1)
        self.assertEqual(self.session.sudo().event_id.verdict, "free")


@tagged("post_install", "-at_install")
class TestOneCustomersTrouble(EdgeCase):
    def refuse(self, customer):
        """Let Plinx have no answer about this customer, and one about the others."""
        gate = self.env["dialer.gate"]
        ask = type(gate)._ask
        ref = self.entry_of(customer).id

        def refusing(gate, company, subjects):
            answers = ask(gate, company, subjects)
            if ref in answers:
                answers[ref] = Verdict(
                    UNKNOWN, "invalid_identifier", {"code": "x"}, answered=True
                )
            return answers

        self.patch(type(gate), "_ask", refusing)

    def test_the_queue_goes_on_under_every_policy(self):
        self.refuse(self.customers[0])
        for policy in POLICIES:
            with self.subTest(policy=policy):
                self.company.plinx_failure_policy = policy
                self.first.write({"next_call_at": self.later(hours=-1)})
                if self.session.get_state()["entry"]:
                    self.session.sudo()._put_back()
                    self.session.sudo()._clear_screen()
                state = self.session.next_contact()
                self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
                self.first.invalidate_recordset()
                self.assertEqual(self.first.wait_reason, "unanswered")
                self.assertGreater(self.first.next_call_at, self.later(minutes=50))
        self.assertIn("does not accept", self.updates_of(self.customers[0])[0].body)
        counts = self.env["dialer.board"]._queue_counts(self.campaign)
        self.assertEqual(counts[self.campaign.id]["unanswered"], 1)
        [reason] = self.first._why_not()
        self.assertEqual(reason["code"], "unanswered")

    def test_it_comes_out_only_at_dial(self):
        self.session.next_contact()
        self.refuse(self.customers[0])
        self.age(60)
        state = self.session.dial()
        self.assertIn("does not accept", state["message"])
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)

    def test_plinx_refusing_the_only_number_asked_about_is_that_customers(self):
        self.session.next_contact()
        self.sandbox.set_fault({"kind": "http-422"})
        verdict = self.env["dialer.gate"]._evaluate(self.first)[self.first.id]
        self.assertTrue(verdict.answered)
        self.sandbox.set_fault({"kind": "http-500"})
        verdict = self.env["dialer.gate"]._evaluate(self.first)[self.first.id]
        self.assertFalse(verdict.answered)

    def test_free_and_answered_is_dialed(self):
        decide = self.env["dialer.gate"]._decide
        self.assertEqual(
            decide(Verdict(FREE, "closed", answered=True), self.company), "dial"
        )


@tagged("post_install", "-at_install")
class TestTwoClicks(EdgeCase):
    def test_the_second_click_on_dial_gets_the_state_and_calls_nobody(self):
        self.session.next_contact()
        self.age(60)
        self.talk(self.customers[0])
        state = self.session.dial(self.first.id)
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        state = self.session.dial(self.first.id)
        self.assertNotIn("uri", state)
        self.assertEqual(state["entry"]["state"], "reserved")

    def test_also_when_nobody_is_left(self):
        for customer in self.customers[1:]:
            self.talk(customer)
        self.session.next_contact()
        self.talk(self.customers[0])
        self.age(60)
        self.session.dial(self.first.id)
        self.assertFalse(self.session.dial(self.first.id)["entry"])
        with self.assertRaises(UserError):
            self.session.dial()
