# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The hot statements walk along an index, also in a queue of 100,000."""

from odoo.tests import tagged
from odoo.tools import SQL

from .common import DialerCase

ROWS = 100_000


@tagged("post_install", "-at_install")
class TestQueryPlans(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            """
            INSERT INTO res_partner (name, complete_name, phone, phone_sanitized,
                                     company_id, active, partner_share, type)
            SELECT 'Row ' || n, 'Row ' || n, '+5547' || (980000000 + n),
                   '+5547' || (980000000 + n), %s, TRUE, TRUE, 'contact'
              FROM generate_series(1, %s) n RETURNING id
            """,
            [cls.company.id, ROWS],
        )
        cls.env.cr.execute(
            """
            INSERT INTO dialer_queue_entry (
                campaign_id, company_id, partner_id, phone, state, priority,
                deferrals, rank, next_call_at, attempts)
            SELECT %s, company_id, id, phone_sanitized,
                   CASE WHEN id %% 10 = 0 THEN 'done' ELSE 'pending' END, 0, 0, 0,
                   now() at time zone 'utc' + interval '1 day' * (id %% 3 - 1), 0
              FROM res_partner WHERE name LIKE 'Row %%' AND company_id = %s
            """,
            [cls.campaign.id, cls.company.id],
        )
        cls.env.cr.execute("ANALYZE dialer_queue_entry")
        cls.env.cr.execute("ANALYZE res_partner")
        cls.entries = cls.env["dialer.queue.entry"]

    def plan(self, query):
        """The plan of a statement, as text."""
        self.env.flush_all()
        rows = self.env.execute_query(SQL("EXPLAIN %s", query))
        return "\n".join(row[0] for row in rows)

    def assertPlan(self, query, index=None):
        """The statement reads no table from end to end, and uses the index."""
        plan = self.plan(query)
        self.assertNotIn("Seq Scan", plan)
        if index:
            self.assertIn(index, plan)

    def test_head_of_the_queue_is_read_along_its_index(self):
        for limit in (10, 200):
            query = self.entries._peek_query(self.campaign, self.ana, limit)
            self.assertPlan(query, "dialer_queue_entry_queue")

    def test_going_on_behind_an_entry_is_read_along_the_index(self):
        last = self.entries._peek(self.campaign, self.ana, 200)[-1]
        query = self.entries._peek_query(
            self.campaign, self.ana, 200, after=last._queue_key()
        )
        self.assertPlan(query, "dialer_queue_entry_queue")

    def test_reservations_that_ran_out_are_found_along_an_index(self):
        query = SQL(
            "SELECT id FROM dialer_queue_entry WHERE state IN ('reserved', 'asking') "
            "AND reserved_until <= now()"
        )
        self.assertPlan(query)

    def test_reasons_of_an_empty_queue_are_counted_along_indexes(self):
        query = self.campaign._counted_entries(10_000)
        self.assertPlan(query, "dialer_queue_entry_queue")
        self.assertPlan(query, "dialer_queue_entry_by_state")
        self.assertPlan(self.campaign._next_due_query(), "dialer_queue_entry_queue")

    def test_entries_of_a_customer_are_found_along_an_index(self):
        query = SQL(
            "SELECT id FROM dialer_queue_entry WHERE partner_id = %s",
            self.customers[0].id,
        )
        self.assertPlan(query)
