# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Nobody is dialed of whom a number was not asked, and whoever may mend it is told."""

import re
from datetime import datetime
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import freeze_time, tagged, users

from .properties import EXAMPLES
from .test_rules_limits import RulesCase

UNREADABLE = "(47) 99988-776"
# What people type, and what they type by mistake.
TEXTS = st.lists(
    st.sampled_from(
        [
            "47988110001",
            "4733150001",
            "+5547988110002",
            "47 98811-0003",
            UNREADABLE,
            "98811000",
            "08001234567",
            "123456789012345678",
            " / ",
            "; ",
            " whats ",
            ", cel: ",
            "  ",
        ]
    ),
    max_size=6,
).map("".join)


class UnreadCase(RulesCase):
    def talk_on(self, wa_id):
        self.sandbox.open_conversation(wa_id)

    def assert_set_aside(self, text, entry=None):
        self.assertRecordValues(
            entry or self.entry,
            [
                {
                    "state": "invalid",
                    "wait_reason": "unread_number",
                    "unread_text": text,
                }
            ],
        )


@tagged("post_install", "-at_install")
class TestEveryNumberIsAsked(UnreadCase):
    def test_a_conversation_on_any_number_of_the_field_counts(self):
        for text in (
            "47 3315-0001 / 47 98815-0001 (whats)",
            "47 3315-0001 / WhatsApp 47 98815-0001",
            "47 3315-0001; cel: 47 98815-0001",
        ):
            with self.subTest(text=text):
                self.customer.phone = text
                self.sandbox.clear()
                self.talk_on("5547988150001")
                verdict = self.env["dialer.gate"]._evaluate(self.entry)[self.entry.id]
                self.assertEqual(verdict.state, "active")

    def test_words_before_a_number_do_not_make_it_invalid(self):
        for text in (
            "WhatsApp: 47 98837-0011",
            "tel 47 98837-0011",
            "tel:+5547988370011",
        ):
            with self.subTest(text=text):
                self.customer.phone = text
                self.assertEqual(self.entry.phone, "+5547988370011")
                self.assertFalse(self.entry._unreadable())

    def test_every_phone_field_that_an_addon_names_is_asked(self):
        self.customer.city = "47 98815-0001"
        partners = type(self.env["res.partner"])
        known = partners._dialer_phone_fields
        self.talk_on("5547988150001")
        with patch.object(
            partners, "_dialer_phone_fields", lambda model: [*known(model), "city"]
        ):
            self.start().next_contact()
            self.assertEqual(self.entry.wait_reason, "conversation")
            self.customer.city = UNREADABLE
            called = self.entry._customer_numbers()[self.entry.id]
        self.assertEqual(called.unread, (UNREADABLE,))

    def test_a_text_of_a_companys_contact_counts_while_the_contact_is_active(self):
        self.customer.is_company = True
        contact = self.env["res.partner"].create(
            {"name": "Contato", "parent_id": self.customer.id, "phone": UNREADABLE}
        )
        self.assertTrue(self.entry._unreadable())
        contact.active = False
        self.assertFalse(self.entry._unreadable())

    @given(TEXTS)
    @settings(EXAMPLES, max_examples=60)
    def test_all_that_looks_like_a_number_is_asked_or_the_customer_set_aside(
        self, text
    ):
        self.customer.phone = text
        called = self.entry._customer_numbers()[self.entry.id]
        gate = self.env["dialer.gate"]
        if verdict := gate._own_verdict(called):
            self.assertEqual(gate._decide(verdict, self.company), "skip")
            return
        asked = gate._prepare_subject(self.entry.id, called).wa_ids
        for digits in re.findall(r"\d{8,}", text):
            self.assertTrue(any(digits[-8:] == one[-8:] for one in asked), text)


