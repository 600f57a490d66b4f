# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models

from ...tools.faults import kept_apart

# Rows that one run deletes at the most; the cron comes back for the others.
GC_BATCH = 5000


class DialerGateEvent(models.Model):
    """How long the ledger is kept, and what it tells of silence and shadow mode."""

    _inherit = "dialer.gate.event"

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
        help="What the dialer would have done: shadow mode was on and it dialed.",
    )

    @api.autovacuum
    def _gc_events(self):
        """Delete what is older than its company keeps, in bounded batches.

        :return: number of rows deleted, and 1 when there may be more
        :rtype: tuple[int, int]
        """
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
        events = self.search(
            [("company_id", "=", company.id), ("date", "<", oldest)],
            order="date",
            limit=limit,
        )
        events.unlink()
        return len(events)
