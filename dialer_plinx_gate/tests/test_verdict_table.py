# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import reasons, verdict
from odoo.addons.dialer_plinx_gate.plinx.verdict import ActiveRules, Verdict, judge

NOW = datetime(2026, 9, 4, 12, 0, 0)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=10), inner, max_size=4),
    ),
    max_leaves=12,
)
OUTCOMES = ("ok", "failure", "limited", "auth", "neutral")
NAMES = (
    "id", "status", "business_number", "opened_at", "last_inbound_at",
    "last_outbound_at", "window_expires_at", "assignee", "url", "sequence",
)  # fmt: skip


def ago(hours):
    return (NOW - timedelta(hours=hours)).isoformat() + "Z"


def answer(state="active", status="open", inbound=1, **fields):
    conversation = {
        "id": "c1",
        "status": status,
        "business_number": "554733001000",
        "opened_at": ago(50),
        "last_inbound_at": None if inbound is None else ago(inbound),
        "sequence": 7,
        **fields,
    }
    return {
        "state": state,
        "matched": {"type": "wa_id", "value": "5547999887766"},
        "conversation": conversation,
        "identities": {"wa_id": "554799887766", "bsuid": None},
    }


@tagged("post_install", "-at_install")
class TestVerdictTable(BaseCase):
    def assertVerdict(self, payload, state, reason, rules=None):
        found = judge(payload, rules or ActiveRules(), NOW)
        self.assertEqual((found.state, found.reason), (state, reason))
        return found

    def test_what_counts_as_active_by_status_age_and_assignee(self):
        # status, hours since the customer wrote, assignee -> state, reason
        table = [
            ("open", 1, None, "active", "open"),
            ("open", 24, None, "active", "open"),
            ("open", 24.01, None, "free", "stale"),
            ("open", 24.01, "Ana", "active", "open"),
            ("open", None, None, "free", "broadcast"),
            ("open", None, "Ana", "active", "open"),
            ("waiting", 23, None, "active", "waiting"),
            ("waiting", 25, "Ana", "free", "stale"),
            ("waiting", None, "Ana", "free", "broadcast"),
            ("bot", 1, None, "active", "bot"),
            ("bot", 25, None, "free", "stale"),
            ("snoozed", 1, "Ana", "free", "snoozed"),
            ("closed", 1, "Ana", "free", "closed"),
            ("escalated", 1, None, "unknown", "unknown_status"),
            # A clock ahead of ours is still a message just now.
            ("open", -2, None, "active", "open"),
        ]
        for status, hours, assignee, state, reason in table:
            with self.subTest(status=status, hours=hours, assignee=assignee):
                payload = answer(status=status, inbound=hours, assignee=assignee)
                self.assertVerdict(payload, state, reason)

    def test_the_companys_rule_wins_over_the_providers_word(self):
        found = self.assertVerdict(answer("active", "closed"), "free", "closed")
        self.assertEqual(found.provider_state, "active")
        found = self.assertVerdict(answer("inactive", "open"), "active", "open")
        self.assertEqual(found.provider_state, "inactive")

    def test_the_age_limit_can_be_moved_and_switched_off(self):
        old = answer(inbound=1000)
        self.assertVerdict(old, "free", "stale", ActiveRules(window_hours=48))
        self.assertVerdict(old, "active", "open", ActiveRules(window_hours=0))
        nobody = answer(inbound=None)
        self.assertVerdict(nobody, "free", "broadcast", ActiveRules(window_hours=0))

    def test_an_open_conversation_is_a_persons_while_somebody_writes(self):
        # hours since the customer wrote, since we did, days -> state, reason
        table = [
            (24 * 7, None, 7, "active", "open"),
            (24 * 7 + 1, None, 7, "free", "stale"),
            (24 * 30, 24 * 7, 7, "active", "open"),
            (24 * 30, 24 * 8, 7, "free", "stale"),
            (None, 24 * 6, 7, "active", "open"),
            (None, 24 * 8, 7, "free", "broadcast"),
            (24 * 8, None, 9, "active", "open"),
            (24 * 3, None, 2, "free", "stale"),
            (24 * 900, 24 * 900, 0, "active", "open"),
        ]
        for inbound, outbound, days, state, reason in table:
            with self.subTest(inbound=inbound, outbound=outbound, days=days):
                said = outbound and ago(outbound)
                payload = answer(inbound=inbound, last_outbound_at=said, assignee="Ana")
                rules = ActiveRules(assigned_days=days)
                self.assertVerdict(payload, state, reason, rules)
        # Without any message it began when it was opened.
        silent = answer(inbound=None, assignee="Ana", opened_at=ago(24 * 8))
        self.assertVerdict(silent, "free", "broadcast")
        # Nobody has it, or nobody is meant to: age in days does not help.
        for status, assignee in (("open", None), ("waiting", "Ana"), ("bot", "Ana")):
            payload = answer(status=status, inbound=25, assignee=assignee)
            self.assertVerdict(payload, "free", "stale")

    def test_a_conversation_put_off_is_over_as_a_closed_one_is(self):
        for status in ("open", "waiting", "bot", "snoozed", "closed", "escalated"):
            found = verdict.parse_conversation(answer(status=status))
            self.assertEqual(found.is_over, status in ("snoozed", "closed"), status)

    def test_a_status_the_company_does_not_count_is_free(self):
        rules = ActiveRules(statuses=("open", "waiting"))
        self.assertVerdict(answer(status="bot"), "free", "not_counted", rules)

    def test_an_unknown_contact_is_free(self):
        payload = {"state": "inactive", "matched": None, "conversation": None}
        self.assertVerdict(payload, "free", "no_conversation")

    def test_what_cannot_be_understood_is_never_free(self):
        for payload in (
            None, [], "active", 7, {}, {"state": None}, {"state": "ACTIVE"},
            {"state": ["active"]}, {"state": "active"}, {"state": "inactive",
            "conversation": []}, {"state": "inactive", "conversation": {}},
            answer("dormant"), answer(id=7), answer(id=""), answer(status=None),
            answer(status=["open"]), answer(last_inbound_at="yesterday"),
            answer(last_inbound_at=1790000000), answer(sequence="7"),
            answer(sequence=True), answer(assignee={"name": "Ana"}),
            answer(last_inbound_at="2026-13-40T99:00:00Z"),
            answer(last_inbound_at="2026-09-04T10:00:00"),
            {**answer(), "identities": "x"}, {**answer(), "matched": 3},
            {**answer(), "error": {"code": "invalid_identifier"}},
        ):  # fmt: skip
            with self.subTest(payload=payload):
                found = judge(payload, ActiveRules(), NOW)
                self.assertEqual(found.state, "unknown")
                self.assertIn(found.reason, reasons.REASONS)

    def test_times_are_read_as_utc_in_every_form_of_the_standard(self):
        expected = datetime(2026, 9, 4, 12, 30, 5)
        for text in (
            "2026-09-04T12:30:05Z", "2026-09-04t12:30:05z", "2026-09-04T09:30:05-03:00",
            "2026-09-04T12:30:05.000+00:00", "2026-09-04T12:30:05.000000000Z",
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual(verdict.parse_time(text), expected)
        with self.assertRaises(verdict.AnswerError):
            verdict.parse_time("0001-01-01T00:00:00+14:00")

    def test_links_that_could_run_a_script_are_dropped(self):
        hosts = ("127.0.0.1:8099",)
        for url in ("https://app.plinx.example/c/1", "http://127.0.0.1:8099/c/1"):
            self.assertEqual(verdict.safe_url(url, hosts), url)
        for url in (
            "javascript:alert(1)", "data:text/html,x", "http://app.plinx.example/",
            "//evil.example/", "https://", "https:///x", " https://a.example",
            "https://a.example/\nx", "https://[", 7, None, "https://a/" + "x" * 3000,
            "https://plinx.example@evil.example/", "https://u:p@a.example/",
            "https://@a.example/", "https://a.example/\u202egpj.exe",
            "https://a.example/\u2066x", "https://a.example/\u200bx",
            "https://a.example/\u00adx", "https://a.example/\u3164x",
            "https://\u0430.example/", "https://a.example\\@b.example/",
            "https://a.example/\\x", "https://a.example/\x00", "https://a.example/\x7f",
            "https://a.example/ x", "https://a.example/\u00a0x", "https://a:b/",
        ):  # fmt: skip
            with self.subTest(url=url):
                self.assertIsNone(verdict.safe_url(url, hosts))

    def test_texts_of_the_provider_are_short_and_printable(self):
        found = judge(answer(assignee="A\x00na\n" + "x" * 10**5), ActiveRules(), NOW)
        self.assertEqual(found.conversation.assignee[:4], "Anax")
        self.assertLessEqual(len(found.conversation.assignee), verdict.MAX_TEXT)

    def test_of_several_parts_active_wins_and_unknown_beats_free(self):
        free, unknown = Verdict("free", "closed"), Verdict("unknown", "timeout")
        active = judge(answer(inbound=5), ActiveRules(), NOW)
        later = judge(answer(inbound=2, id="c2"), ActiveRules(), NOW)
        self.assertEqual(verdict.merge([free, unknown]).state, "unknown")
        self.assertEqual(verdict.merge([free, free]).state, "free")
        found = verdict.merge([free, active, unknown, later])
        self.assertEqual(found.conversation.id, "c2")
        self.assertEqual(verdict.merge([]).state, "unknown")

    def test_every_reason_has_a_sentence_that_fills_with_any_detail(self):
        for code, reason in reasons.REASONS.items():
            with self.subTest(code=code):
                text = reasons.sentence(code)
                self.assertTrue(text)
                self.assertNotIn("%(", text)
                self.assertIn(reason.outcome, OUTCOMES)
        text = reasons.sentence("timeout", {"seconds": 2.5})
        self.assertEqual(text, "No answer in 2.5 s.")
        loud = reasons.sentence("closed", {}, str.upper)
        self.assertEqual(loud, "THE CONVERSATION IS CLOSED.")

    @given(JSON)
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_no_json_makes_the_judge_raise(self, payload):
        found = judge(payload, ActiveRules(), NOW)
        self.assertIn(found.state, ("free", "active", "unknown"))

    @given(st.sampled_from(NAMES), JSON)
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_one_bad_field_never_makes_a_customer_in_conversation_free(
        self, name, value
    ):
        payload = answer(**{"assignee": "Ana", name: value})
        found = judge(payload, ActiveRules(), NOW)
        if found.state == "free":
            self.assertIn(payload["conversation"]["status"], ("snoozed", "closed"))
