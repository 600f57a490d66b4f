# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    def write(self, vals):
        """Tell the boards when a call begins or ends."""
        result = super().write(vals)
        if {"state", "hung_up_at"} & vals.keys():
            self.env["dialer.live"]._notify_boards(self.company_id)
        return result