@tagged("post_install", "-at_install")
class TestUnreadNumber(UnreadCase):
    def test_nobody_is_dialed_under_any_policy(self):
        self.customer.phone = f"47 98815-0001 / {UNREADABLE}"
        session = self.start()
        for policy in ("hold", "ask", "dial"):
            for shadow in (False, True):
                with self.subTest(policy=policy, shadow=shadow):
                    self.entry.sudo().write({"state": "pending", "wait_reason": False})
                    self.company.write(
                        {"plinx_failure_policy": policy, "plinx_shadow": shadow}
                    )
                    self.assertEqual(session.next_contact()["decision"], "empty")
                    self.assert_set_aside(UNREADABLE)
                    event = self.entry.gate_event_ids[:1]
                    self.assertRecordValues(
                        event,
                        [
                            {
                                "verdict": "unknown",
                                "decision": "skip",
                                "reason": "unread_number",
                            }
                        ],
                    )
                    self.assertIn(UNREADABLE, event.reason_text)

    def test_the_queue_goes_on_behind_such_a_customer(self):
        self.campaign.entry_ids.state = "pending"
        self.customer.phone = UNREADABLE
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "dial")
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        self.assert_set_aside(UNREADABLE)

    def test_each_customers_updates_name_the_text(self):
        others = self.campaign.entry_ids[1:3]
        others.state = "pending"
        texts = [UNREADABLE, "(47) 99988-775", "98811-0001 <b>"]
        for partner, text in zip(self.customers[:3], texts, strict=True):
            partner.phone = text
        self.start().next_contact()
        for partner, text in zip(self.customers[:3], texts[:2], strict=False):
            self.assertIn(f"“{text}”", str(self.updates_of(partner)[:1].body))
        self.assertNotIn("<b>", str(self.updates_of(self.customers[2])[:1].body))

    def test_a_number_mistyped_while_on_screen_is_not_dialed(self):
        session = self.start()
        session.next_contact()
        self.customer.phone = UNREADABLE
        self.entry_of(self.customers[1]).state = "pending"
        state = session.dial()
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        self.assertEqual(state["entry"]["state"], "reserved")
        self.assertIn(UNREADABLE, state["message"])
        self.assert_set_aside(UNREADABLE)

    def test_a_phone_deleted_while_on_screen_is_not_dialed(self):
        session = self.start()
        session.next_contact()
        self.customer.phone = False
        self.assertIsNone(session.dial()["entry"])
        self.assertRecordValues(
            self.entry, [{"state": "invalid", "wait_reason": False}]
        )

    def test_call_anyway_does_not_dial_either(self):
        self.company.write({"dial_active_whatsapp": True, "dialer_call_anyway": True})
        self.talk(self.customer)
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "ask")
        self.customer.phone = UNREADABLE
        state = session.answer("call")
        self.assertIsNone(state["entry"])
        self.assertIn(UNREADABLE, state["message"])
        self.assert_set_aside(UNREADABLE)

    def test_health_does_not_take_it_for_a_failure_of_plinx(self):
        self.customer.phone = UNREADABLE
        self.start().next_contact()
        gate = self.env["dialer.gate"].with_company(self.company)
        gate = gate.with_context(allowed_company_ids=self.company.ids)
        self.assertIsNone(gate._trouble(self.later(minutes=-5)))

    def test_why_not_names_the_text(self):
        self.customer.phone = UNREADABLE
        session = self.start()
        for _state in ("pending", "invalid"):
            (reason,) = self.entry.with_user(self.ana)._why_not()
            self.assertEqual(reason["code"], "unread_number")
            self.assertIn(UNREADABLE, reason["text"])
            session.next_contact()
        (counted,) = [
            one
            for one in self.campaign._why_not_counts()
            if one["code"] == "unread_number"
        ]
        self.assertEqual(counted["count"], 1)


@tagged("post_install", "-at_install")
class TestMended(UnreadCase):
    def set_aside(self, text):
        self.customer.phone = text
        self.start().next_contact()
        self.env.flush_all()
        self.assertEqual(self.entry.state, "invalid")

    def assert_waits(self, waits=True):
        self.env.flush_all()
        state = "pending" if waits else "invalid"
        self.assertEqual(self.entry.state, state)

    def test_a_mended_field_makes_the_customer_callable_at_once(self):
        self.set_aside(UNREADABLE)
        self.customer.phone = "(47) 99988-7766"
        self.assert_waits()
        self.assertRecordValues(
            self.entry,
            [{"wait_reason": False, "unread_text": False, "phone": "+5547999887766"}],
        )
        session = self.env["dialer.session"].search([("user_id", "=", self.ana.id)])
        state = session.with_user(self.ana).next_contact()
        self.assertEqual(state["entry"]["id"], self.entry.id)

    def test_a_phone_that_was_missing_does_so_too(self):
        self.set_aside(False)
        self.customer.phone = "(47) 99988-7766"
        self.assert_waits()

    def test_another_unreadable_text_does_not(self):
        self.set_aside(UNREADABLE)
        self.customer.phone = "(47) 99988-77"
        self.assert_waits(False)

    def test_the_contact_of_a_company_that_was_mended_frees_the_company(self):
        self.customer.is_company = True
        contact = self.env["res.partner"].create(
            {"name": "Contato", "parent_id": self.customer.id, "phone": UNREADABLE}
        )
        self.set_aside("47 98815-0001")
        contact.phone = "47 98815-0002"
        self.assert_waits()

    def test_a_customer_taken_out_stays_out(self):
        self.set_aside(UNREADABLE)
        self.entry._cancel("do_not_call")
        self.customer.phone = "(47) 99988-7766"
        self.env.flush_all()
        self.assertEqual(self.entry.state, "cancelled")

    @users("sup_test")
    def test_the_list_leads_to_the_customer(self):
        entry = self.entry.with_env(self.env)
        action = entry.action_open_customer()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.partner", self.customer.id)
        )


@tagged("post_install", "-at_install")
class TestOneZone(UnreadCase):
    def place(self):
        return self.entry._places()[self.entry.id].zone

    def test_rule_and_console_have_one_clock(self):
        acre = self.env.ref("base.state_br_ac")
        self.customer.phone = "68 99988-7766"
        session = self.start()
        session.next_contact()
        for state, zone in (
            (False, "America/Rio_Branco"),
            (self.santa_catarina, "America/Sao_Paulo"),
            (acre, "America/Rio_Branco"),
        ):
            with self.subTest(state=state):
                self.customer.state_id = state
                self.assertEqual(self.place(), zone)
                panel = session.customer_panel(self.entry.id)
                self.assertEqual(panel["timezone"], zone)

    def test_acre_by_its_area_code_is_not_called_before_eight_there(self):
        self.campaign.calendar_id = self.make_hours(8, 20)
        self.customer.phone = "68 99988-7766"
        with freeze_time(datetime(2026, 8, 12, 11, 30)):
            self.entry.next_call_at = self.later(minutes=-1)
            self.assertEqual(self.start().next_contact()["decision"], "empty")
            self.assertEqual(self.entry.wait_reason, "hours")
            self.assertEqual(self.entry.next_call_at, datetime(2026, 8, 12, 13))

    def test_two_hundred_customers_cost_no_query_each(self):
        customers = self.make_customers(200, start=3000)
        entries = self.make_campaign(customers).entry_ids
        entries._places()
        self.env.flush_all()
        with self.assertQueryCount(2):
            self.assertEqual(len(entries._places()), 200)
