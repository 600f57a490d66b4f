# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import breaker, reasons
from odoo.addons.dialer_plinx_gate.plinx.breaker import (
    CALL,
    PROBE,
    REFUSE,
    BreakerState,
    Outcome,
    allow,
    record,
)

START = datetime(2026, 9, 4, 12, 0, 0)
OK, TIMEOUT = Outcome("ok"), Outcome("timeout")


def at(seconds):
    return START + timedelta(seconds=seconds)


@tagged("post_install", "-at_install")
class TestBreaker(BaseCase):
    def opened(self):
        """Opened at START, after five seconds of failures."""
        state = record(BreakerState(), [TIMEOUT], at(-5))
        state = record(state, [TIMEOUT] * 4, START)
        self.assertTrue(state.is_open)
        return state

    def test_five_failures_in_a_row_open_it_and_four_do_not(self):
        state = record(BreakerState(), [TIMEOUT], at(-60))
        state = record(state, [TIMEOUT] * 3, START)
        self.assertEqual(allow(state, START), CALL)
        self.assertEqual(allow(self.opened(), at(1)), REFUSE)

    def test_a_blip_opens_nothing_however_many_calls_it_meets(self):
        state = BreakerState()
        for tenth in range(50):
            state = record(state, [TIMEOUT] * 8, at(tenth / 10))
            self.assertEqual(allow(state, at(tenth / 10)), CALL)
        self.assertEqual(allow(record(state, [OK], at(5)), at(5)), CALL)
        self.assertEqual(allow(record(state, [TIMEOUT], at(5)), at(5)), REFUSE)

    def test_who_answers_or_limits_ends_the_row(self):
        for good in (OK, Outcome("rate_limited", 0)):
            state = record(BreakerState(), [TIMEOUT] * 3 + [good] + [TIMEOUT], START)
            self.assertEqual(state.failing_since, START)
            self.assertFalse(record(state, [TIMEOUT] * 3, at(9)).is_open)
            self.assertIsNone(record(state, [good], START).failing_since)

    def test_a_success_in_between_starts_the_row_again(self):
        state = record(BreakerState(), [TIMEOUT] * 4 + [OK] + [TIMEOUT] * 4, START)
        # Ten calls are not reached, so the share does not count yet.
        self.assertEqual(allow(state, START), CALL)

    def test_half_of_ten_calls_within_a_minute_open_it(self):
        state = BreakerState()
        for second in range(9):
            state = record(state, [TIMEOUT if second % 2 else OK], at(second))
        self.assertFalse(state.is_open)
        self.assertTrue(record(state, [TIMEOUT], at(9)).is_open)

    def test_failures_older_than_a_minute_are_forgotten(self):
        state = BreakerState()
        for second in range(9):
            state = record(state, [TIMEOUT if second % 2 else OK], at(second))
        state = record(state, [OK] * 5 + [TIMEOUT] * 4, at(100))
        self.assertFalse(state.is_open)

    def test_what_counts_as_failure(self):
        failures = {c for c, r in reasons.REASONS.items() if r.outcome == "failure"}
        self.assertEqual(
            failures,
            {"bad_answer", "bad_json", "truncated", "too_large", "timeout", "dns",
             "refused", "unreachable", "reset", "tls", "not_http", "server_error",
             "unexpected_status"},
        )  # fmt: skip
        for code in ("redirect", "wrong_address", "bad_request", "no such reason"):
            state = record(BreakerState(), [Outcome(code)] * 20, START)
            self.assertEqual(allow(state, START), CALL, code)

    def test_it_stays_open_30_s_and_then_lets_one_worker_probe(self):
        state = self.opened()
        self.assertEqual(allow(state, at(29.9)), REFUSE)
        self.assertEqual(allow(state, at(30)), PROBE)
        state = breaker.start_probe(state, at(30))
        self.assertEqual(allow(state, at(31)), REFUSE)
        state = record(state, [OK], at(31))
        self.assertEqual(allow(state, at(31)), CALL)
        self.assertFalse(state.is_open)

    def test_each_failed_probe_doubles_the_wait_up_to_300_s(self):
        state, now = self.opened(), START
        waits = []
        for _probe in range(6):
            now = state.open_until
            waits.append(state.backoff_s)
            self.assertEqual(allow(state, now), PROBE)
            state = record(breaker.start_probe(state, now), [TIMEOUT], now)
        self.assertEqual(waits, [30, 60, 120, 240, 300, 300])
        # The trouble began when it first opened: that is what the banner tells.
        self.assertEqual(state.opened_at, START)

    def test_a_worker_that_dies_while_probing_blocks_nobody_for_long(self):
        state = breaker.start_probe(self.opened(), at(30))
        self.assertEqual(allow(state, at(59.9)), REFUSE)
        self.assertEqual(allow(state, at(60)), PROBE)

    def test_stragglers_that_fail_while_it_is_open_do_not_lengthen_it(self):
        state = self.opened()
        later = record(state, [TIMEOUT] * 8, at(2))
        self.assertEqual(later.open_until, state.open_until)

    def test_after_closing_it_starts_at_30_s_again(self):
        state = record(breaker.start_probe(self.opened(), at(30)), [TIMEOUT], at(30))
        state = record(breaker.start_probe(state, at(90)), [OK], at(90))
        state = record(state, [TIMEOUT], at(91))
        state = record(state, [TIMEOUT] * 4, at(96))
        self.assertEqual(state.backoff_s, 30)

    def test_a_limit_cools_down_for_as_long_as_asked_at_most_60_s(self):
        for asked, seconds in ((5, 5), (0, 0), (3600, 60), (-4, 0), (None, 10)):
            with self.subTest(asked=asked):
                state = record(BreakerState(), [Outcome("rate_limited", asked)], START)
                self.assertFalse(state.is_open)
                self.assertEqual(breaker.next_try(state, START), at(seconds))
                self.assertEqual(allow(state, at(seconds)), CALL)
                if seconds:
                    self.assertEqual(allow(state, at(seconds - 0.1)), REFUSE)

    def test_a_refused_token_stops_calls_but_for_a_probe_now_and_then(self):
        for code in ("token_refused", "forbidden"):
            with self.subTest(code=code):
                state = record(BreakerState(), [Outcome(code)], START)
                self.assertEqual(state.auth_error, code)
                self.assertEqual(allow(state, at(299)), REFUSE)
                self.assertEqual(breaker.refusal(state, at(9)).reason, code)
                self.assertEqual(allow(state, at(300)), PROBE)
                state = record(state, [OK], at(300))
                self.assertEqual(state.auth_error, None)
                self.assertEqual(allow(state, at(300)), CALL)

    def test_a_refused_caller_learns_why_and_until_when(self):
        found = breaker.refusal(self.opened(), at(10))
        self.assertEqual((found.state, found.reason), ("unknown", "breaker_open"))
        self.assertEqual(found.retry_at, at(30))
        self.assertEqual(found.detail, {"seconds": 20.0, "last": "timeout"})
        limited = record(BreakerState(), [Outcome("rate_limited", 7)], START)
        self.assertEqual(breaker.refusal(limited, START).reason, "rate_limited")

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 90),
                st.sampled_from(sorted(reasons.REASONS)),
                st.none() | st.floats(-10, 10**6),
                st.booleans(),
            ),
            max_size=40,
        )
    )
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_any_history_survives_json_and_never_locks_for_good(self, history):
        state, now = BreakerState(), START
        for wait, reason, retry_after, asks in history:
            now += timedelta(seconds=wait)
            if asks and allow(state, now) == PROBE:
                state = breaker.start_probe(state, now)
            state = record(state, [Outcome(reason, retry_after)], now)
            stored = json.loads(json.dumps(state.to_json()))
            self.assertEqual(BreakerState.from_json(stored), state)
        self.assertLessEqual(breaker.next_try(state, now), now + timedelta(seconds=300))
        self.assertIn(allow(state, now + timedelta(seconds=300)), (CALL, PROBE))

    def test_a_state_stored_before_there_was_a_field_is_read(self):
        stored = self.opened().to_json()
        del stored["failing_since"]
        found = BreakerState.from_json(stored)
        self.assertTrue(found.is_open)
        self.assertIsNone(found.failing_since)

    def test_a_stored_state_that_cannot_be_read_is_a_fresh_one(self):
        good = self.opened().to_json()
        for stored in (
            None, "x", [], {}, {**good, "open_until": "soon"}, {**good, "window": 3},
            {**good, "window": [["2026", 1]]}, {**good, "opened_at": 5},
        ):  # fmt: skip
            with self.subTest(stored=stored):
                self.assertEqual(BreakerState.from_json(stored), BreakerState())
