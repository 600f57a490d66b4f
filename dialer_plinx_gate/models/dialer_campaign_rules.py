# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rules of a campaign: how often, when and by whom a customer is called."""

from odoo import fields, models


class DialerCampaign(models.Model):
    _name = "dialer.campaign"
    _inherit = "dialer.campaign"

    countdown_seconds = fields.Integer(
        string="Countdown (seconds)",
        default=5,
        help="How long the agent sees the customer before the dialer dials by "
        "itself. The agent can stop the countdown.",
    )

    _countdown_range = models.Constraint(
        "CHECK(countdown_seconds BETWEEN 0 AND 300)",
        "The countdown must be between 0 and 300 seconds.",
    )
