# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .dialer_board import CHANNEL


class IrWebsocket(models.AbstractModel):
    _name = "ir.websocket"
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let an open board hear of its user's companies, and of no others."""
        channels = list(channels)
        if CHANNEL in channels:
            channels.remove(CHANNEL)
            user = self.env.user
            if user.has_group("dialer_plinx_gate.group_dialer_supervisor"):
                channels.extend((company, CHANNEL) for company in user.company_ids)
        return super()._build_bus_channel_list(channels)
