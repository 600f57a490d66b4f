# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bounds of what agents write about a call, and of what it may lead to."""

from odoo import fields, models


class DialerAttendance(models.Model):
    _name = "dialer.attendance"
    _inherit = ["dialer.attendance", "dialer.bounds.mixin"]

    entry_id = fields.Many2one(check_company=True)
    session_id = fields.Many2one(check_company=True)
    gate_event_id = fields.Many2one(check_company=True)
    user_id = fields.Many2one(check_company=True)

    _note_length = models.Constraint(
        "CHECK(char_length(note) <= 10000)",
        "A note may have 10,000 characters.",
    )
    _duration_range = models.Constraint(
        "CHECK(duration BETWEEN 0 AND 31536000)",
        "The length of a call must be between 0 seconds and one year.",
    )
