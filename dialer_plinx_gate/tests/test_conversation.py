# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the mirror of conversations does to the queue, the gate and the agents."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.queue.conversation import CONVERSATION_OPENED
from ..plinx.signature import Event
from ..plinx.verdict import Conversation, utcnow
from .common import DialerCase


class ConversationCase(DialerCase):
    def setUp(self):
        super().setUp()
        self.sequence = 0

    def conversation(self, customer, **values):
        """A conversation with this customer, the customer's message a minute old."""
        self.sequence += 1
        return Conversation(
            **{
                "id": f"cnv_{customer.id}",
                "status": "open",
                "wa_id": self.wa_id(customer),
                "last_inbound_at": utcnow() - timedelta(minutes=1),
                "sequence": self.sequence,
                **values,
            }
        )

    def push(self, customer, seconds_ago=0, kind="conversation.updated", **values):
        """Take in an event as the route does, sent this long ago."""
        moment = utcnow() - timedelta(seconds=seconds_ago)
        conversation = self.conversation(customer, **values)
        event = Event(
            f"evt_{self.sequence}",
            kind,
            occurred_at=moment,
            conversation=conversation,
            wa_id=conversation.wa_id,
            bsuid=conversation.bsuid,
        )
        events = self.env["plinx.webhook.event"]
        if kind == "contact.identity_changed":
            events._receive_identities(self.company, event)
        else:
            events._receive_conversation(self.company, event)
        self.env.invalidate_all()

    def close(self, customer, **values):
        self.push(customer, status="closed", kind="conversation.closed", **values)

    def mirror(self):
        self.env.invalidate_all()
        return self.env["plinx.conversation"].search(
            [("company_id", "=", self.company.id)], order="external_id"
        )


@tagged("post_install", "-at_install")
class TestRelease(ConversationCase):
    def skip_first(self, **values):
        """Skip the first customer; give the entry and the conversation's id."""
        self.talk(self.customers[0], **values)
        self.start().next_contact()
        entry = self.entry_of(self.customers[0])
        self.assertGreater(entry.next_call_at, self.later(minutes=50))
        self.assertEqual(entry.wait_reason, "conversation")
        return entry, entry.wait_conversation

    def assertCallable(self, entry, callable_now=True):
        entry.invalidate_recordset()
        self.assertEqual(entry.next_call_at <= self.later(seconds=1), callable_now)

    def test_a_closed_conversation_makes_the_skipped_callable_at_once(self):
        entry, external_id = self.skip_first()
        self.close(self.customers[0], id=external_id)
        self.assertCallable(entry)
        self.assertFalse(entry.wait_reason)

    def test_the_conversation_of_another_customer_releases_nobody(self):
        entry, _external_id = self.skip_first()
        self.close(self.customers[1])
        self.assertCallable(entry, False)

    def test_a_conversation_that_goes_on_releases_nobody(self):
        entry, external_id = self.skip_first()
        self.push(self.customers[0], id=external_id)
        self.assertCallable(entry, False)

    def test_the_number_releases_unless_the_conversation_is_known_to_go_on(self):
        entry, external_id = self.skip_first()
        self.push(self.customers[0], id=external_id)
        self.close(self.customers[0], id="cnv_other")
        self.assertCallable(entry, False)
        self.mirror().filtered(lambda c: c.external_id == external_id).unlink()
        self.close(self.customers[0], id="cnv_third")
        self.assertCallable(entry)

    def test_a_second_number_of_the_customer_releases_too(self):
        self.customers[0].phone = "+55 47 98800-1000 / +55 47 98800-7777"
        self.sandbox.open_conversation("5547988007777")
        self.start().next_contact()
        entry = self.entry_of(self.customers[0])
        self.assertEqual(entry.phone, "+5547988001000")
        self.assertCallable(entry, False)
        self.close(self.customers[0], id="cnv_x", wa_id="554788007777")
        self.assertCallable(entry)

    def test_another_companys_event_releases_nobody(self):
        entry, external_id = self.skip_first()
        other = self.env["res.company"].create({"name": "Outra"})
        self.env["dialer.queue.entry"]._end_wait_for_conversation(
            other, self.conversation(self.customers[0], id=external_id)
        )
        self.assertCallable(entry, False)

    def test_a_snoozed_conversation_releases_like_a_closed_one(self):
        entry, external_id = self.skip_first()
        self.push(self.customers[0], id=external_id, status="snoozed")
        self.assertCallable(entry)

    def test_an_end_pushed_before_the_skip_was_committed_is_made_up_for(self):
        self.close(self.customers[0], id="cnv_missed")
        entry = self.entry_of(self.customers[0])
        answer = self.conversation(self.customers[0], id="cnv_missed")
        entry._wait_for_conversations(self.later(hours=1), {entry.id: answer})
        self.assertCallable(entry, False)
        # whosever end comes next
        self.close(self.customers[1])
        self.assertCallable(entry)

    def test_entries_that_wait_for_another_reason_stay(self):
        entry, external_id = self.skip_first()
        entry.wait_reason = "hours"
        self.close(self.customers[0], id=external_id)
        self.assertCallable(entry, False)


