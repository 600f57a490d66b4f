# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TOKEN, DialerCase


@tagged("post_install", "-at_install")
class TestFree(DialerCase):
    def test_free_customer_is_offered_dialed_and_attended(self):
        session = self.start()
        state = session.next_contact()
        self.assertEqual(state["decision"], "dial")
        self.assertEqual(state["entry"]["partner_id"], self.customers[0].id)
        self.assertEqual(state["entry"]["phone"], "+5547988001000")
        state = session.dial()
        self.assertEqual(state["uri"], "tel:+5547988001000")
        state = session.register_result(self.done.id, note="Ok")
        self.assertIsNone(state["entry"])
        attendance = self.customers[0].dialer_attendance_ids
        self.assertRecordValues(
            attendance,
            [
                {
                    "result_id": self.done.id,
                    "origin": "dialer",
                    "channel": "phone",
                    "user_id": self.ana.id,
                    "campaign_id": self.campaign.id,
                    "phone": "+5547988001000",
                    "note": "Ok",
                }
            ],
        )
        self.assertEqual(self.entry_of(self.customers[0]).state, "done")
        self.assertEqual(
            session.next_contact()["entry"]["partner_id"], self.customers[1].id
        )

    def test_next_twice_takes_no_second_customer(self):
        session = self.start()
        first, second = session.next_contact(), session.next_contact()
        self.assertEqual(first["entry"]["id"], second["entry"]["id"])
        held = self.campaign.entry_ids.filtered(lambda e: e.state == "reserved")
        self.assertEqual(len(held), 1)

    def test_order_is_priority_then_due_time_then_id(self):
        entries = self.campaign.entry_ids.sorted("id")
        entries[3].priority = 5
        entries[1].next_call_at = self.later(days=-1)
        entries[0].next_call_at = self.later(days=1)
        session = self.start()
        order = []
        for _ in range(4):
            order.append(session.next_contact()["entry"]["id"])
            session.dial()
            session.register_result(self.done.id)
        wanted = entries[3] + entries[1] + entries[2] + entries[4]
        self.assertEqual(order, wanted.ids)
        self.assertEqual(session.next_contact()["decision"], "empty")

    def test_the_second_agent_gets_the_second_customer(self):
        sessions = [self.start(agent) for agent in (self.ana, self.bruno)]
        shown = [session.next_contact()["entry"]["partner_id"] for session in sessions]
        self.assertEqual(shown, self.customers[:2].ids)

    def test_a_customer_in_two_campaigns_is_on_one_screen_only(self):
        other = self.make_campaign(self.customers[0])
        self.start(self.ana).next_contact()
        state = self.start(self.bruno, other).next_contact()
        self.assertEqual(state["decision"], "empty")

    def test_no_answer_is_retried_later_and_then_exhausted(self):
        self.campaign.max_attempts = 2
        entry = self.entry_of(self.customers[0])
        (self.campaign.entry_ids - entry).state = "done"
        session = self.start()
        session.next_contact()
        session.dial()
        session.register_result(self.retry.id)
        self.assertEqual(entry.state, "pending")
        self.assertGreater(entry.next_call_at, self.later(minutes=100))
        self.assertEqual(session.next_contact()["decision"], "empty")
        entry.next_call_at = self.later(minutes=-1)
        session.next_contact()
        session.dial()
        session.register_result(self.retry.id)
        self.assertEqual(entry.state, "exhausted")

    def test_reservation_that_ran_out_goes_back_to_the_queue(self):
        ana = self.start(self.ana)
        first = ana.next_contact()["entry"]["id"]
        entry = self.env["dialer.queue.entry"].browse(first)
        entry.reserved_until = self.later(minutes=-1)
        self.assertEqual(self.start(self.bruno).next_contact()["entry"]["id"], first)
        self.assertIsNone(ana.get_state()["entry"])

    def test_cron_gives_back_reservations_that_ran_out(self):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        entry = self.env["dialer.queue.entry"].browse(entry_id)
        entry.reserved_until = self.later(minutes=-1)
        cron = self.env.ref("dialer_plinx_gate.ir_cron_release_reservations")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.assertEqual(entry.state, "pending")

    def test_preview_that_stayed_on_screen_is_asked_again_before_the_call(self):
        session = self.start()
        session.next_contact()
        self.talk(self.customers[0])
        session.sudo().checked_at = self.later(seconds=-20)
        state = session.dial()
        self.assertNotIn("uri", state)
        self.assertEqual(state["skipped"], 1)
        self.assertEqual(self.entry_of(self.customers[0]).state, "pending")
        self.assertEqual(len(self.updates_of(self.customers[0])), 1)
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        self.assertEqual(state["entry"]["state"], "reserved")
        self.assertIn("skipped", state["message"])

    def test_customer_who_became_busy_during_a_pause_is_skipped_on_resume(self):
        session = self.start()
        session.next_contact()
        session.pause()
        self.talk(self.customers[0])
        state = session.resume()
        self.assertEqual((state["state"], state["decision"]), ("running", "dial"))
        self.assertEqual(state["skipped"], 1)
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)

    def test_repeated_dial_calls_once(self):
        session = self.start()
        session.next_contact()
        first, second = session.dial(), session.dial()
        self.assertEqual(first["uri"], second["uri"])
        self.assertEqual(self.entry_of(self.customers[0]).attempts, 1)

    def test_saving_a_result_twice_makes_one_attendance(self):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        session.dial()
        first = session.register_result(self.done.id, entry_id=entry_id)
        second = session.register_result(self.done.id, entry_id=entry_id)
        self.assertEqual(first["attendance_id"], second["attendance_id"])
        self.assertEqual(len(self.customers[0].dialer_attendance_ids), 1)

    def test_do_not_call_blocks_the_number(self):
        session = self.start()
        session.next_contact()
        session.dial()
        session.register_result(self.env.ref("dialer_plinx_gate.result_do_not_call").id)
        self.assertTrue(
            self.env["phone.blacklist"].search([("number", "=", "+5547988001000")])
        )
        self.assertEqual(self.entry_of(self.customers[0]).state, "cancelled")


