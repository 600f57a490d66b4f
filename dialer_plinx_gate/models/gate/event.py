# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ledger of the gate: every verdict, what was done, and how long that is kept."""

import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.faults import kept_apart

# Rows that one run deletes at the most; the cron comes back for the others.
GC_BATCH = 5000
# Customers in conversation who were not called: the collisions avoided.
AVOIDED = Domain("verdict", "=", "active") & (
    Domain("decision", "=", "skip") | Domain("answer", "in", ("yes", "no"))
)
# What stands in a column for no value, where it is not NULL.
EMPTY = {"boolean": False, "integer": 0, "float": 0.0}


class DialerGateEvent(models.Model):
    _name = "dialer.gate.event"
    _inherit = ["dialer.customer.names"]
    _description = "Gate Verdict"
    _order = "id desc"
    # two thousand rows may be written while an agent waits
    _log_access = False
    _check_company_auto = True

    date = fields.Datetime(required=True, default=fields.Datetime.now, index=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    campaign_id = fields.Many2one(
        "dialer.campaign", ondelete="cascade", index="btree_not_null"
    )
    entry_id = fields.Many2one(
        "dialer.queue.entry", ondelete="set null", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", ondelete="set null", index="btree_not_null"
    )
    lead_id = fields.Many2one("crm.lead", ondelete="set null", index="btree_not_null")
    session_id = fields.Many2one("dialer.session", ondelete="set null")
    user_id = fields.Many2one("res.users", string="Agent", ondelete="set null")
    verdict = fields.Selection(
        [("free", "Free"), ("active", "In conversation"), ("unknown", "Unknown")],
        required=True,
    )
    decision = fields.Selection(
        [
            ("dial", "Dialed"),
            ("skip", "Skipped"),
            ("ask", "Agent asked"),
            ("hold", "Held"),
        ],
        required=True,
    )
    answer = fields.Selection([("yes", "Yes"), ("no", "No"), ("call", "Call anyway")])
    answer_date = fields.Datetime()
    source = fields.Selection(
        [("live", "Asked at the time of dialing"), ("push", "Pushed by Plinx")],
        default="live",
    )
    provider_state = fields.Char(
        string="Plinx status",
        help="The status in Plinx, whatever your company counts as active.",
    )
    latency_ms = fields.Integer(string="Time to answer (ms)", aggregator="avg")
    reason = fields.Char(help="Short code of the reason behind the verdict.")
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    detail = fields.Json()
    conversation = fields.Json()
    shadow = fields.Boolean(
        help="Shadow mode was on: the customer was dialed whatever Plinx said."
    )
    retry_at = fields.Datetime(
        string="Ask again at", help="When Plinx may be asked again, if it said so."
    )
    shadow_decision = fields.Selection(
        [
            ("dial", "Dial"),
            ("skip", "Skip"),
            ("ask", "Ask the agent"),
            ("hold", "Hold"),
        ],
        string="Without shadow mode",
        help="What the dialer would have done; shadow mode was on, so it dialed.",
    )

    _avoided = models.Index("(user_id, date) WHERE verdict = 'active'")

    @api.model
    def _append(self, values_list):
        """Write rows into the ledger, all in one statement.

        As ``create`` does, without its price: two thousand customers are skipped
        while an agent waits. Every value is given, no default is looked for.

        :param list values_list: a dict of values a row, as for ``create``
        :rtype: dialer.gate.event
        """
        # the rows need the same columns; what one of them lacks is empty, not its
        # default
        names = dict.fromkeys(name for values in values_list for name in values)
        empty = {name: EMPTY.get(self._fields[name].type) for name in names}
        rows = [
            {name: value or empty[name] for name, value in values.items()}
            for values in values_list
        ]
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        # One statement for any number of rows, typed by the table itself; the ids come
        # back in the order given.
        found = self.env.execute_query(
            SQL(
                """
                INSERT INTO dialer_gate_event (%(columns)s)
                SELECT %(columns)s
                  FROM json_populate_recordset(NULL::dialer_gate_event, %(rows)s)
             RETURNING id
                """,
                columns=columns,
                rows=json.dumps(rows, default=fields.Datetime.to_string),
            )
        )
        # the ORM knows nothing of these rows
        self.env["dialer.queue.entry"].browse(
            row["entry_id"] for row in rows if row["entry_id"]
        ).invalidate_recordset(["gate_event_ids"], flush=False)
        return self.browse(row[0] for row in found)

    def _compute_reason_text(self):
        """Say the reason in a sentence that a supervisor understands."""
        gate = self.env["dialer.gate"]
        for event in self:
            event.reason_text = gate._reason_sentence(event.reason, event.detail or {})

    @api.autovacuum
    def _gc_events(self):
        """Delete what is older than its company keeps, in bounded batches.

        :return: number of rows deleted, and 1 when there may be more
        :rtype: tuple[int, int]
        """
        # one company's fault must not keep the others' rows forever
        deleted = 0
        for company in self.env["res.company"].search([("gate_event_days", ">", 0)]):
            with kept_apart(company, "cleaning the ledger"):
                deleted += self._delete_old(company, GC_BATCH - deleted)
            if deleted >= GC_BATCH:
                break
        return deleted, int(deleted >= GC_BATCH)

    @api.model
    def _delete_old(self, company, limit):
        """Delete the oldest rows that this company keeps no longer.

        :param res.company company: one company
        :param int limit: rows at the most
        :return: how many were deleted
        :rtype: int
        """
        oldest = fields.Datetime.now() - timedelta(days=company.gate_event_days)
        # the oldest first, by the index on the date
        events = self.search(
            [("company_id", "=", company.id), ("date", "<", oldest)],
            order="date",
            limit=limit,
        )
        events.unlink()
        return len(events)
