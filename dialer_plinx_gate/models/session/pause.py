# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The pauses of a session, and how an agent pauses and goes on."""

from datetime import timedelta

from odoo import api, fields, models

from ...tools import inputs
from ...tools.context import own_defaults


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


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def pause(self, reason_id=None):
        """Pause the dialer; the customer on screen stays there.

        :param int reason_id: id of a dialer.pause.reason, or None
        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: when the reason does not exist
        """
        session = self._at_work()
        reason = self.env["dialer.pause.reason"]
        if not inputs.is_nothing(reason_id):
            refusal = self.env._("Choose a pause reason from the list.")
            reason = inputs.pick(reason, reason_id, refusal)
        session._lock()
        if session.state == "running":
            session._pause(reason)
        return session._state()

    def resume(self):
        """Go on after a pause, with the customer on screen if there is one.

        Plinx is asked about that customer again; without one, the next is taken.

        :return: the state, see :meth:`get_state`
        :rtype: dict
        """
        session = self._at_work()
        if session.state != "paused":
            return session._state()
        entry = session._held_entry()
        if not entry:
            # Plinx is asked while the pause still lasts: nothing is locked by then
            ahead = session._find_next()
            session._lock()
            session._unpause()
            return session._show_next(ahead)
        # who was to be asked about, or is in call, stays so
        if entry.state == "reserved" and not session._recheck_gate(entry):
            session._unpause()
            return session._state_after_recheck(entry)
        session._unpause()
        return session._state()

    def _pause(self, reason):
        """Begin a pause; one that lasts already ends.

        :param dialer.pause.reason reason: why, possibly empty
        """
        # at most one pause lasts, whatever was clicked in which order
        self._end_pause()
        begun = {
            **own_defaults(self.pause_ids),
            "reason_id": reason.id,
            "started_at": fields.Datetime.now(),
        }
        self.write({"state": "paused", "pause_ids": [fields.Command.create(begun)]})

    def _unpause(self):
        self._end_pause()
        self.state = "running"

    def _end_pause(self):
        self._lasting_pause().ended_at = fields.Datetime.now()

    def _lasting_pause(self):
        """The pause that has not ended, if there is one.

        :rtype: dialer.session.pause
        """
        return self.pause_ids.filtered(lambda pause: not pause.ended_at)
