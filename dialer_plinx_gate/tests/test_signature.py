# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import json
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import signature
from odoo.addons.dialer_plinx_gate.plinx.client import Config, PlinxV1
from odoo.addons.dialer_plinx_gate.plinx.signature import (
    EventError,
    SignatureError,
    check,
    parse_event,
    read_headers,
    sign,
)

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
STAMP = 1790000000
RAW = b'{"id":"evt_01","type":"conversation.opened"}'
VECTOR = "v1,FB2TId7CoWcg7NFNmMyqEZT7xcknq1/xTRX4tmOT+uA="
NOW = datetime.fromtimestamp(STAMP, timezone.utc).replace(tzinfo=None)
CONVERSATION = {"id": "c1", "status": "open", "sequence": 3}


def headers(signatures=VECTOR, stamp=str(STAMP), event_id="evt_01"):
    return {
        "Webhook-Id": event_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": signatures,
    }


def verify(headers, raw, secrets, now):
    """Both steps: the headers, then the signature."""
    return check(read_headers(headers, now), raw, secrets)


def body(**fields):
    event = {
        "id": "evt_01",
        "type": "conversation.opened",
        "version": "1",
        "occurred_at": "2026-09-21T13:33:20Z",
        "tenant": "acme",
        "data": {
            "conversation": CONVERSATION,
            "identities": {"wa_id": "554799887766", "bsuid": None},
        },
    }
    return json.dumps({**event, **fields}).encode()