@tagged("post_install", "-at_install")
class TestFreshness(ConversationCase):
    def verdict(self, customer=None):
        entry = self.entry_of(customer or self.customers[0])
        return self.env["dialer.gate"]._evaluate(entry)[entry.id]

    def test_only_a_fresh_active_push_answers_instead_of_a_lookup(self):
        self.push(self.customers[0], seconds_ago=55)
        verdict = self.verdict()
        self.assertEqual((verdict.state, verdict.source), ("active", "push"))
        self.assertEqual(verdict.provider_state, "open")
        self.assertEqual(self.sandbox.count(), 0)
        self.close(self.customers[0], seconds_ago=1)
        verdict = self.verdict()
        self.assertEqual((verdict.state, verdict.source), ("free", "live"))
        self.assertEqual(self.sandbox.count(), 1)

    def test_a_closed_push_does_not_hide_a_conversation_whose_push_was_lost(self):
        self.talk(self.customers[0])
        self.push(self.customers[0], id="cnv_second")
        self.close(self.customers[0], id="cnv_second")
        verdict = self.verdict()
        self.assertEqual((verdict.state, verdict.source), ("active", "live"))

    def test_what_happens_in_the_future_by_plinx_clock_is_not_fresh(self):
        self.push(self.customers[0], seconds_ago=-30)
        self.assertEqual(self.verdict().source, "live")
        connection = self.env["plinx.connection"]._of(self.company)
        connection.skew_s = 35
        connection.flush_recordset()
        self.assertEqual(self.verdict().source, "push")
        # late by a clock that is ahead
        connection.skew_s = 250
        connection.flush_recordset()
        self.assertEqual(self.verdict().source, "live")

    def test_the_difference_of_the_clocks_is_learned_from_answers(self):
        connection = self.env["plinx.connection"]._of(self.company)
        self.verdict()
        self.assertEqual(connection.skew_s, 0)
        self.sandbox.set_fault({"kind": "clock-skew", "seconds": 250})
        self.verdict()
        self.assertAlmostEqual(connection.skew_s, 250, delta=3)

    def test_an_older_push_does_not_answer(self):
        self.push(self.customers[0], seconds_ago=65)
        verdict = self.verdict()
        self.assertEqual((verdict.state, verdict.source), ("free", "live"))
        self.close(self.customers[0], seconds_ago=35)
        self.assertEqual(self.verdict().source, "live")

    def test_a_push_that_came_long_ago_does_not_answer_whatever_its_date(self):
        self.push(self.customers[0], seconds_ago=-3600)
        mirror = self.mirror()
        mirror.received_at = self.later(seconds=-61)
        mirror.flush_recordset()
        self.assertEqual(self.verdict().source, "live")

    def test_the_companys_rules_judge_pushes(self):
        self.company.plinx_counts_bot = False
        self.push(self.customers[0], status="bot")
        self.assertEqual(self.verdict().source, "live")
        self.company.plinx_counts_bot = True
        self.assertEqual(self.verdict().state, "active")
        old = utcnow() - timedelta(hours=30)
        self.push(self.customers[0], status="bot", last_inbound_at=old)
        self.assertEqual(self.verdict().source, "live")

    def test_one_closed_number_of_two_does_not_free_the_customer(self):
        self.customers[0].phone = "+55 47 98800-1000 / +55 47 98800-7777"
        self.sandbox.open_conversation("5547988007777")
        self.close(self.customers[0], wa_id="5547988001000")
        verdict = self.verdict()
        self.assertEqual((verdict.state, verdict.source), ("active", "live"))
        self.close(self.customers[0], id="cnv_2", wa_id="5547988007777")
        self.assertEqual(self.verdict().source, "live")

    def test_a_second_open_conversation_forbids_to_free_the_customer(self):
        self.push(self.customers[0], seconds_ago=600, id="cnv_old")
        self.close(self.customers[0])
        self.assertEqual(self.verdict().source, "live")

    def test_a_conversation_without_number_frees_nobody(self):
        self.close(self.customers[0], wa_id=None, bsuid="BR.1502576394655843")
        self.assertEqual(self.verdict().source, "live")
        self.customers[0].plinx_bsuid = "BR.1502576394655843"
        self.assertEqual(self.verdict().source, "live")
        self.push(self.customers[0], wa_id=None, bsuid="BR.1502576394655843", id="b")
        self.assertEqual(self.verdict().state, "active")

    def test_many_customers_cost_one_query_more(self):
        customers = self.make_customers(150, start=3000)
        for customer in customers[:3]:
            self.push(customer)
        entries = self.make_campaign(customers).entry_ids
        gate = self.env["dialer.gate"]
        subjects = [
            gate._prepare_subject(entry_id, called)
            for entry_id, called in entries._customer_numbers().items()
        ]
        self.env.flush_all()
        self.company.fetch(["plinx_active_hours"])
        with self.assertQueryCount(1):
            found = gate._pushed_verdicts(self.company, subjects)
        self.assertEqual(len(found), 3)

    def test_other_companies_pushes_do_not_answer(self):
        self.push(self.customers[0])
        self.mirror().company_id = self.env["res.company"].create({"name": "Outra"})
        self.env.flush_all()
        self.assertEqual(self.verdict().source, "live")

    def test_the_ledger_keeps_source_and_the_providers_word(self):
        self.push(self.customers[0], status="waiting")
        self.start().next_contact()
        event = self.entry_of(self.customers[0]).gate_event_ids
        self.assertRecordValues(
            event,
            [{"source": "push", "provider_state": "waiting", "verdict": "active"}],
        )
        self.talk(self.customers[2], last_inbound_at=None, assignee=None)
        session = self.env["dialer.session"].search([("user_id", "=", self.ana.id)])
        session = session.with_user(self.ana)
        for _number in range(2):
            session.dial()
            session.register_result(self.done.id)
            session.next_contact()
        event = self.entry_of(self.customers[2]).gate_event_ids
        self.assertRecordValues(
            event, [{"verdict": "free", "provider_state": "active", "source": "live"}]
        )

    def test_a_push_stops_the_call_of_a_customer_on_screen(self):
        session = self.start()
        session.next_contact()
        self.push(self.customers[0], kind="conversation.opened")
        state = session.dial()
        self.assertNotIn("uri", state)
        self.assertEqual(state["skipped"], 1)


