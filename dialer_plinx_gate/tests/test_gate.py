# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What campaigns, queues and sessions get of the gate, by its one door."""

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ..plinx.verdict import ACTIVE, UNKNOWN, Conversation, Verdict
from .common import DialerCase


@tagged("post_install", "-at_install")
class TestDoor(DialerCase):
    def setUp(self):
        super().setUp()
        self.gate = self.env["dialer.gate"]

    def held(self, fault, **values):
        """The verdict that holds an agent while Plinx has this fault."""
        self.sandbox.set_fault({"kind": fault, **values})
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "hold")
        return session.sudo().event_id

    def sentence(self, event):
        since = fields.Datetime.to_datetime("2026-01-07 13:31:00")
        event.user_id.tz = "America/Sao_Paulo"
        return self.gate._hold_sentence(event, since)

    def test_a_hold_is_told_with_its_time_reason_and_next_try(self):
        event = self.held("http-500")
        told = self.sentence(event)
        self.assertIn("on hold since 10:31", told)
        self.assertIn(event.reason_text, told)
        self.assertIn(f"Next try in {self.gate._retry_in(event)} s", told)

    def test_a_refused_token_is_told_with_who_can_mend_it(self):
        event = self.held("http-401")
        self.assertIn("Your administrator", self.sentence(event))
        self.assertIn(self.gate._retry_in(event), range(25, 31))

    def test_a_limit_is_told_with_the_seconds_that_are_left(self):
        event = self.held("http-429", retry_after=20)
        event.retry_at = self.later(seconds=7)
        self.assertIn(self.gate._retry_in(event), range(1, 8))
        told = self.sentence(event)
        self.assertIn(f"next in {self.gate._retry_in(event)} s", told)
        self.assertNotIn("Next try", told)

    def test_a_try_that_is_due_is_a_second_away(self):
        event = self.held("http-500")
        event.date = self.later(hours=-1)
        self.assertEqual(self.gate._retry_in(event), 1)

    def test_avoided_calls_are_counted_for_one_agent_company_and_time(self):
        self.talk(self.customers[0])
        self.talk(self.customers[1])
        self.start().next_contact()
        (event, other) = self.env["dialer.gate.event"].search(
            [("verdict", "=", "active"), ("user_id", "=", self.ana.id)]
        )

        def count(user=self.ana, start=None):
            start = start or self.later(hours=-1)
            query = self.gate._avoided_sql(user, self.company, start)
            return self.env.execute_query(SQL("SELECT %s", query))[0][0]

        self.assertEqual((count(), count(self.bruno)), (2, 0))
        self.assertEqual(count(start=self.later(hours=1)), 0)
        event.write({"decision": "ask", "answer": "no"})
        other.write({"decision": "ask", "answer": "call"})
        self.assertEqual(count(), 1)

    def test_shadow_mode_keeps_what_would_have_been_done(self):
        active, moment = Verdict(ACTIVE, "open"), self.later(seconds=9)
        self.assertEqual(self.gate._shadow_values(active, self.company), {})
        self.company.plinx_shadow = True
        kept = self.gate._shadow_values(active, self.company)
        self.assertEqual(kept, {"shadow_decision": "skip"})
        unknown = Verdict(UNKNOWN, "timeout", retry_at=moment.replace(microsecond=1))
        kept = self.gate._shadow_values(unknown, self.company)
        self.assertEqual(kept["shadow_decision"], "hold")
        self.assertGreaterEqual(kept["retry_at"], unknown.retry_at)
        self.assertEqual(kept["retry_at"].microsecond, 0)

    def test_a_conversation_is_told_in_what_json_can_hold(self):
        self.assertIs(self.gate._conversation_values(None), False)
        opened = fields.Datetime.to_datetime("2026-01-07 13:31:00")
        values = self.gate._conversation_values(
            Conversation(id="c1", status="open", assignee="Bia", opened_at=opened)
        )
        self.assertEqual(values["opened_at"], "2026-01-07 13:31:00")
        self.assertEqual((values["id"], values["last_inbound_at"]), ("c1", None))

    def test_who_records_gets_the_rows_in_order(self):
        values = {
            "company_id": self.company.id,
            "entry_id": self.entry_of(self.customers[0]).id,
            "verdict": "free",
            "decision": "dial",
            "date": fields.Datetime.now(),
        }
        events = self.gate._record([values, {**values, "verdict": "unknown"}])
        self.assertEqual(events.mapped("verdict"), ["free", "unknown"])
        self.assertEqual(self.gate._record([values | {"reason": "x"}]).reason, "x")
