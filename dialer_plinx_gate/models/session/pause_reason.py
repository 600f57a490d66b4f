# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Why an agent pauses, and for how long that is fine."""

from odoo import fields, models


class DialerPauseReason(models.Model):
    _name = "dialer.pause.reason"
    _description = "Pause Reason"
    _inherit = ["dialer.system.mixin"]
    _order = "sequence, id"

    limit_minutes = fields.Integer(
        string="Time limit (minutes)",
        help="After this time the pause is shown to the supervisor as too long. 0: no "
        "limit.",
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "There is already a pause reason with this code.",
    )
    _limit_range = models.Constraint(
        "CHECK(limit_minutes BETWEEN 0 AND 1440)",
        "The time limit must be between 0 and 1,440 minutes, which is one day.",
    )
    _sequence_range = models.Constraint(
        "CHECK(sequence BETWEEN 0 AND 1000000)",
        "The place in the order must be between 0 and 1,000,000.",
    )