@tagged("post_install", "-at_install")
class TestStart(DialerCase):
    def test_starting_another_campaign_ends_the_session_and_gives_back(self):
        other = self.make_campaign(self.customers[3:])
        first = self.start()
        first.next_contact()
        second = self.start(campaign=other)
        self.assertEqual((first.state, second.state), ("closed", "running"))
        self.assertEqual(self.entry_of(self.customers[0]).state, "pending")

    def test_starting_the_same_campaign_goes_on_in_the_open_session(self):
        self.assertEqual(self.start(), self.start())


@tagged("post_install", "-at_install")
class TestSkip(DialerCase):
    def test_customer_in_conversation_is_skipped_without_any_action(self):
        self.talk(self.customers[0])
        session = self.start()
        state = session.next_contact()
        self.assertEqual(state["decision"], "dial")
        self.assertEqual(state["skipped"], 1)
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        entry = self.entry_of(self.customers[0])
        self.assertEqual(entry.state, "pending")
        self.assertAlmostEqual(
            entry.next_call_at, self.later(minutes=60), delta=timedelta(minutes=1)
        )
        (line,) = self.updates_of(self.customers[0])
        self.assertEqual(
            line.subtype_id, self.env.ref("dialer_plinx_gate.mt_dialer_update")
        )
        self.assertIn("Campanha", line.body)
        self.assertIn("active conversation in Plinx", line.body)
        self.assertFalse(self.updates_of(self.customers[1]))

    def test_many_in_a_row_are_skipped_in_one_lookup(self):
        for customer in self.customers[:4]:
            self.talk(customer)
        state = self.start().next_contact()
        self.assertEqual(state["skipped"], 4)
        self.assertEqual(state["entry"]["partner_id"], self.customers[4].id)

    def test_line_is_written_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.company.partner_id.lang = "pt_BR"
        self.talk(self.customers[0])
        self.start().next_contact()
        self.assertIn("conversa ativa", self.updates_of(self.customers[0]).body)

    def test_every_number_of_the_customer_counts(self):
        self.customers[0].phone = "+55 47 98800-1000 / 47 98800-7777"
        self.sandbox.open_conversation("554788007777")
        state = self.start().next_contact()
        self.assertEqual(state["skipped"], 1)

    def test_numbers_of_a_company_s_contacts_count(self):
        self.customers[0].is_company = True
        self.customers[1].parent_id = self.customers[0]
        self.talk(self.customers[1])
        state = self.start().next_contact()
        self.assertEqual(state["skipped"], 2)
        self.assertEqual(state["entry"]["partner_id"], self.customers[2].id)

    def test_customer_without_a_valid_phone_is_set_aside_with_a_line(self):
        self.customers[0].phone = "ligar depois"
        self.customers[1].phone = False
        state = self.start().next_contact()
        self.assertEqual(state["skipped"], 2)
        self.assertEqual(self.entry_of(self.customers[0]).state, "invalid")
        self.assertIn("no valid phone", self.updates_of(self.customers[1]).body)

    def test_skipped_customer_comes_back_after_the_retry_time(self):
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        self.sandbox.close_conversation(self.wa_id(self.customers[0]))
        entry = self.entry_of(self.customers[0])
        entry.next_call_at = self.later(minutes=-1)
        entry.priority = 1
        session.dial()
        session.register_result(self.done.id)
        self.assertEqual(session.next_contact()["entry"]["id"], entry.id)


