# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Agents who are gone.

An agent gives a sign with everything they do, by opening the console and, while a page
of Odoo is open, by its websocket. Without a sign for the company's
``dialer_away_minutes`` the session is paused, the customer on screen goes back and the
supervisor is told. A call stays with its agent: see :mod:`.lost_call`.
"""

from datetime import timedelta

from odoo import api, fields, models

from ...tools.faults import kept_apart

# A sign is written once in this time, not with every request.
SIGN_SECONDS = 60


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def _record_sign(self):
        """Note that the agents of these sessions are there."""
        now = fields.Datetime.now()
        for session in self:
            seen = session.last_seen_at
            if not seen or seen < now - timedelta(seconds=SIGN_SECONDS):
                session.last_seen_at = now

    def _last_signs(self):
        """The last sign of each session's agent, by whatever way.

        :return: naive UTC by session id
        :rtype: dict[int, datetime]
        """
        # Odoo's websocket is a sign, too, while the agent only looks
        presences = self.env["mail.presence"].search(
            [("user_id", "in", self.user_id.ids)]
        )
        polled = {presence.user_id: presence.last_poll for presence in presences}
        return {
            session.id: max(
                moment
                for moment in (
                    session.last_seen_at,
                    session.started_at,
                    polled.get(session.user_id),
                )
                if moment
            )
            for session in self
        }

    def _filter_gone(self):
        """Those of these sessions whose agent gave no sign for too long.

        :rtype: dialer.session
        """
        now, signs = fields.Datetime.now(), self._last_signs()
        return self.filtered(
            lambda session: (
                now - signs[session.id]
                > timedelta(minutes=session.company_id.dialer_away_minutes)
            )
        )

    @api.model
    def _cron_agents_away(self):
        """Pause the sessions of agents who are gone, and end calls they left."""
        # nobody is gone within a minute; a pause needs no other
        running = self.search(
            [
                ("state", "=", "running"),
                ("last_seen_at", "<", fields.Datetime.now() - timedelta(minutes=1)),
            ]
        )
        for company, sessions in running.grouped("company_id").items():
            with kept_apart(company, "looking for agents who are away"):
                sessions._mark_gone()
        self.env["dialer.queue.entry"]._settle_lost_calls()

    def _mark_gone(self):
        """Mark those of these sessions away whose agents are gone."""
        gone = self._filter_gone().try_lock_for_update(allow_referencing=True)
        for session in gone:
            with kept_apart(session, "marking an agent as away"):
                session._mark_away()

    def _mark_away(self):
        """Pause for an agent who is gone; a customer on screen goes back."""
        # the agent may be talking: a call ends by its own time, see lost_call
        if self._held_entry().state != "dialing":
            self._put_back()
        self._pause(self.env.ref("dialer_plinx_gate.pause_reason_away"))
        self._notify_supervisor()

    def _notify_supervisor(self):
        """Give the campaign's supervisor a to-do, one per agent."""
        supervisor = self.campaign_id._supervisor()
        summary = self.with_context(lang=supervisor.lang).env._(
            "%(agent)s is away from the dialer", agent=self.user_id.name
        )
        open_already = self.campaign_id.activity_ids.filtered(
            lambda activity: activity.summary == summary
        )
        if supervisor and not open_already:
            campaign = self.campaign_id.with_context(mail_activity_quick_update=True)
            campaign.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                user_id=supervisor.id,
            )
