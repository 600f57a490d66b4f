# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The activity of a promised call: moving or doing it moves or ends the entry."""

from odoo import models

from .entry import SYNCED

CUSTOMER_MODELS = ("res.partner", "crm.lead")


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def write(self, vals):
        """Move the queue's due time along with the activity of a promised call."""
        result = super().write(vals)
        if {"date_deadline", "user_id"} & vals.keys():
            self._dialer_entries()._follow_activity()
        return result

    def unlink(self):
        """Deleting the activity of a promised call takes the customer out."""
        self._dialer_entries()._end_promise("cancelled", "activity_deleted")
        return super().unlink()

    def _action_done(self, feedback=False, attachment_ids=None):
        """Doing a promised call outside the dialer ends the entry."""
        entries = self._dialer_entries()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        entries._end_promise("done", "activity_done")
        return result

    def _dialer_entries(self):
        """The waiting queue entries whose promised call these activities are.

        What the dialer itself changed finds none, so that nothing goes in circles.

        :rtype: dialer.queue.entry
        """
        # sudo: the queue follows whoever was allowed to change the activity
        entries = self.env["dialer.queue.entry"].sudo()
        promises = self.sudo().filtered(lambda a: a.res_model in CUSTOMER_MODELS)
        if not promises or self.env.context.get(SYNCED):
            return entries
        return entries.search(
            [("activity_id", "in", promises.ids), ("state", "=", "pending")]
        )
