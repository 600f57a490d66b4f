# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ledger of verdicts: who reads it, how long it lasts, and shadow mode."""

from unittest.mock import patch

from markupsafe import Markup

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.gate import event as dialer_gate_ledger
from .common import DialerCase


class LedgerCase(DialerCase):
    def events(self):
        return self.env["dialer.gate.event"].search(
            [("campaign_id", "=", self.campaign.id)]
        )


@tagged("post_install", "-at_install")
class TestLedger(LedgerCase):
    def test_a_row_tells_why_a_customer_was_not_dialed(self):
        self.talk(self.customers[0], assignee="Bia")
        self.start().next_contact()
        event = self.entry_of(self.customers[0]).gate_event_ids
        self.assertRecordValues(
            event,
            [
                {
                    "verdict": "active",
                    "decision": "skip",
                    "source": "live",
                    "partner_id": self.customers[0].id,
                    "campaign_id": self.campaign.id,
                    "user_id": self.ana.id,
                    "reason": "open",
                    "shadow_decision": False,
                }
            ],
        )
        self.assertGreaterEqual(event.latency_ms, 0)
        self.assertEqual(event.conversation["assignee"], "Bia")
        self.assertIn("WhatsApp", event.with_user(self.supervisor).reason_text)

    def test_a_refusal_keeps_when_plinx_may_be_asked_again(self):
        self.sandbox.set_fault({"kind": "http-429", "retry_after": 7})
        before = self.later(seconds=7)
        self.start().next_contact()
        retry_at = self.events().retry_at
        self.assertGreaterEqual(retry_at, before)
        self.assertLessEqual(retry_at, self.later(seconds=8))

    def columns(self, table, row_id, *left_out):
        """All the columns of a row, but for some."""
        query = SQL("SELECT * FROM %s WHERE id = %s", SQL.identifier(table), row_id)
        (row,) = self.env.execute_query_dict(query)
        return {name: row[name] for name in row if name not in left_out}

    def test_a_row_is_the_same_as_if_the_orm_had_made_it(self):
        ledger = self.env["dialer.gate.event"]
        session = self.start()
        entry = self.entry_of(self.customers[0])
        common = {
            "date": self.later(),
            "company_id": self.company.id,
            "campaign_id": self.campaign.id,
            "session_id": session.id,
            "entry_id": entry.id,
            "partner_id": self.customers[0].id,
            "lead_id": False,
            "user_id": self.ana.id,
            "verdict": "active",
            "decision": "skip",
            "source": "live",
        }
        conversation = {"id": "c'1", "assignee": 'Bia "B" \\ ü', "url": None}
        for values in (
            {"reason": "open", "latency_ms": 12, "conversation": conversation},
            {"latency_ms": None, "detail": False, "shadow": True, "reason": None},
            {"retry_at": self.later(minutes=1), "detail": {"seconds": 1.5}},
            {"answer": "no", "shadow_decision": "ask", "provider_state": "x"},
        ):
            with self.subTest(values=values):
                made = ledger.create({**common, **values})
                appended = ledger._append([common, {**common, **values}])[1]
                self.env.flush_all()
                self.assertEqual(
                    self.columns("dialer_gate_event", appended.id, "id"),
                    self.columns("dialer_gate_event", made.id, "id"),
                )
        self.assertIn(appended, entry.gate_event_ids)

    def test_a_line_is_the_same_as_if_the_orm_had_made_it(self):
        subtype = self.env.ref("dialer_plinx_gate.mt_dialer_update")
        self.ana.email = False
        customers = self.customers[:2].with_user(self.ana).sudo()
        customers._dialer_log_updates("Not dialed <b>", self.company)
        # its own subtype, the moments, the id of the e-mail it is not, and the
        # company, which the ORM's quick way leaves out
        own = ("id", "message_id", "subtype_id", "record_company_id")
        own += ("create_date", "write_date")
        lines = self.env["mail.message"].search(
            [("subtype_id", "=", subtype.id), ("res_id", "in", customers.ids)]
        )
        self.assertEqual(sorted(lines.mapped("res_id")), customers.ids)
        for customer in customers:
            made = customer._message_log(
                body=Markup("<p>%s</p>") % "Not dialed <b>",
                message_type="notification",
            )
            self.env.flush_all()
            line = lines.filtered(lambda line, on=customer: line.res_id == on.id)
            self.assertEqual(
                self.columns("mail_message", line.id, *own),
                self.columns("mail_message", made.id, *own),
            )

    def test_nobody_changes_makes_or_deletes_a_row(self):
        self.start().next_contact()
        admin = self.env.ref("base.user_admin")
        admin.company_ids += self.company
        for user in (self.ana, self.supervisor, admin):
            event = self.events().with_user(user)
            with self.assertRaises(AccessError):
                event.write({"answer": "no"})
            with self.assertRaises(AccessError):
                event.unlink()
            with self.assertRaises(AccessError):
                event.create({"verdict": "free", "decision": "dial"})

    def test_supervisors_open_it_from_entry_customer_lead_and_campaign(self):
        action = self.env.ref("dialer_plinx_gate.dialer_gate_event_action").id
        for model in (
            "dialer.queue.entry",
            "res.partner",
            "crm.lead",
            "dialer.campaign",
        ):
            for user, seen in ((self.supervisor, True), (self.ana, False)):
                arch = self.env[model].with_user(user).get_view(view_type="form")
                self.assertEqual(f'name="{action}"' in arch["arch"], seen, model)

    def test_search_finds_the_verdicts_of_one_customer(self):
        self.start().next_contact()
        view = self.env["dialer.gate.event"].get_view(view_type="search")["arch"]
        for name in ("entry_id", "partner_id", "lead_id", "campaign_id"):
            self.assertIn(f'name="{name}"', view)