@tagged("post_install", "-at_install")
class TestAsk(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dial_active_whatsapp = True

    def setUp(self):
        super().setUp()
        self.talk(self.customers[0], assignee="Bia")

    def traces(self):
        """Everything that could be written on the first customer, counted."""
        customer = self.customers[0]
        return (
            self.env["mail.message"].search_count(
                [("model", "=", "res.partner"), ("res_id", "=", customer.id)]
            ),
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search_count(
                [("res_model", "=", "res.partner"), ("res_id", "=", customer.id)]
            ),
            self.env["dialer.attendance"].search_count(
                [("partner_id", "=", customer.id)]
            ),
        )

    def test_agent_is_asked_with_the_exact_words(self):
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "ask")
        self.assertEqual(self.entry_of(self.customers[0]).state, "asking")
        self.assertEqual(
            state["question"]["text"],
            "Customer with an active conversation via WhatsApp. Do you want to pause "
            "the dialer?",
        )

    def test_yes_pauses_records_and_shows_the_next_customer(self):
        session = self.start()
        session.next_contact()
        state = session.answer("yes")
        self.assertEqual(state["state"], "paused")
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        self.assertEqual(self.entry_of(self.customers[1]).state, "reserved")
        when = self.company._next_business_day(fields.Datetime.now())
        attendance = self.customers[0].dialer_attendance_ids
        self.assertRecordValues(
            attendance,
            [
                {
                    "partner_id": self.customers[0].id,
                    "campaign_id": self.campaign.id,
                    "entry_id": self.entry_of(self.customers[0]).id,
                    "session_id": session.id,
                    "user_id": self.ana.id,
                    "company_id": self.company.id,
                    "result_id": self.whatsapp.id,
                    "origin": "dialer",
                    "channel": "whatsapp",
                    "phone": "+5547988001000",
                    "next_contact_at": when,
                }
            ],
        )
        self.assertIn("Bia", attendance.note)
        activity = attendance.activity_id
        self.assertRecordValues(
            activity,
            [
                {
                    "res_model": "res.partner",
                    "res_id": self.customers[0].id,
                    "user_id": self.ana.id,
                    "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                    "date_deadline": self.company._dialer_local(when).date(),
                }
            ],
        )
        entry = self.entry_of(self.customers[0])
        self.assertEqual((entry.state, entry.next_call_at), ("pending", when))
        pause = session.sudo().pause_ids
        self.assertEqual(
            pause.reason_id, self.env.ref("dialer_plinx_gate.pause_reason_whatsapp")
        )
        state = session.resume()
        self.assertEqual(state["decision"], "dial")
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)

    def test_after_yes_a_busy_next_customer_is_asked_about_on_resume(self):
        self.talk(self.customers[1])
        session = self.start()
        session.next_contact()
        state = session.answer("yes")
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        self.assertIsNone(state["decision"])
        self.assertIsNone(state["question"])
        state = session.resume()
        self.assertEqual(state["decision"], "ask")

    def test_company_can_go_on_at_once_after_yes(self):
        self.company.whatsapp_pause_mode = "resume"
        session = self.start()
        session.next_contact()
        state = session.answer("yes")
        self.assertEqual((state["state"], state["decision"]), ("running", "dial"))
        self.assertEqual(len(self.customers[0].dialer_attendance_ids), 1)

    def test_no_moves_on_and_writes_nothing_on_the_customer(self):
        session = self.start()
        session.next_contact()
        self.env.flush_all()
        before = self.traces()
        state = session.answer("no")
        self.assertEqual(self.traces(), before)
        self.assertEqual((state["state"], state["decision"]), ("running", "dial"))
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        self.assertEqual(self.entry_of(self.customers[0]).state, "pending")

    def test_after_no_the_customer_stands_behind_those_who_wait(self):
        self.entry_of(self.customers[0]).priority = 9
        session = self.start()
        session.next_contact()
        state = session.answer("no")
        order = []
        while state["decision"] == "dial":
            order.append(state["entry"]["partner_id"])
            session.dial()
            session.register_result(self.done.id)
            state = session.next_contact()
        self.assertEqual(order, self.customers[1:].ids)
        self.assertEqual(state["decision"], "ask")
        self.assertEqual(state["entry"]["partner_id"], self.customers[0].id)

    def test_closing_the_popup_is_no_answer(self):
        session = self.start()
        session.next_contact()
        before = self.traces()
        action = session.action_answer()
        self.assertEqual(action["res_model"], "dialer.pause.confirm")
        self.assertEqual(session.next_contact()["decision"], "ask")
        self.assertEqual(self.traces(), before)

    def test_yes_many_times_makes_one_attendance(self):
        session = self.start()
        session.next_contact()
        popup = self.env["dialer.pause.confirm"].with_user(self.ana)
        popups = popup.create(
            [
                {
                    "session_id": session.id,
                    "entry_id": self.entry_of(self.customers[0]).id,
                }
                for _ in range(3)
            ]
        )
        for record in popups:
            record.action_yes()
        session.answer("yes")
        popups[0].action_no()
        self.assertEqual(len(self.customers[0].dialer_attendance_ids), 1)
        self.assertEqual(self.traces()[1:], (1, 1))

    def test_call_anyway_needs_the_setting_and_is_written_in_updates(self):
        session = self.start()
        session.next_contact()
        with self.assertRaises(UserError):
            session.answer("call")
        self.company.dialer_call_anyway = True
        state = session.answer("call")
        self.assertEqual(state["uri"], "tel:+5547988001000")
        self.assertEqual(self.entry_of(self.customers[0]).state, "dialing")
        self.assertIn(self.ana.name, self.updates_of(self.customers[0]).body)

    def test_unanswered_question_goes_back_when_the_reservation_runs_out(self):
        session = self.start()
        session.next_contact()
        before = self.traces()
        entry = self.entry_of(self.customers[0])
        entry.reserved_until = self.later(minutes=-1)
        self.env["dialer.queue.entry"]._cron_release_reservations()
        self.assertEqual(entry.state, "pending")
        session.answer("yes")
        self.assertEqual(self.traces(), before)

    def test_unknown_choice_is_refused_with_a_sentence(self):
        session = self.start()
        session.next_contact()
        with self.assertRaisesRegex(UserError, "Yes or No"):
            session.answer("maybe")
        self.assertEqual(session.get_state()["decision"], "ask")


