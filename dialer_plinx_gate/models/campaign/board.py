# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ...tools import inputs


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    def write(self, vals):
        """Tell the boards when a campaign starts, stops or moves."""
        result = super().write(vals)
        if {"state", "sequence", "name", "active"} & vals.keys():
            self.env["dialer.live"]._notify_boards(self.company_id)
        return result

    def board_move(self, offset):
        """Move this campaign among those that agents are offered, and on the board.

        :param int offset: places to move: negative is further up
        :raise AccessError: for anybody but a supervisor of its company
        """
        self.env["dialer.board"]._check_supervisor()
        inputs.one(self, "write")
        offset = inputs.whole(self.env, offset)
        campaigns = self.search(
            [
                ("state", "in", ("running", "paused")),
                ("company_id", "=", self.company_id.id),
            ]
        )
        order = [campaign.id for campaign in campaigns if campaign != self]
        if self not in campaigns:
            return
        place = campaigns.ids.index(self.id) + offset
        order.insert(max(0, min(place, len(order))), self.id)
        for sequence, campaign_id in enumerate(order):
            self.browse(campaign_id).sequence = sequence
