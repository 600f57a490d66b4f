# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The webhook route over real HTTP, from the contract's vector to rubbish."""

import json
import socket
import time
from base64 import b64encode
from contextlib import suppress
from datetime import datetime
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import sql_db
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.gate import webhook_event as plinx_webhook_event
from ..plinx.signature import sign
from .common import DialerData, SandboxMixin

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_" + b64encode(b"another key of 32 bytes, for use").decode()
VECTOR = "v1,FB2TId7CoWcg7NFNmMyqEZT7xcknq1/xTRX4tmOT+uA="
NOW_TEXT = "2026-09-21T13:33:20Z"


def body(event_id="evt_1", kind="conversation.opened", identities=None, **values):
    """The raw body of an event about a conversation."""
    conversation = {
        "id": "cnv_1",
        "status": "open",
        "assignee": "Bia",
        "opened_at": NOW_TEXT,
        "last_inbound_at": NOW_TEXT,
        "sequence": 1,
        **values,
    }
    event = {
        "id": event_id,
        "type": kind,
        "version": "1",
        "occurred_at": NOW_TEXT,
        "tenant": "t",
        "data": {
            "conversation": conversation,
            "identities": identities or {"wa_id": "554788001000", "bsuid": None},
        },
    }
    return json.dumps(event).encode()


class WebhookCase(SandboxMixin, DialerData, HttpCase):
    """A company with a secret, and a way to push to it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.make_company()
        cls.company.plinx_webhook_secret = SECRET
        cls.env.flush_all()
        cls.path = f"/plinx/webhook/{cls.company.plinx_webhook_key}"

    def push(
        self, raw, event_id="evt_1", secret=SECRET, stamp=None, path=None, headers=None
    ):
        """Send a signed event and return the response."""
        stamp = stamp or int(time.time())
        given_headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret, event_id, stamp, raw),
            **(headers or {}),
        }
        return self.url_open(
            path or self.path,
            data=raw,
            headers=given_headers,
            timeout=30,
            method="POST",
        )

    def stored(self):
        """The mirror's rows and the ids noted of this company."""
        self.env.invalidate_all()
        company = [("company_id", "=", self.company.id)]
        return (
            self.env["plinx.conversation"].search(company),
            self.env["plinx.webhook.event"].search(company),
        )

    def assertNothingStored(self):
        mirror, events = self.stored()
        self.assertFalse(mirror)
        self.assertFalse(events)


