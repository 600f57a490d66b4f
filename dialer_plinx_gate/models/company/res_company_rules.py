# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

# What of a company decides when its customers may be called.
HOURS_FIELDS = frozenset(
    {"dialer_calendar_id", "dialer_holiday_subdivision", "dialer_optional_holidays"}
)


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        """Offer customers again who wait for holidays that no longer count."""
        result = super().write(vals)
        if HOURS_FIELDS & vals.keys():
            # sudo: whoever may change the company changes its queues
            campaigns = self.env["dialer.campaign"].sudo()
            domain = [("company_id", "in", self.ids), ("calendar_id", "!=", False)]
            campaigns.search(domain)._reopen_hours()
        return result
