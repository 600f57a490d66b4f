# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a changed rule or calendar means for those who wait, however many they are.

Whoever changes it waits for :data:`AT_ONCE` customers at the most; a job does the rest
in batches, each committed. It walks along the ids, so that nobody is forgotten and
nobody is moved twice, whatever agents do meanwhile.
"""

import psycopg2.errors

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.faults import kept_apart
from ..queue.blocks import LIMITS

# How many customers one request, or one batch of the job, looks at again.
AT_ONCE = 10_000
# How many at the head of a queue tell where customers are who wait for their hours.
HEAD = 200


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    reopen_reasons = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Codes of the changed rules whose waiting customers are still being "
        "offered again.",
    )
    reopen_position = fields.Integer(readonly=True, copy=False, aggregator=None)

    def _reopen_changed(self, vals):
        """Look again at those who wait for a rule that was changed.

        :param dict vals: what was written
        """
        if "calendar_id" in vals:
            self._reopen_hours()
        if {*LIMITS, "min_gap_minutes"} & vals.keys():
            self._reopen({"gap", *LIMITS})

    def _reopen_hours(self):
        """Look again at all who wait for the calling hours of these campaigns."""
        self._reopen({"hours", "no_hours"})

    def _reopen(self, reasons):
        """Make those who wait for one of these reasons due now; rules decide again.

        :param set reasons: codes of dialer.queue.entry.wait_reason
        """
        rest = AT_ONCE
        for campaign in self:
            before = filter(None, (campaign.reopen_reasons or "").split(","))
            both = ",".join(sorted(reasons.union(before)))
            # sudo: what is still to be looked at again is the dialer's own
            campaign.sudo().write({"reopen_reasons": both, "reopen_position": 0})
            rest -= campaign._reopen_batch(rest) if rest else 0
        if self.filtered("reopen_reasons"):
            self._wake_reopen()

    def _reopen_batch(self, limit):
        """Look again at the next who wait for what changed.

        :param int limit: how many at the most
        :return: how many were looked at; fewer than the limit end the work
        :rtype: int
        """
        entries = self.env["dialer.queue.entry"]
        entries.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                  WITH batch AS MATERIALIZED (
                    SELECT id FROM dialer_queue_entry
                     WHERE campaign_id = %(campaign)s AND state = 'pending'
                       AND wait_reason IN %(reasons)s AND next_call_at > %(now)s
                       AND id > %(position)s
                  ORDER BY id LIMIT %(limit)s
                       FOR NO KEY UPDATE)
                UPDATE dialer_queue_entry entry
                   SET next_call_at = %(now)s, wait_reason = NULL,
                       callback_until = callback_until + (%(now)s - next_call_at)
                  FROM batch WHERE entry.id = batch.id
             RETURNING entry.id, activity_id
                """,
                campaign=self.id,
                reasons=tuple(self.reopen_reasons.split(",")),
                now=fields.Datetime.now(),
                position=self.reopen_position,
                limit=limit,
            )
        )
        entries.invalidate_model(["next_call_at", "wait_reason", "callback_until"])
        promised = [entry_id for entry_id, activity in rows if activity]
        # sudo: mail.activity - the promises are the agents'
        entries.sudo().browse(promised)._move_activities()
        # sudo: what is still to be looked at again is the dialer's own
        own = self.sudo()
        if len(rows) < limit:
            own.write({"reopen_reasons": False, "reopen_position": 0})
        else:
            own.reopen_position = max(entry_id for entry_id, _activity in rows)
        return len(rows)

    @api.model
    def _wake_reopen(self):
        # sudo: ir.cron - waking the job is all that is done with it
        self.env.ref("dialer_plinx_gate.ir_cron_reopen").sudo()._trigger()

    @api.model
    def _cron_reopen(self, batch=AT_ONCE):
        """Go on, for all companies, with what a request left undone.

        First those who wait for what changed, then those who are due outside their
        hours. Each batch is committed; an interrupted run goes on where it stopped.

        :param int batch: customers between two commits
        """
        cron = self.env["ir.cron"]
        changed = self.search([("reopen_reasons", "!=", False)])
        timed = [("state", "=", "running"), ("calendar_id", "!=", False)]
        cron._commit_progress(remaining=len(changed))
        for campaign in changed:
            with kept_apart(campaign, "offering customers again", commits=True):
                while campaign.reopen_reasons:
                    campaign._try_batch(lambda c: c._reopen_batch(batch))
                    if not cron._commit_progress():
                        return
            if not cron._commit_progress(1):
                return
        for campaign in self.search(timed):
            with kept_apart(campaign, "postponing customers", commits=True):
                while campaign._try_batch(lambda c: c._postpone_batch()):
                    if not cron._commit_progress():
                        self._wake_reopen()
                        return

    def _try_batch(self, batch):
        """Do a batch; once more later if somebody changed its customers meanwhile."""
        try:
            with self.env.cr.savepoint():
                return batch(self)
        except psycopg2.errors.SerializationFailure:
            self.invalidate_recordset()
            return True

    def _postpone_batch(self):
        """Move those who are due outside their hours to when these begin.

        :return: how many were moved, :data:`POSTPONE_LIMIT` at the most
        :rtype: int
        """
        entries = self.env["dialer.queue.entry"]
        head = entries._peek(self, self.env.user, HEAD)
        blocks = head._blocks()
        closed = head.filtered(
            lambda entry: entry.id in blocks and blocks[entry.id].reason == "hours"
        )
        return closed._postpone_closed(blocks)