@tagged("post_install", "-at_install")
class TestAgentIsTold(ConversationCase):
    def told(self, act):
        """What is sent to agents while something happens."""
        sent = []

        def send(user, kind, payload):
            sent.append((user, kind, payload))

        with patch.object(type(self.env["res.users"]), "_bus_send", send):
            act()
        return sent

    def test_the_agent_who_has_the_customer_on_screen_is_told_once(self):
        session = self.start()
        session.next_contact()
        sent = self.told(lambda: self.push(self.customers[0], assignee="Bia"))
        [(user, kind, payload)] = sent
        self.assertEqual((user, kind), (self.ana, CONVERSATION_OPENED))
        entry = self.entry_of(self.customers[0])
        self.assertEqual(payload["entry_id"], entry.id)
        self.assertEqual(payload["entry_state"], "reserved")
        self.assertEqual(payload["session_id"], session.id)
        self.assertEqual(payload["conversation"]["assignee"], "Bia")
        self.assertFalse(self.told(lambda: self.push(self.customers[0])))

    def test_in_call_too_and_by_a_second_number(self):
        self.customers[0].phone = "+55 47 98800-1000 / +55 47 98800-7777"
        session = self.start()
        session.next_contact()
        session.dial()
        sent = self.told(lambda: self.push(self.customers[0], wa_id="554788007777"))
        self.assertEqual(sent[0][2]["entry_state"], "dialing")

    def test_nobody_is_told_of_others_or_of_broadcasts(self):
        self.start().next_contact()
        self.assertFalse(self.told(lambda: self.push(self.customers[1])))
        quiet = {"last_inbound_at": None, "assignee": None}
        self.assertFalse(self.told(lambda: self.push(self.customers[0], **quiet)))
        self.assertTrue(self.told(lambda: self.push(self.customers[0])))


