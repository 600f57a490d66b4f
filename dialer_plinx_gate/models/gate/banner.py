# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class PlinxBannerMixin(models.AbstractModel):
    _name = "plinx.banner.mixin"
    _description = "Record of a company that shows when Plinx is silent"

    plinx_banner = fields.Char(compute="_compute_plinx_banner", compute_sudo=False)

    def _compute_plinx_banner(self):
        for company, records in self.grouped("company_id").items():
            connection = self.env["plinx.connection"]._of(company)
            records.plinx_banner = connection._banner()
