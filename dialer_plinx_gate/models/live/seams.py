# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How other rooms reach the boards."""

from odoo import api, models


class DialerLive(models.AbstractModel):
    _name = "dialer.live"
    _description = "Signals to Open Screens"

    @api.model
    def _notify_boards(self, companies):
        """Tell the boards of these companies that something changed."""
        self.env["dialer.board"]._touch(companies)