@tagged("post_install", "-at_install")
class TestIdentities(ConversationCase):
    def test_ids_of_an_answer_are_kept_and_the_phone_clears_them(self):
        customer = self.customers[0]
        self.sandbox.open_conversation("554788001000", bsuid="BR.1502576394655843")
        self.start().next_contact()
        self.assertEqual(customer.plinx_wa_id, "554788001000")
        self.assertEqual(customer.plinx_bsuid, "BR.1502576394655843")
        customer.write({"phone": customer.phone, "name": "Outro nome"})
        self.assertTrue(customer.plinx_wa_id)
        customer.phone = "+55 47 98800-2222"
        self.assertFalse(customer.plinx_wa_id)
        self.assertFalse(customer.plinx_bsuid)

    def test_a_number_that_the_customer_moved_to_is_asked_about_first(self):
        self.customers[0].plinx_wa_id = "5547988009999"
        self.sandbox.open_conversation("5547988009999")
        self.start().next_contact()
        self.assertEqual(self.entry_of(self.customers[0]).wait_reason, "conversation")
        self.customers[0].phone = "123"
        entry = self.entry_of(self.customers[0])
        verdict = self.env["dialer.gate"]._evaluate(entry)[entry.id]
        self.assertEqual(verdict.reason, "no_phone")

    def test_the_id_learned_is_asked_for_first(self):
        self.sandbox.open_conversation("554788001000")
        self.start().next_contact()
        entry = self.entry_of(self.customers[0])
        self.env["dialer.gate"]._evaluate(entry)
        asked = self.sandbox.requests[-1]["body"]["wa_ids"]
        self.assertEqual(asked, ["554788001000", "5547988001000"])

    def test_known_ids_are_not_written_again(self):
        conversation = self.conversation(self.customers[0])
        partners = self.env["res.partner"]
        partners._dialer_learn_identities({self.customers[0].id: conversation})
        self.env.flush_all()
        # they are read
        with self.assertQueryCount(1):
            partners._dialer_learn_identities({self.customers[0].id: conversation})

    def test_ids_of_any_shape_are_refused(self):
        for wa_id, bsuid in (("x", "y"), ("٣" * 12, "BR. 1"), ("0", "")):
            conversation = self.conversation(
                self.customers[0], wa_id=wa_id, bsuid=bsuid
            )
            self.env["res.partner"]._dialer_learn_identities(
                {self.customers[0].id: conversation}
            )
        self.assertFalse(self.customers[0].plinx_wa_id)
        self.assertFalse(self.customers[0].plinx_bsuid)

    def test_a_changed_identity_is_followed_in_this_company_only(self):
        bsuid = "BR.1502576394655843"
        customer, other = self.customers[:2]
        (customer + other).plinx_bsuid = bsuid
        customer.plinx_wa_id = self.wa_id(customer)
        other.company_id = self.env["res.company"].create({"name": "Outra"})
        self.env.flush_all()
        self.push(customer, bsuid=bsuid)
        kind = "contact.identity_changed"
        self.push(customer, kind=kind, wa_id="5547988009999", bsuid=bsuid)
        self.assertEqual(customer.plinx_wa_id, "5547988009999")
        self.assertFalse(other.plinx_wa_id)
        self.assertEqual(self.mirror().phone, "5547988009999")


