# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The hot statements walk along an index, also in a queue of 100,000."""

import re
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL

from ..plinx.verdict import Conversation
from ..tools.clock import precise_now
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
                deferrals, rank, next_call_at, attempts,
                wait_reason, wait_conversation, wait_phone)
            SELECT %s, company_id, id, phone_sanitized,
                   CASE WHEN id %% 10 = 0 THEN 'done' ELSE 'pending' END, 0, 0, 0,
                   now() at time zone 'utc' + interval '1 day' * (id %% 3 - 1), 0,
                   CASE WHEN id %% 3 = 2 THEN 'conversation' END,
                   CASE WHEN id %% 3 = 2 THEN 'cnv_row_' || id END,
                   CASE WHEN id %% 3 = 2 THEN 'row_' || id END
              FROM res_partner WHERE name LIKE 'Row %%' AND company_id = %s
            """,
            [cls.campaign.id, cls.company.id],
        )
        cls.env.cr.execute("ANALYZE dialer_queue_entry")
        cls.env.cr.execute("ANALYZE res_partner")
        cls.entries = cls.env["dialer.queue.entry"]

    def statements(self, call):
        """The statements about the queue that a call executes.

        :param call: what the product does
        :return: statements with their parameters, ready for EXPLAIN
        :rtype: list[SQL]
        """
        self.env.flush_all()
        self.env.invalidate_all()
        found, execute = [], Cursor.execute

        def noted(cursor, query, params=None, log_exceptions=True):
            sql = query if isinstance(query, SQL) else SQL(query, *(params or ()))
            if re.search(r"\bdialer_queue_entry\b", sql.code):
                found.append(sql)
            return execute(cursor, query, params, log_exceptions)

        with patch.object(Cursor, "execute", noted):
            call()
            self.env.flush_all()
        return found

    def plan(self, query):
        """The plan of a statement, as text."""
        rows = self.env.execute_query(SQL("EXPLAIN %s", query))
        return "\n".join(row[0] for row in rows)

    def assertIndexed(self, call, *indexes):
        """No statement of a call reads a large table from end to end.

        :param call: what the product does
        :param indexes: what its statements must walk along, each somewhere
        """
        statements = self.statements(call)
        self.assertTrue(statements, "nothing was asked of the queue")
        plans = [self.plan(statement) for statement in statements]
        for statement, plan in zip(statements, plans, strict=True):
            for table in ("dialer_queue_entry", "res_partner"):
                self.assertNotIn(f"Seq Scan on {table}", plan, statement)
        for index in indexes:
            self.assertIn(index, "\n".join(plans))

    def conversation(self):
        """A conversation that ended, which nobody in the queue waits for."""
        return Conversation(id="cnv_1", status="closed", wa_id="5547988001000")

    def test_head_of_the_queue_is_read_along_its_index(self):
        for limit in (10, 200):
            self.assertIndexed(
                lambda n=limit: self.entries._peek(self.campaign, self.ana, n),
                "dialer_queue_entry_queue",
            )

    def test_going_on_behind_an_entry_is_read_along_the_index(self):
        last = self.entries._peek(self.campaign, self.ana, 200)[-1]._queue_key()
        self.assertIndexed(
            lambda: self.entries._peek(self.campaign, self.ana, 200, after=last),
            "dialer_queue_entry_queue",
        )

    def test_an_agent_s_requests_read_the_queue_along_indexes(self):
        session = self.start()
        self.assertIndexed(session.next_contact, "dialer_queue_entry_queue")
        self.assertIndexed(session.dial)
        self.assertIndexed(lambda: session.register_result(self.done.id))

    def test_reservations_that_ran_out_are_found_along_an_index(self):
        self.assertIndexed(self.entries._cron_release_reservations)
        self.assertIndexed(lambda: self.entries._release_expired(self.campaign))

    def test_reasons_of_an_empty_queue_are_counted_along_indexes(self):
        for index in ("dialer_queue_entry_queue", "dialer_queue_entry_by_state"):
            self.assertIn(index, self.plan(self.campaign._counted_entries(10_000)))
        self.assertIn(
            "dialer_queue_entry_queue", self.plan(self.campaign._next_due_query())
        )

    def test_entries_of_a_customer_are_found_along_an_index(self):
        self.assertIndexed(self.customers[0]._dialer_queue_entries)

    def test_the_end_of_a_conversation_finds_who_waits_along_indexes(self):
        self.assertIndexed(
            lambda: self.entries._end_wait_for_conversation(
                self.company, self.conversation()
            ),
            "dialer_queue_entry_waiting_for_conversation",
            "dialer_queue_entry_waiting_for_phone",
        )

    def test_who_waits_for_what_the_list_does_not_name_is_found_along_an_index(self):
        self.assertIndexed(
            lambda: self.entries._end_unlisted_waits(self.company, precise_now()),
            "dialer_queue_entry_waiting_for",
        )

    def test_who_has_the_customer_on_screen_is_found_along_an_index(self):
        self.assertIndexed(
            lambda: self.entries._notify_agents(self.company, self.conversation())
        )