@tagged("post_install", "-at_install")
class TestUnknown(DialerCase):
    def setUp(self):
        super().setUp()
        self.sandbox.set_fault({"kind": "http-500"})

    def test_hold_keeps_the_customer_first_and_says_why(self):
        session = self.start()
        state = session.next_contact()
        self.assertEqual(state["decision"], "hold")
        self.assertIsNone(state["entry"])
        self.assertIn("Plinx", state["message"])
        self.assertEqual(set(self.campaign.entry_ids.mapped("state")), {"pending"})
        self.sandbox.set_fault({"kind": "none"})
        state = session.next_contact()
        self.assertEqual(state["entry"]["partner_id"], self.customers[0].id)

    def test_ask_lets_the_agent_call_or_go_on(self):
        self.company.plinx_failure_policy = "ask"
        session = self.start()
        state = session.next_contact()
        self.assertEqual(state["decision"], "ask")
        self.assertFalse(state["question"]["active"])
        with self.assertRaises(UserError):
            session.answer("yes")
        state = session.answer("no")
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)
        state = session.answer("call")
        self.assertTrue(state["uri"])

    def test_dial_goes_on_and_says_so_in_updates(self):
        self.company.plinx_failure_policy = "dial"
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "dial")
        self.assertTrue(session.dial()["uri"])
        self.assertIn("without an answer", self.updates_of(self.customers[0]).body)

    def test_missing_address_is_unknown_with_a_clear_sentence(self):
        self.company.plinx_url = False
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "hold")
        self.assertEqual(
            state["hold"]["reason"], "The address or the token of Plinx is missing."
        )
        self.assertIn(state["hold"]["reason"], state["message"])

    def test_token_stands_in_no_message_and_no_ledger_row(self):
        self.sandbox.set_fault({"kind": "http-401"})
        state = self.start().next_contact()
        events = self.campaign.entry_ids.gate_event_ids
        self.assertTrue(events)
        self.assertNotIn(TOKEN, repr(state) + repr(events.read()))