@tagged("post_install", "-at_install")
class TestReconcile(ConversationCase):
    def reconcile(self):
        cron = self.env.ref("dialer_plinx_gate.ir_cron_reconcile_conversations")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)

    def test_missing_ones_are_opened_and_unlisted_ones_closed(self):
        self.push(self.customers[4], id="cnv_lost")
        for customer in self.customers[:2]:
            self.talk(customer)
        self.reconcile()
        by_state = self.mirror().grouped("state")
        self.assertEqual(by_state["closed"].external_id, "cnv_lost")
        self.assertEqual(
            set(by_state["open"].mapped("wa_id")),
            {self.wa_id(customer) for customer in self.customers[:2]},
        )
        # the list is no push: the gate goes on asking
        self.assertFalse(any(self.mirror().mapped("received_at")))

    def test_a_lost_closing_is_made_up_for(self):
        self.talk(self.customers[0])
        self.start().next_contact()
        entry = self.entry_of(self.customers[0])
        self.reconcile()
        self.assertGreater(entry.next_call_at, self.later(minutes=50))
        self.sandbox.close_conversation(self.wa_id(self.customers[0]))
        self.reconcile()
        entry.invalidate_recordset()
        self.assertLessEqual(entry.next_call_at, self.later(seconds=1))

    def test_whoever_waited_and_is_not_in_the_list_is_callable(self):
        # the mirror never heard of either conversation
        for customer in self.customers[:2]:
            self.talk(customer)
        self.start().next_contact()
        entries = self.entry_of(self.customers[0]) + self.entry_of(self.customers[1])
        self.assertEqual(set(entries.mapped("wait_reason")), {"conversation"})
        self.sandbox.close_conversation(self.wa_id(self.customers[0]))
        self.reconcile()
        entries.invalidate_recordset()
        self.assertEqual(entries.mapped("wait_reason"), [False, "conversation"])

    def test_an_answer_younger_than_the_list_is_left_alone(self):
        entry = self.entry_of(self.customers[0])
        answer = self.conversation(self.customers[0])
        entry._wait_for_conversations(self.later(hours=1), {entry.id: answer})
        entries, started = self.env["dialer.queue.entry"], self.later(seconds=-1)
        self.assertEqual(entries._end_unlisted_waits(self.company, started), 0)
        started = self.later(seconds=2)
        self.assertEqual(entries._end_unlisted_waits(self.company, started), 1)

    def test_many_pages_are_read_even_when_the_cursor_runs_out(self):
        for number in range(450):
            self.sandbox.open_conversation(f"55479880{number:05}")
        self.reconcile()
        self.assertEqual(len(self.mirror()), 450)
        self.assertEqual(self.sandbox.count("list"), 3)
        adapter = self.env["plinx.connection"]._adapter(self.company)
        pages = adapter.list_active()
        self.env["plinx.conversation"]._store_listed(
            self.company, next(pages).conversations
        )
        self.sandbox.expire_cursors()
        self.assertEqual(sum(len(page.conversations) for page in pages), 450)

    def test_a_list_that_breaks_off_closes_nothing(self):
        self.push(self.customers[0])
        self.sandbox.set_fault({"kind": "http-401"})
        self.reconcile()
        self.assertEqual(self.mirror().state, "open")
        # the token was refused: the breaker knows, and the cron asks no more
        self.reconcile()
        self.assertEqual(self.sandbox.count("list"), 1)

    def test_a_mistaken_closing_is_undone_by_the_next_list(self):
        self.talk(self.customers[0])
        self.reconcile()
        self.mirror().state = "closed"
        self.env.flush_all()
        self.reconcile()
        self.assertEqual(self.mirror().state, "open")

    def test_companies_without_connection_are_left_alone(self):
        self.push(self.customers[0])
        self.company.plinx_token = False
        self.reconcile()
        self.assertEqual(self.mirror().state, "open")
        self.assertEqual(self.sandbox.count(), 0)

    def test_closed_conversations_are_forgotten_after_30_days(self):
        self.close(self.customers[0])
        self.push(self.customers[1])
        mirror = self.mirror()
        mirror.seen_at = self.later(days=-31)
        self.env.flush_all()
        mirror._gc_closed()
        self.assertEqual(self.mirror().state, "open")

    def test_supervisors_read_their_own_company_and_change_nothing(self):
        self.push(self.customers[0])
        mirror = self.mirror()
        self.assertEqual(mirror.with_user(self.supervisor).state, "open")
        with self.assertRaises(AccessError):
            mirror.with_user(self.supervisor).state = "closed"
        with self.assertRaises(AccessError):
            mirror.with_user(self.ana).read(["phone"])
        mirror.company_id = self.env["res.company"].create({"name": "Outra"})
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            mirror.with_user(self.supervisor).read(["phone"])