@tagged("post_install", "-at_install")
class TestWebhook(WebhookCase):
    def test_a_signed_event_is_kept_in_the_mirror(self):
        response = self.push(body(url="https://plinx.example/c/1"))
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("session_id", response.cookies)
        mirror, events = self.stored()
        self.assertRecordValues(
            mirror,
            [
                {
                    "external_id": "cnv_1",
                    "phone": "5547988001000",
                    "state": "open",
                    "status": "open",
                    "attendant": "Bia",
                    "sequence": 1,
                    "wa_id": "554788001000",
                    "url": "https://plinx.example/c/1",
                }
            ],
        )
        self.assertEqual(str(mirror.last_event_at), "2026-09-21 13:33:20")
        self.assertTrue(mirror.received_at)
        self.assertEqual(events.webhook_id, "evt_1")

    def test_the_vector_of_the_contract_is_proven(self):
        raw = b'{"id":"evt_01","type":"conversation.opened"}'
        headers = {"webhook-signature": VECTOR}
        with patch.object(plinx_webhook_event, "utcnow") as now:
            now.return_value = datetime(2026, 9, 21, 14, 13, 20)
            good = self.push(raw, "evt_01", stamp=1790000000, headers=headers)
            bad = self.push(raw + b" ", "evt_01", stamp=1790000000, headers=headers)
        # proven, and refused for having no conversation
        self.assertEqual((good.status_code, bad.status_code), (400, 401))
        self.assertNothingStored()

    def test_an_event_that_meets_another_in_the_database_is_taken_in_again(self):
        events = type(self.env["plinx.webhook.event"])
        store, met = events._store, []

        def meet(model, company, event):
            if not met:
                met.append(event)
                model.env.cr.execute(
                    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$",
                    log_exceptions=False,
                )
            return store(model, company, event)

        with patch.object(events, "_store", meet), mute_logger("odoo.service.model"):
            self.assertEqual(self.push(body()).status_code, 200)
        self.assertEqual(len(self.stored()[0]), 1)

    def test_the_same_event_twice_is_answered_200_and_counts_once(self):
        self.assertEqual(self.push(body()).status_code, 200)
        again = body(status="closed", sequence=9)
        self.assertEqual(self.push(again).status_code, 200)
        mirror, events = self.stored()
        self.assertEqual((mirror.status, len(events)), ("open", 1))

    def test_an_event_that_is_overtaken_changes_nothing(self):
        closed = body("evt_2", "conversation.closed", status="closed", sequence=5)
        self.assertEqual(self.push(closed, "evt_2").status_code, 200)
        for number, sequence in enumerate((4, 5)):
            late = body(f"evt_late{number}", "conversation.updated", sequence=sequence)
            self.assertEqual(self.push(late, f"evt_late{number}").status_code, 200)
        self.assertEqual(self.stored()[0].state, "closed")
        newer = body("evt_6", sequence=6)
        self.push(newer, "evt_6")
        self.assertEqual(self.stored()[0].state, "open")

    def test_a_sequence_of_milliseconds_fits(self):
        self.push(body(sequence=1_790_000_000_000))
        self.assertEqual(self.stored()[0].sequence, 1_790_000_000_000)

    def test_forged_old_and_unsigned_events_are_refused_alike(self):
        raw, now = body(), int(time.time())
        cases = {
            "forged": {"secret": OTHER},
            "old": {"stamp": now - 330},
            "future": {"stamp": now + 330},
            "no signature": {"headers": {"webhook-signature": None}},
            "no id": {"headers": {"webhook-id": None}},
            "not ASCII": {"headers": {"webhook-signature": "v1,é".encode()}},
            "unknown key": {"path": "/plinx/webhook/" + "x" * 32},
            "NUL in key": {"path": "/plinx/webhook/" + "x" * 31 + "%00"},
        }
        found = {name: self.push(raw, **case) for name, case in cases.items()}
        for name, response in found.items():
            with self.subTest(name):
                self.assertEqual(response.status_code, 401)
                self.assertEqual(response.content, b"")
                self.assertEqual(set(response.headers), set(found["forged"].headers))
        self.assertNothingStored()

    def test_another_companys_address_does_not_take_the_event(self):
        other = self.env["res.company"].create({"name": "Outra"})
        self.assertNotEqual(other.plinx_webhook_key, self.company.plinx_webhook_key)
        path = f"/plinx/webhook/{other.plinx_webhook_key}"
        # without a secret, nothing is accepted: not even an empty one
        self.assertEqual(self.push(body(), path=path).status_code, 401)
        other.plinx_webhook_secret = OTHER
        self.env.flush_all()
        self.assertEqual(self.push(body(), path=path).status_code, 401)
        self.assertEqual(self.push(body(), secret=OTHER, path=path).status_code, 200)
        self.assertNothingStored()
        self.assertEqual(self.env["plinx.conversation"].search([]).company_id, other)

    def test_both_secrets_are_taken_while_one_replaces_the_other(self):
        self.company.plinx_webhook_secret = f"{OTHER} {SECRET}"
        self.env.flush_all()
        self.assertEqual(self.push(body()).status_code, 200)
        second = body("evt_2", sequence=2)
        self.assertEqual(self.push(second, "evt_2", secret=OTHER).status_code, 200)
        self.company.plinx_webhook_secret = OTHER
        self.env.flush_all()
        third = body("evt_3", sequence=3)
        self.assertEqual(self.push(third, "evt_3").status_code, 401)
        self.assertEqual(self.stored()[0].sequence, 2)

    def test_pings_and_unknown_types_are_answered_200_and_ignored(self):
        for kind in ("ping", "conversation.painted"):
            with self.subTest(kind):
                self.assertEqual(self.push(body(kind=kind)).status_code, 200)
        self.assertNothingStored()

    def test_what_is_of_no_concern_may_hold_anything(self):
        for kind in ("ping", "conversation.painted", "tenant.renamed"):
            for data in (None, [], [1], "text", 7, {}, {"conversation": None}):
                with self.subTest(kind=kind, data=data):
                    raw = json.dumps({"id": "evt_1", "type": kind, "data": data})
                    self.assertEqual(self.push(raw.encode()).status_code, 200)
            raw = json.dumps({"id": "evt_1", "type": kind}).encode()
            self.assertEqual(self.push(raw).status_code, 200)
        self.assertNothingStored()

    @mute_logger("odoo.addons.dialer_plinx_gate.controllers.plinx_webhook")
    def test_signed_events_that_cannot_be_read_are_answered_400(self):
        for raw in (
            b"",
            b"{",
            b"[]",
            body("evt_other"),
            body(sequence=None),
            body(sequence=-1),
            body(sequence=2**63),
            body(sequence="1"),
            body(id=None),
            body(status=7),
        ):
            with self.subTest(raw[:40]):
                self.assertEqual(self.push(raw).status_code, 400)
        self.assertNothingStored()

    def test_64_kib_are_read_and_one_byte_more_is_413(self):
        raw = body(url="x" * 60_000)
        raw += b" " * (65536 - len(raw))
        self.assertEqual(self.push(raw).status_code, 200)
        self.assertEqual(self.push(raw + b" ", "evt_2").status_code, 413)
        self.assertEqual(len(self.stored()[1]), 1)

    def test_a_body_without_length_is_bounded_too(self):
        raw = body() + b" " * (65536 - len(body()))
        self.assertEqual(self.push_in_chunks(raw + b" "), 413)
        self.assertEqual(self.push_in_chunks(raw + b" ", end=b""), 413)
        self.assertNothingStored()
        self.assertEqual(self.push_in_chunks(raw), 200)
        self.assertEqual(len(self.stored()[1]), 1)

    def push_in_chunks(self, raw, end=b"0\r\n\r\n"):
        """Send a signed event without telling its length; return the status.

        :param bytes end: the chunk that ends it; when empty, more may come for ever
        """
        stamp = int(time.time())
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.base_url().split('//')[1]}\r\n"
            f"webhook-id: evt_1\r\nwebhook-timestamp: {stamp}\r\n"
            f"webhook-signature: {sign(SECRET, 'evt_1', stamp, raw)}\r\n"
            "Content-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        )
        chunk = b"%x\r\n%b\r\n%b" % (len(raw), raw, end)
        with socket.create_connection(("127.0.0.1", self.http_port()), 20) as link:
            with self.allow_requests(all_requests=True):
                # the answer to what is too long may come before its end is sent
                with suppress(ConnectionError):
                    link.sendall(head.encode() + chunk)
                answer = link.recv(1000)
        return int(answer.split()[1])

    def test_only_post_is_served(self):
        self.assertEqual(self.url_open(self.path).status_code, 405)

    def test_forms_and_queries_do_no_harm(self):
        for kind, status in (
            # what a form holds is not read, and proves nothing
            ("application/x-www-form-urlencoded", 401),
            ("multipart/form-data; boundary=x", 401),
            # no form without a boundary: signed, and not JSON
            ("multipart/form-data", 400),
        ):
            with self.subTest(kind):
                headers = {"Content-Type": kind}
                found = self.push(b"a=1", headers=headers).status_code
                self.assertEqual(found, status)
        path = self.path + "?company_key=x&raw=1&debug=assets"
        self.assertEqual(self.push(body(), path=path).status_code, 200)

    def test_a_flood_of_bad_signatures_costs_less_and_changes_nothing(self):
        def queries(**case):
            before = sql_db.sql_counter
            for number in range(5):
                event_id = f"evt_{number}"
                self.push(body(event_id, sequence=number), event_id, **case)
            return sql_db.sql_counter - before

        queries()
        bad = queries(secret=OTHER)
        old = queries(stamp=int(time.time()) - 400)
        self.env["plinx.webhook.event"].search([]).unlink()
        self.env["plinx.conversation"].search([]).unlink()
        good = queries()
        self.assertLess(bad, good)
        self.assertLess(old, bad)
        before = [one.read() for one in self.stored()]
        for number in range(100):
            response = self.push(body(f"bad{number}"), f"bad{number}", secret=OTHER)
            self.assertEqual(response.status_code, 401)
        self.assertEqual([one.read() for one in self.stored()], before)

    def test_ids_are_forgotten_after_8_days(self):
        self.push(body())
        events = self.stored()[1]
        events._gc_events()
        self.assertTrue(self.stored()[1])
        events.received_at = "2026-01-01"
        events.flush_recordset()
        events._gc_events()
        self.assertFalse(self.stored()[1])

    def test_the_address_is_shown_to_administrators_only(self):
        page = self.env["dialer.settings"]._ensure_for(self.company)
        page.invalidate_recordset()
        self.assertEqual(page.plinx_webhook_url, self.company.plinx_webhook_url)
        self.assertTrue(self.company.plinx_webhook_url.endswith(self.path))
        supervisor = self.make_user("sup_webhook", "supervisor")
        found = page.with_user(supervisor).fields_get()
        self.assertNotIn("plinx_webhook_url", found)
        columns = self.company.with_user(supervisor).fields_get()
        self.assertNotIn("plinx_webhook_key", columns)


