# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The states of a queue entry: each transition, and who may write one."""

import ast
import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .common import DialerCase

ADDON = Path(__file__).resolve().parent.parent
QUEUE = ADDON / "models" / "queue"
# A statement that sets the state in words of its own.
SETS_STATE = re.compile(
    r"UPDATE\s+dialer_queue_entry\b(?:(?!\bWHERE\b).)*?\bSET\b"
    r"(?:(?!\bWHERE\b).)*?\bstate\s*=",
    re.DOTALL | re.IGNORECASE,
)
HELD = ("agent_id", "session_id", "reserved_until", "dialed_at", "hung_up_at")


@tagged("post_install", "-at_install")
class TestQueueStates(DialerCase):
    def setUp(self):
        super().setUp()
        self.entry = self.entry_of(self.customers[0])

    def on_screen(self, state="reserved"):
        """Put the first customer on the screen of an agent."""
        session = self.start().sudo()
        self.assertTrue(self.entry._reserve(session, state))
        session.entry_id = self.entry
        return session

    def in_call(self):
        session = self.on_screen()
        self.entry._dial()
        return session

    def assertFree(self, state):
        self.assertEqual(self.entry.state, state)
        for name in HELD:
            self.assertFalse(self.entry[name], name)

    # -------------------------------------------------------------------------
    # On screen, and in call
    # -------------------------------------------------------------------------

    def test_only_one_of_two_agents_reserves_an_entry(self):
        self.on_screen("asking")
        self.assertEqual(self.entry.state, "asking")
        self.assertEqual(self.entry.agent_id, self.ana)
        other = self.start(self.bruno).sudo()
        self.assertFalse(self.entry._reserve(other, "reserved"))
        self.assertEqual(self.entry.agent_id, self.ana)

    def test_a_question_keeps_the_agent(self):
        session = self.on_screen()
        self.entry._ask()
        self.assertEqual(self.entry.state, "asking")
        self.assertEqual(self.entry.session_id, session)

    def test_dialing_counts_the_call_and_notes_all_numbers_of_the_customer(self):
        self.customers[0].phone = "+55 47 98800-1000 / 47 98800-2000"
        self.in_call()
        self.assertEqual(self.entry.state, "dialing")
        self.assertEqual(self.entry.attempts, 1)
        self.assertTrue(self.entry.dialed_at)
        self.assertEqual(
            self.entry.dialed_numbers, ["+5547988001000", "+5547988002000"]
        )
        self.assertEqual(self.entry.phone, "+5547988001000")

    def test_what_is_given_back_stands_where_it_stood(self):
        before = self.entry._queue_key()
        self.on_screen()
        self.entry._give_back()
        self.assertFree("pending")
        self.assertEqual(self.entry._queue_key(), before)

    def test_who_is_deferred_stands_behind_all_others(self):
        self.on_screen("asking")
        self.entry._defer()
        self.assertFree("pending")
        line = self.entry._peek(self.campaign, self.ana, 10)
        self.assertEqual(line[-1], self.entry)
        self.assertEqual(len(line), 5)

    def test_a_promise_is_the_agent_s_own(self):
        self.on_screen("asking")
        when = self.later(hours=2)
        self.entry._promise(when, self.ana)
        self.assertFree("pending")
        self.assertTrue(self.entry.is_callback)
        self.assertEqual(self.entry.callback_user_id, self.ana)
        self.assertEqual(self.entry.next_call_at, when)
        self.assertEqual(self.entry.wait_reason, "callback")

    # -------------------------------------------------------------------------
    # After a call
    # -------------------------------------------------------------------------

    def test_each_effect_of_a_result_leads_to_its_state(self):
        block = self.env.ref("dialer_plinx_gate.result_do_not_call")
        for result, state, reason in (
            (self.done, "done", False),
            (block, "cancelled", "do_not_call"),
            (self.retry, "pending", "retry"),
        ):
            self.entry.write({**self.entry._waiting_values(), "attempts": 0})
            session = self.in_call()
            again = self.entry._finish(result, False, self.ana)
            self.assertFree(state)
            self.assertEqual(self.entry.wait_reason, reason)
            self.assertEqual(bool(again), state == "pending")
            session._clear_screen()

    def test_the_last_attempt_without_success_exhausts(self):
        self.campaign.max_attempts = 1
        self.in_call()
        self.assertFalse(self.entry._finish(self.retry, False, self.ana))
        self.assertFree("exhausted")
        self.assertEqual(self.entry.wait_reason, "max_attempts")

    def test_a_retry_with_a_date_is_a_promise(self):
        self.in_call()
        when = self.later(days=1)
        self.assertEqual(self.entry._finish(self.retry, when, self.ana), when)
        self.assertEqual(self.entry.callback_user_id, self.ana)

    # -------------------------------------------------------------------------
    # Out of the queue
    # -------------------------------------------------------------------------

    def test_each_block_leads_to_its_state(self):
        until = self.later(hours=1)
        for move, state, reason in (
            (lambda: self.entry._set_aside("gap", until), "pending", "gap"),
            (lambda: self.entry._exhaust("number_limit"), "exhausted", "number_limit"),
            (lambda: self.entry._invalidate(), "invalid", False),
            (lambda: self.entry._cancel("do_not_call"), "cancelled", "do_not_call"),
        ):
            move()
            self.assertEqual(self.entry.state, state)
            self.assertEqual(self.entry.wait_reason, reason)
        self.assertEqual(self.entry.next_call_at, until)

    def test_an_agent_is_told_of_a_customer_who_must_not_be_called(self):
        session = self.on_screen()
        other = self.start(self.bruno).sudo()
        self.env.cr.precommit.run()
        self.env["bus.bus"].search([]).unlink()
        self.env["phone.blacklist"]._add([self.entry.phone])
        self.assertFree("cancelled")
        self.assertFalse(session.entry_id)
        self.env.cr.precommit.run()
        messages = [
            message
            for message in self.env["bus.bus"].search([]).mapped("message")
            if "session_changed" in message
        ]
        self.assertEqual(len(messages), 1)
        self.assertIn(f'"session_id":{session.id}', messages[0].replace(" ", ""))
        self.assertNotEqual(session, other)

    def test_a_call_that_is_under_way_is_left_to_its_agent(self):
        session = self.in_call()
        self.env["phone.blacklist"]._add([self.entry.phone])
        self.assertEqual(self.entry.state, "dialing")
        self.assertEqual(session.entry_id, self.entry)

    def test_the_promise_of_a_blocked_number_ends_with_it(self):
        activity = self.entry._schedule_call(self.retry, self.later(days=1), self.ana)
        self.entry._promise(self.later(days=1), self.ana)
        self.entry.activity_id = activity
        self.env["phone.blacklist"]._add([self.entry.phone])
        self.assertFalse(activity.exists())
        self.assertFree("cancelled")


@tagged("post_install", "-at_install")
class TestWhoWritesStates(BaseCase):
    def test_no_statement_elsewhere_has_words_of_its_own_for_the_state(self):
        own, elsewhere = 0, []
        for path in sorted(ADDON.rglob("*.py")):
            if {"tests", "migrations"} & set(path.relative_to(ADDON).parts):
                continue
            for node in ast.walk(ast.parse(path.read_text(), str(path))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if not SETS_STATE.search(node.value):
                        continue
                    if QUEUE in path.parents:
                        own += 1
                    else:
                        elsewhere.append(f"{path.relative_to(ADDON)}:{node.lineno}")
        self.assertGreater(own, 2, "the walk finds the queue's own statements")
        self.assertFalse(elsewhere)
