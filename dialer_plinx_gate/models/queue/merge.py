# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Entries of customers who turn out to be one person: nothing of them is lost."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.context import as_dialer
from .callback import SYNCED
from .entry import HELD_STATES

# What makes an entry wait for a call that was promised.
PROMISE = (
    "is_callback",
    "callback_user_id",
    "next_call_at",
    "callback_until",
    "wait_reason",
    "activity_id",
)


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    @api.model
    def _merge_customers(self, kept, merged):
        """Give the entries of customers who are merged to the one who is kept.

        Of several in one campaign the most advanced survives and takes over the
        history and the promise of the others. A call that is going on goes on.

        :param kept: a res.partner or crm.lead
        :param merged: those of the same model that go
        :raise UserError: when two of them are in call at the same time
        """
        column = "lead_id" if kept._name == "crm.lead" else "partner_id"
        # sudo: the queue follows whoever was allowed to merge the customers
        queue = as_dialer(self)
        entries = queue.search([(column, "in", (kept + merged).ids)])
        if not entries:
            return
        entries._lock_merged()
        entries.filtered(lambda e: e.state in HELD_STATES)._keep_one_held()
        # an entry of a lead is the lead's, whoever its contact is
        own = entries.filtered(lambda e: column == "lead_id" or not e.lead_id)
        for group in own.grouped("campaign_id").values():
            first, *others = sorted(group, key=lambda e: e._advance(), reverse=True)
            first._absorb(queue.browse(entry.id for entry in others))
        entries.exists()[column] = kept

    def _lock_merged(self):
        """Make requests on these entries wait, and look at what they are now."""
        if self.session_id:
            self.session_id._lock()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM dialer_queue_entry WHERE id IN %s "
                "ORDER BY id FOR UPDATE",
                self._ids,
            ),
            log_exceptions=False,
        )

    def _keep_one_held(self):
        """Leave one person on one screen only: in call, else who is furthest.

        :raise UserError: when two of these entries are in call
        """
        calls = self.filtered(lambda entry: entry.state == "dialing")
        if len(calls) > 1:
            raise UserError(
                self.env._(
                    "Two of these customers are in call at the moment. Merge them "
                    "when the results have been saved."
                )
            )
        if len(self) < 2:
            return
        released = self - max(self, key=lambda entry: entry._advance())
        screens = released.session_id.filtered(lambda s: s.entry_id in released)
        released._give_back()
        screens._clear_screen("expired")
        # before any of them gets the customer: one screen at a time in the database
        released.flush_recordset()

    def _advance(self):
        """How far an entry has come; the furthest is the one that survives a merge.

        :return: what to compare: an agent has it, nobody may call, a call is
            promised, done, calls so far
        :rtype: tuple
        """
        held = HELD_STATES.index(self.state) + 1 if self.state in HELD_STATES else 0
        return (
            held,
            self.state == "cancelled" and self.wait_reason == "do_not_call",
            self.state == "pending" and self.is_callback,
            self.state == "done",
            self.attempts,
            -self.id,
        )

    def _absorb(self, others):
        """Take over what other entries of the same person have, and delete them."""
        if not others:
            return
        values = {"attempts": self.attempts + sum(others.mapped("attempts"))}
        promised = others.filtered(lambda e: e.state == "pending" and e.is_callback)
        if promised and self.state in HELD_STATES and not self.is_callback:
            promise = promised[0]
            values.update({name: promise[name] for name in PROMISE})
        others.attendance_ids.entry_id = self
        others.gate_event_ids.entry_id = self
        # the other entry must let go of its activity without ending the promise
        others.with_context(**{SYNCED: True}).unlink()
        self.with_context(**{SYNCED: True}).write(values)
