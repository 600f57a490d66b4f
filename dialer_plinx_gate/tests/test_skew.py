# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import skew

from .properties import EXAMPLES

NOW = datetime(2026, 9, 4, 12, 0, 0)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


@tagged("post_install", "-at_install")
class TestSkew(BaseCase):
    def test_the_difference_is_taken_in_the_middle_of_the_question(self):
        found = skew.measure("2026-09-04T12:04:11Z", NOW, at(2))
        self.assertEqual(found, 250)
        self.assertEqual(skew.measure("2026-09-04T11:59:00Z", NOW, NOW), -60)
        for nothing in (None, "", "now", 5, "2026-09-04T12:00:00"):
            self.assertIsNone(skew.measure(nothing, NOW, NOW))

    def test_an_event_is_fresh_for_a_minute_and_never_of_the_future(self):
        for ago, fresh in (
            (0, True), (59, True), (60, False), (-1, True), (-2, False), (-250, False),
        ):  # fmt: skip
            with self.subTest(ago=ago):
                self.assertEqual(skew.is_fresh(at(-ago), NOW, None), fresh)
        self.assertFalse(skew.is_fresh(None, NOW, 0))
        self.assertTrue(skew.is_fresh(at(-29), NOW, 0, 30))
        self.assertFalse(skew.is_fresh(at(-30), NOW, 0, 30))

    @given(st.integers(-3600, 3600), st.integers(-600, 600))
    @EXAMPLES
    def test_a_clock_that_differs_changes_nothing_once_it_is_known(self, ahead, ago):
        occurred_at = at(ahead - ago)
        self.assertEqual(
            skew.is_fresh(occurred_at, NOW, ahead), skew.is_fresh(at(-ago), NOW, 0)
        )