@tagged("post_install", "-at_install")
class TestWebhookFromSandbox(WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.make_customers(1)
        cls.campaign = cls.make_campaign(cls.customer)

    def setUp(self):
        super().setUp()
        self.sandbox.set_webhook(self.base_url() + self.path, SECRET)
        self.addCleanup(self.sandbox.set_webhook, None)

    def deliver(self):
        """Let the sandbox's own thread reach the test server."""
        with self.allow_requests(all_requests=True):
            self.assertTrue(self.sandbox.wait_webhooks())
        self.assertEqual({one["status"] for one in self.sandbox.deliveries}, {200})

    def test_the_sandbox_pushes_and_the_mirror_follows(self):
        wa_id = self.wa_id(self.customer)
        self.sandbox.ping()
        self.sandbox.open_conversation(wa_id)
        self.sandbox.open_conversation(wa_id, assignee="Caio")
        self.deliver()
        mirror = self.stored()[0]
        self.assertRecordValues(mirror, [{"state": "open", "attendant": "Caio"}])
        self.sandbox.close_conversation(wa_id)
        self.deliver()
        self.assertEqual(self.stored()[0].state, "closed")

    def test_a_skipped_customer_is_callable_once_the_conversation_closes(self):
        agent = self.make_user("ana_webhook", "agent")
        sessions = self.env["dialer.session"].with_user(agent)
        session = sessions.browse(sessions.start(self.campaign.id)["session_id"])
        wa_id = self.wa_id(self.customer)
        # the form without the ninth digit, as WhatsApp holds many
        self.sandbox.open_conversation(wa_id[:4] + wa_id[5:])
        self.assertEqual(session.next_contact()["decision"], "empty")
        self.sandbox.close_conversation(wa_id[:4] + wa_id[5:])
        self.deliver()
        self.env.invalidate_all()
        state = session.next_contact()
        self.assertEqual(state["decision"], "dial")
        self.assertEqual(state["entry"]["partner_id"], self.customer.id)


@tagged("post_install", "-at_install")
class TestWebhookFuzz(WebhookCase):
    """Whatever is sent: no 500, and nothing stored that was not signed."""

    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=10), inner, max_size=3)
        ),
        max_leaves=8,
    )
    header_text = st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"),
        max_size=60,
    ).map(lambda text: text.strip().encode("latin-1"))

    @mute_logger("odoo.addons.dialer_plinx_gate.controllers.plinx_webhook")
    def test_unsigned_rubbish_is_refused(self):
        @settings(max_examples=80, deadline=None, derandomize=True, database=None)
        @given(
            st.binary(max_size=200),
            st.dictionaries(
                st.sampled_from(
                    ["webhook-id", "webhook-timestamp", "webhook-signature"]
                ),
                self.header_text | st.just(str(int(time.time())).encode()),
            ),
            st.sampled_from(["application/json", "text/plain", "multipart/form-data"]),
        )
        def send(raw, headers, kind):
            headers["Content-Type"] = kind
            response = self.url_open(
                self.path, data=raw, headers=headers, method="POST"
            )
            self.assertEqual(response.status_code, 401)

        send()
        self.assertNothingStored()

    @mute_logger("odoo.addons.dialer_plinx_gate.controllers.plinx_webhook")
    def test_signed_rubbish_is_refused_or_ignored(self):
        fields = st.sampled_from(
            ["id", "status", "sequence", "assignee", "url", "opened_at",
             "last_inbound_at", "business_number"]
        )  # fmt: skip

        @settings(max_examples=80, deadline=None, derandomize=True, database=None)
        @given(
            st.sampled_from(["conversation.opened", "conversation.closed", "x"]),
            st.dictionaries(fields, self.values, max_size=4),
            self.values,
        )
        def send(kind, conversation, identities):
            raw = body(kind=kind, identities=identities, **conversation)
            response = self.push(raw)
            self.assertIn(response.status_code, (200, 400))
            if response.status_code == 400:
                self.assertNothingStored()
            for found in self.stored():
                found.unlink()

        send()

    @mute_logger("odoo.addons.dialer_plinx_gate.controllers.plinx_webhook")
    def test_signed_identities_of_any_shape_break_nothing(self):
        @settings(max_examples=40, deadline=None, derandomize=True, database=None)
        @given(
            st.dictionaries(st.sampled_from(["wa_id", "bsuid"]), self.values)
            | self.values
        )
        def send(identities):
            raw = body(kind="contact.identity_changed", identities=identities)
            self.assertIn(self.push(raw).status_code, (200, 400))

        send()
        self.assertFalse(self.stored()[0])

    def test_any_address_is_refused(self):
        @settings(max_examples=40, deadline=None, derandomize=True, database=None)
        @given(st.text(st.characters(exclude_characters="/."), min_size=1, max_size=30))
        def send(key):
            quoted = "".join(f"%{byte:02X}" for byte in key.encode("utf-8", "replace"))
            response = self.push(body(), path=f"/plinx/webhook/{quoted}")
            self.assertEqual(response.status_code, 401)

        send()
        self.assertNothingStored()
