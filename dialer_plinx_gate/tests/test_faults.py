# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the agent gets for every fault of Plinx, under every failure policy."""

from odoo.tests import tagged

from .common import TOKEN, DialerCase
from .fault_cases import FAULT_CASES, SET_ASIDE


class FaultsCase(DialerCase):
    def play(self, case):
        """Start all over, with this fault on; give what the agent then sees."""
        self.env["plinx.connection"]._of(self.company)._reset()
        self.sandbox.clear()
        self.company.plinx_timeout = case.patience
        if case.talks:
            self.talk(self.customers[0])
        session = self.start()
        if session.get_state()["entry"]:
            session.sudo()._put_back()
        session.sudo().write({"decision": False, "event_id": False})
        self.sandbox.set_fault(case.fault)
        self.campaign.entry_ids.write({"next_call_at": self.later(minutes=-1)})
        return session, session.next_contact()

    def check(self, policy):
        self.company.plinx_failure_policy = policy
        for case in FAULT_CASES:
            with self.subTest(fault=case.name, policy=policy):
                session, state = self.play(case)
                # who is set aside is not the one on screen
                event = self.campaign.entry_ids.gate_event_ids.filtered(
                    lambda event, case=case: event.reason == case.reason
                )[:1]
                self.assertTrue(event)
                self.assertEqual(state["decision"], case.decisions[policy])
                self.assertNotIn(TOKEN, repr(state) + repr(event.read()))
                yield case, session, state


@tagged("post_install", "-at_install")
class TestHoldPolicy(FaultsCase):
    def test_every_fault_holds_with_its_reason_and_nobody_is_passed_over(self):
        for case, session, state in self.check("hold"):
            if state["decision"] == "dial":
                continue
            self.assertIsNone(state["entry"])
            sentence = session.sudo().event_id.reason_text
            self.assertEqual(state["hold"]["reason"], sentence)
            self.assertIn("Dialing has been on hold", state["message"])
            self.assertEqual(
                set(self.campaign.entry_ids.mapped("state")), {"pending"}, case.name
            )


@tagged("post_install", "-at_install")
class TestAskPolicy(FaultsCase):
    def test_every_fault_asks_the_agent_who_may_call_or_go_on(self):
        for case, session, state in self.check("ask"):
            if case.decisions["ask"] == "ask":
                self.assertFalse(state["question"]["active"])
                self.assertTrue(state["question"]["call_anyway"])
                self.assertEqual(
                    state["question"]["reason"], session.sudo().event_id.reason_text
                )


@tagged("post_install", "-at_install")
class TestDialPolicy(FaultsCase):
    def test_every_fault_dials_the_first_customer_who_is_not_set_aside(self):
        for case, _session, state in self.check("dial"):
            called = self.customers[int(case.decisions is SET_ASIDE)]
            self.assertEqual(state["entry"]["partner_id"], called.id)

    def test_a_call_without_an_answer_is_written_in_the_updates(self):
        self.company.plinx_failure_policy = "dial"
        session, _state = self.play(FAULT_CASES[0])
        session.dial()
        self.assertIn("without an answer", self.updates_of(self.customers[0]).body)