@tagged("post_install", "-at_install")
class TestRetention(LedgerCase):
    def make(self, days, count=1):
        return self.env["dialer.gate.event"].create(
            [
                {
                    "company_id": self.company.id,
                    "campaign_id": self.campaign.id,
                    "verdict": "free",
                    "decision": "dial",
                    "date": self.later(days=-days),
                }
                for _ in range(count)
            ]
        )

    def test_rows_are_kept_as_long_as_the_company_says(self):
        self.assertEqual(self.company.gate_event_days, 90)
        old, young = self.make(91), self.make(89)
        self.env["dialer.gate.event"]._gc_events()
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())
        self.company.with_user(self.supervisor).gate_event_days = 30
        self.env["dialer.gate.event"]._gc_events()
        self.assertFalse(young.exists())

    def test_one_run_deletes_a_bounded_number_and_says_that_more_remain(self):
        self.make(100, 5)
        with patch.object(dialer_gate_ledger, "GC_BATCH", 2):
            vacuum = self.env["dialer.gate.event"]._gc_events
            self.assertEqual([vacuum() for _ in range(3)], [(2, 1), (2, 1), (1, 0)])

    def test_a_verdict_on_screen_can_be_deleted_without_harm(self):
        session = self.start()
        session.next_contact()
        self.events().sudo().date = self.later(days=-100)
        self.env["dialer.gate.event"]._gc_events()
        self.assertFalse(self.events())
        self.assertEqual(session.get_state()["decision"], "dial")


@tagged("post_install", "-at_install")
class TestShadow(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.plinx_shadow = True

    def test_who_is_in_conversation_is_dialed_and_the_ledger_says_skip(self):
        self.talk(self.customers[0])
        session = self.start()
        state = session.next_contact()
        self.assertEqual((state["decision"], state["skipped"]), ("dial", 0))
        self.assertEqual(state["entry"]["partner_id"], self.customers[0].id)
        self.assertTrue(session.dial()["uri"])
        self.assertFalse(self.updates_of(self.customers[0]))
        self.assertRecordValues(
            self.events(),
            [
                {
                    "verdict": "active",
                    "decision": "dial",
                    "shadow": True,
                    "shadow_decision": "skip",
                }
            ],
        )

    def test_no_question_is_put_and_the_ledger_says_ask(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "dial")
        self.assertIsNone(state["question"])
        self.assertEqual(self.events().shadow_decision, "ask")

    def test_silence_of_plinx_holds_nobody_and_leaves_no_line(self):
        self.sandbox.set_fault({"kind": "http-500"})
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "dial")
        self.assertTrue(session.dial()["uri"])
        self.assertFalse(self.updates_of(self.customers[0]))
        self.assertEqual(self.events().shadow_decision, "hold")

    def test_customers_without_a_phone_are_still_set_aside(self):
        self.customers[0].phone = False
        state = self.start().next_contact()
        self.assertEqual(state["skipped"], 1)
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)

    def test_without_shadow_mode_there_is_no_shadow_decision(self):
        self.company.plinx_shadow = False
        self.start().next_contact()
        self.assertFalse(self.events().shadow_decision)
