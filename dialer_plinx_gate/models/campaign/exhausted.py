# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    exhausted_count = fields.Integer(
        string="Exhausted",
        compute="_compute_exhausted_count",
        help="Called as often as the campaign allows, without a result.",
    )

    def _compute_exhausted_count(self):
        counts = dict(
            self.env["dialer.queue.entry"]._read_group(
                [("campaign_id", "in", self.ids), ("state", "=", "exhausted")],
                ["campaign_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.exhausted_count = counts.get(campaign, 0)