@tagged("post_install", "-at_install")
class TestBadInput(DialerCase):
    def test_session_of_another_agent_is_refused(self):
        session = self.start(self.ana)
        with self.assertRaises(AccessError):
            session.with_user(self.bruno).next_contact()
        with self.assertRaises(AccessError):
            session.with_user(self.supervisor).answer("yes")

    def test_closed_campaign_cannot_be_started(self):
        self.campaign.action_close()
        with self.assertRaisesRegex(UserError, "Closed"):
            self.start()

    def test_missing_campaign_is_refused_with_a_sentence(self):
        sessions = self.env["dialer.session"].with_user(self.ana)
        for wrong in (0, 999999999, None, "1", True):
            with self.assertRaises(UserError):
                sessions.start(wrong)

    def test_campaign_without_customers_says_so(self):
        nobody = self.make_campaign(self.env["res.partner"])
        state = self.start(campaign=nobody).next_contact()
        self.assertEqual(state["decision"], "empty")
        self.assertIn("no customers", state["message"])

    def test_deleted_customer_leaves_the_queue(self):
        self.customers[0].unlink()
        state = self.start().next_contact()
        self.assertEqual(state["entry"]["partner_id"], self.customers[1].id)

    def test_only_listed_agents_may_work_a_campaign(self):
        self.campaign.agent_ids = self.bruno
        with self.assertRaisesRegex(UserError, "not among the agents"):
            self.start(self.ana)

    def test_paused_session_gets_no_new_customer(self):
        session = self.start()
        session.pause()
        with self.assertRaisesRegex(UserError, "paused"):
            session.next_contact()

    def test_result_without_a_call_is_refused(self):
        session = self.start()
        with self.assertRaises(UserError):
            session.register_result(self.done.id)
        session.next_contact()
        session.dial()
        for wrong in (0, None, "1", 999999999):
            with self.assertRaises(UserError):
                session.register_result(wrong)
        for wrong in ("yesterday", "2020-01-01 10:00:00"):
            with self.assertRaises(UserError):
                session.register_result(self.retry.id, next_contact_at=wrong)
        self.assertEqual(session.get_state()["entry"]["state"], "dialing")

    def test_next_contact_needs_the_result_of_the_call_first(self):
        session = self.start()
        session.next_contact()
        session.dial()
        with self.assertRaisesRegex(UserError, "result"):
            session.next_contact()
        with self.assertRaisesRegex(UserError, "result"):
            session.close()

    def test_impossible_domain_is_refused_with_a_sentence(self):
        for wrong in ("[('nothing', '=', 1)]", "[(", "{}", "__import__('os')"):
            with self.assertRaises(UserError):
                self.campaign.domain = wrong
