# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestFillJob(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supervisor = new_test_user(
            cls.env, "sup_jobs", groups="dialer_plinx_gate.group_dialer_supervisor"
        )
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Cliente {n}", "city": "Gaspar"} for n in range(7)]
        )
        cls.campaign = (
            cls.env["dialer.campaign"]
            .with_user(cls.supervisor)
            .create({"name": "Fila", "domain": "[('city', '=', 'Gaspar')]"})
        )

    def perform(self, trap):
        """Run all that was enqueued, and what that enqueues."""
        count = 0
        while trap.enqueued_jobs:
            trap.perform_enqueued_jobs()
            count += 1
        return count

    def test_a_fill_becomes_jobs_of_one_batch_each(self):
        with trap_jobs() as trap:
            self.campaign._request_fill()
            trap.assert_jobs_count(1)
            self.assertEqual(
                trap.enqueued_jobs[0].identity_key,
                f"dialer.campaign.fill.{self.campaign.id}",
            )
        self.assertFalse(self.campaign.entry_ids)
        with trap_jobs() as trap:
            self.campaign._job_fill(3)
            self.assertEqual(len(self.campaign.entry_ids), 3)
            trap.assert_jobs_count(1, only=self.campaign._job_fill)
        with trap_jobs() as trap:
            self.campaign._job_fill(3)
            self.campaign._job_fill(3)
            self.assertEqual(self.campaign.entry_ids.partner_id, self.customers)
        self.assertFalse(self.campaign.fill_requested_at)

    def test_the_last_batch_enqueues_nothing_more(self):
        with trap_jobs() as trap:
            self.campaign._request_fill()
            self.assertGreaterEqual(self.perform(trap), 1)
        self.assertEqual(len(self.campaign.entry_ids), 7)

    def test_the_cron_makes_jobs_of_what_is_due_and_of_what_was_lost(self):
        with trap_jobs():
            self.campaign._request_fill()
        with trap_jobs() as trap:
            self.env["dialer.campaign"]._cron_fill()
            jobs = [job.recordset.ids for job in trap.enqueued_jobs]
            self.assertIn(self.campaign.ids, jobs)
        self.assertFalse(self.campaign.entry_ids)

    def test_a_job_whose_fill_is_done_does_nothing(self):
        self.campaign.action_fill()
        with trap_jobs() as trap:
            self.campaign._job_fill(3)
            trap.assert_jobs_count(0)