@tagged("post_install", "-at_install")
class TestSignature(BaseCase):
    def assertRefused(self, code, *args):
        with self.assertRaises(SignatureError) as caught:
            verify(*args)
        self.assertEqual(caught.exception.code, code)

    def test_the_contracts_vector(self):
        self.assertEqual(sign(SECRET, "evt_01", STAMP, RAW), VECTOR)
        self.assertEqual(verify(headers(), RAW, [SECRET], NOW), "evt_01")

    def test_the_sandbox_signs_as_the_receiver_verifies(self):
        from plinx_sandbox import sign as sandbox_sign

        given_signature = sandbox_sign(OTHER, "evt_9", STAMP, RAW)
        found = verify(headers(given_signature, event_id="evt_9"), RAW, [OTHER], NOW)
        self.assertEqual(found, "evt_9")

    @given(
        st.binary(min_size=24, max_size=64),
        st.from_regex(r"[!-~]{1,128}", fullmatch=True),
        st.integers(0, 4_000_000_000),
        st.text(max_size=200),
    )
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_the_standards_own_library_signs_alike_and_is_believed(
        self, key, event_id, stamp, text
    ):
        secret, raw = "whsec_" + base64.b64encode(key).decode(), text.encode()
        moment = datetime.fromtimestamp(stamp, timezone.utc)
        theirs = Webhook(secret).sign(event_id, moment, text)
        self.assertEqual(sign(secret, event_id, stamp, raw), theirs)
        given_headers = headers(theirs, str(stamp), event_id)
        now = moment.replace(tzinfo=None)
        self.assertEqual(verify(given_headers, raw, [secret], now), event_id)

    def test_the_standards_own_library_believes_us_and_the_sandbox(self):
        from plinx_sandbox import sign as sandbox_sign

        stamp = int(datetime.now(timezone.utc).timestamp())
        for signing in (sign, sandbox_sign):
            ours = headers(signing(SECRET, "evt_01", stamp, RAW), str(stamp))
            self.assertEqual(Webhook(SECRET).verify(RAW, ours), json.loads(RAW))

    def test_two_secrets_are_accepted_while_one_replaces_the_other(self):
        self.assertEqual(verify(headers(), RAW, [OTHER, SECRET], NOW), "evt_01")
        both = f"{sign(OTHER, 'evt_01', STAMP, RAW)} v1a,xx {VECTOR}"
        self.assertEqual(verify(headers(both), RAW, [SECRET], NOW), "evt_01")
        third = [OTHER, OTHER, SECRET]
        self.assertRefused("bad_signature", headers(), RAW, third, NOW)

    def test_any_change_to_what_was_signed_is_refused(self):
        for changed, raw in (
            (headers(event_id="evt_02"), RAW),
            (headers(stamp=str(STAMP + 1)), RAW),
            (headers(), RAW + b" "),
            (headers(VECTOR[:-2] + "B="), RAW),
            (headers(VECTOR.replace("v1,", "v2,")), RAW),
            (headers(VECTOR.replace("v1,", "")), RAW),
            (headers("v1,"), RAW),
            (headers("v1," + "é" * 44), RAW),
            (headers("\udcff v1,\udcff"), RAW),
        ):
            with self.subTest(headers=changed):
                self.assertRefused("bad_signature", changed, raw, [SECRET], NOW)

    def test_the_clock_may_differ_by_300_s_and_not_more(self):
        for seconds in (-300, 300):
            moment = NOW + timedelta(seconds=seconds)
            self.assertEqual(verify(headers(), RAW, [SECRET], moment), "evt_01")
        for seconds in (-301, 301):
            moment = NOW + timedelta(seconds=seconds)
            self.assertRefused("too_old", headers(), RAW, [SECRET], moment)

    def test_without_a_usable_secret_nothing_is_accepted(self):
        for secrets in ([], [""], ["whsec_"], ["whsec_%%%"], [None], ["x" * 44],
                        ["whsec_é"]):  # fmt: skip
            with self.subTest(secrets=secrets):
                self.assertRefused("not_configured", headers(), RAW, secrets, NOW)

    def test_missing_and_malformed_headers_are_refused(self):
        for name in headers():
            short = {key: value for key, value in headers().items() if key != name}
            self.assertRefused("missing_header", short, RAW, [SECRET], NOW)
        for changed in (
            headers(stamp="-1"), headers(stamp="1e9"), headers(stamp="１７９"),
            headers(stamp="9" * 400), headers(event_id="a\nb"), headers(event_id="é"),
            headers(event_id="x" * 200),
        ):  # fmt: skip
            with self.subTest(headers=changed):
                self.assertRefused("bad_header", changed, RAW, [SECRET], NOW)

    def test_an_event_is_read_with_its_conversation(self):
        found = parse_event("evt_01", body())
        self.assertEqual(found.conversation.sequence, 3)
        self.assertEqual(found.conversation.wa_id, "554799887766")
        self.assertEqual(found.wa_id, "554799887766")
        self.assertEqual(found.occurred_at, datetime(2026, 9, 21, 13, 33, 20))

    def test_unknown_types_and_pings_are_read_and_say_so(self):
        self.assertFalse(parse_event("evt_01", body(type="contact.born")).known)
        ping = parse_event("evt_01", body(type="ping", data={}))
        self.assertTrue(ping.known)
        self.assertIsNone(ping.conversation)
        for data in (None, [], [1], "text", 7, {"conversation": 3}):
            for kind in ("ping", "contact.born", ""):
                with self.subTest(kind=kind, data=data):
                    found = parse_event("evt_01", body(type=kind, data=data))
                    self.assertEqual((found.type, found.conversation), (kind, None))
        changed = parse_event("evt_01", body(type="contact.identity_changed"))
        self.assertEqual(changed.wa_id, "554799887766")

    def test_signed_rubbish_is_refused_with_a_code(self):
        for raw, code in (
            (b"", "bad_json"), (b"\xff", "bad_json"), (b"{", "bad_json"),
            (b"[" * 60000, "bad_json"), (b"x" * 70000, "too_large"),
            (b"[]", "bad_event"), (b"{}", "bad_event"), (body(id="evt_2"), "bad_event"),
            (body(type=None), "bad_event"), (body(data=[]), "bad_event"),
            (body(data={}), "bad_event"), (body(occurred_at=None), "bad_event"),
            (body(occurred_at="now"), "bad_event"),
            (body(data={"conversation": "c1"}), "bad_event"),
            (body(data={"conversation": {**CONVERSATION, "id": None}}), "bad_event"),
        ):  # fmt: skip
            with self.subTest(raw=raw[:60]), self.assertRaises(EventError) as caught:
                parse_event("evt_01", raw)
            self.assertEqual(caught.exception.code, code, raw[:60])

    def test_the_adapter_verifies_before_it_reads(self):
        adapter = PlinxV1(Config("", ""))
        signed = adapter.read_headers(headers(), NOW)
        with self.assertRaises(SignatureError):
            adapter.verify_event(signed, b"{", [SECRET])
        raw = body()
        good = headers(sign(SECRET, "evt_01", STAMP, raw))
        found = adapter.verify_event(adapter.read_headers(good, NOW), raw, [SECRET])
        self.assertEqual(found.conversation.id, "c1")

    @given(
        st.dictionaries(
            st.sampled_from(["webhook-id", "WEBHOOK-TIMESTAMP", "webhook-signature"]),
            st.text(max_size=40) | st.just(VECTOR) | st.just(str(STAMP)),
        ),
        st.binary(max_size=60),
        st.lists(st.text(max_size=30) | st.just(SECRET), max_size=3),
    )
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_forgeries_of_any_shape_are_refused_and_nothing_else_is_raised(
        self, forged, raw, secrets
    ):
        with self.assertRaises(SignatureError):
            verify(forged, raw, secrets, NOW)

    @given(st.binary(max_size=80))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_bodies_of_any_bytes_are_read_or_refused(self, raw):
        with self.assertRaises(EventError):
            signature.parse_event("evt_01", raw)
