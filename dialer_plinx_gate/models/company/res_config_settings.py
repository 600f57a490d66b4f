# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The few parameters that are also on Odoo's own Settings page."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dial_active_whatsapp = fields.Boolean(
        related="company_id.dial_active_whatsapp", readonly=False
    )
    plinx_url = fields.Char(
        related="company_id.plinx_url", readonly=False, related_sudo=False
    )
    plinx_token = fields.Char(
        related="company_id.plinx_token", readonly=False, related_sudo=False
    )
    plinx_webhook_secret = fields.Char(
        related="company_id.plinx_webhook_secret", readonly=False, related_sudo=False
    )
    plinx_failure_policy = fields.Selection(
        related="company_id.plinx_failure_policy", readonly=False, required=True
    )

    def action_open_dialer_management(self):
        """Open the page with all the dialer's parameters of the current company.

        :return: window action
        :rtype: dict
        """
        return self.env["dialer.settings"].action_open_current()
