# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models


class DialerSessionPause(models.Model):
    _name = "dialer.session.pause"
    _description = "Pause of a Session"
    _order = "started_at desc, id desc"

    session_id = fields.Many2one(
        "dialer.session", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="session_id.company_id", store=True)
    user_id = fields.Many2one(related="session_id.user_id", store=True)
    reason_id = fields.Many2one("dialer.pause.reason", ondelete="restrict")
    started_at = fields.Datetime(required=True, default=fields.Datetime.now)
    ended_at = fields.Datetime()
    duration = fields.Integer(
        compute="_compute_duration", store=True, help="Length in seconds."
    )

    exceeded = fields.Boolean(
        compute="_compute_exceeded",
        help="The pause is, or was, longer than the time limit of its reason.",
    )

    _user_started = models.Index("(user_id, started_at)")

    @api.depends("started_at", "ended_at")
    def _compute_duration(self):
        for pause in self:
            ended = pause.ended_at
            pause.duration = (
                int((ended - pause.started_at).total_seconds()) if ended else 0
            )

    @api.depends("started_at", "ended_at", "reason_id.limit_minutes")
    def _compute_exceeded(self):
        for pause in self:
            limit = timedelta(minutes=pause.reason_id.limit_minutes)
            ended = pause.ended_at or fields.Datetime.now()
            pause.exceeded = bool(limit) and ended - pause.started_at > limit

    @api.depends("reason_id", "started_at")
    def _compute_display_name(self):
        for pause in self:
            pause.display_name = pause.reason_id.name or self.env._("Without a reason")
