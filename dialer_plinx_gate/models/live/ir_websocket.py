# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ..report import board
from . import progress

CHANNELS = (board.CHANNEL, progress.CHANNEL)


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let a supervisor's screens hear of the user's companies, and of no others."""
        channels = list(channels)
        for channel in filter(channels.__contains__, CHANNELS):
            channels.remove(channel)
            user = self.env.user
            if user.has_group("dialer_plinx_gate.group_dialer_supervisor"):
                channels.extend((company, channel) for company in user.company_ids)
        return super()._build_bus_channel_list(channels)
