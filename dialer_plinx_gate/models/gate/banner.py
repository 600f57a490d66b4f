# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The banner of a silent Plinx, for every form that belongs to one company."""

from odoo import fields, models


class PlinxBannerMixin(models.AbstractModel):
    _name = "plinx.banner.mixin"
    _description = "Record That Shows When Its Company's Plinx Is Silent"

    plinx_banner = fields.Char(compute="_compute_plinx_banner", compute_sudo=False)

    def _compute_plinx_banner(self):
        for company, records in self.grouped("company_id").items():
            records.plinx_banner = self.env["dialer.gate"]._banner(company)
