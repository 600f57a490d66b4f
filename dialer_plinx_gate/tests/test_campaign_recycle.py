# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DialerCase


@tagged("post_install", "-at_install")
class TestRecycle(DialerCase):
    def setUp(self):
        super().setUp()
        self.entries = self.campaign.entry_ids.sorted("id")
        self.busy = self.env["dialer.result"].search(
            [("effect", "=", "retry"), ("id", "!=", self.retry.id)], limit=1
        )
        old, recent, other, _waiting, done = self.entries
        (old + recent + other).write({"state": "exhausted", "attempts": 5})
        done.state = "done"
        self.attend(old, -20, self.retry)
        self.attend(recent, -1, self.retry)
        self.attend(recent, -30, self.busy)
        self.attend(other, -20, self.busy)

    def attend(self, entry, days, result):
        self.env["dialer.attendance"].create(
            {
                "partner_id": entry.partner_id.id,
                "entry_id": entry.id,
                "campaign_id": self.campaign.id,
                "company_id": self.company.id,
                "user_id": self.ana.id,
                "result_id": result.id,
                "date": self.later(days=days),
            }
        )

    def choose(self, **values):
        return (
            self.env["dialer.campaign.recycle"]
            .with_user(self.supervisor)
            .create({"campaign_id": self.campaign.id, **values})
        )

    def test_exhausted_customers_are_counted_on_the_campaign(self):
        self.assertEqual(self.campaign.exhausted_count, 3)

    def test_one_action_gives_all_a_fresh_start(self):
        self.choose().action_recycle()
        self.assertRecordValues(
            self.entries[:3], [{"state": "pending", "attempts": 0}] * 3
        )
        self.assertEqual(self.entries[4].state, "done")
        self.assertEqual(self.campaign.exhausted_count, 0)
        self.assertIn("3 exhausted", self.campaign.message_ids[0].body)

    def test_a_customer_with_a_fresh_start_is_called_again(self):
        self.entries[3].state = "done"
        self.assertEqual(self.start().next_contact()["decision"], "empty")
        self.choose(limit=1).action_recycle()
        entry = self.start().next_contact()["entry"]
        self.assertEqual(entry["id"], self.entries[0].id)

    def test_preview_shows_whom_the_conditions_choose_before_anything_happens(self):
        old, recent, other = self.entries[:3]
        for values, chosen in (
            ({}, old + other + recent),
            ({"result_ids": self.retry.ids}, old + recent),
            ({"result_ids": self.busy.ids}, other),
            ({"last_before": self.later(days=-10)}, old + other),
            ({"limit": 2}, old + other),
            ({"result_ids": self.busy.ids, "last_before": self.later(days=-25)}, None),
        ):
            recycle = self.choose(**values)
            chosen = chosen or self.entries.browse()
            self.assertEqual(recycle.count, len(chosen), values)
            self.assertEqual(recycle.sample_ids.sorted("id"), chosen.sorted("id"))
        self.assertEqual(set(self.entries[:3].mapped("state")), {"exhausted"})

    def test_only_the_chosen_ones_come_back(self):
        self.choose(result_ids=self.busy.ids).action_recycle()
        self.assertEqual(
            self.entries[:3].mapped("state"), ["exhausted", "exhausted", "pending"]
        )

    def test_the_count_follows_the_conditions_in_the_form(self):
        recycle = self.env["dialer.campaign.recycle"].with_user(self.supervisor)
        recycle = recycle.with_context(default_campaign_id=self.campaign.id)
        with Form(recycle) as form:
            self.assertEqual(form.count, 3)
            form.last_before = self.later(days=-10)
            self.assertEqual(form.count, 2)

    def test_a_second_press_says_that_nobody_is_left(self):
        recycle = self.choose()
        recycle.action_recycle()
        with self.assertRaisesRegex(UserError, "No exhausted customers"):
            recycle.action_recycle()

    def test_closed_campaigns_and_agents_recycle_nothing(self):
        with self.assertRaises(AccessError):
            self.choose().with_user(self.ana).action_recycle()
        self.campaign.action_close()
        with self.assertRaisesRegex(UserError, "closed"):
            self.choose().action_recycle()
