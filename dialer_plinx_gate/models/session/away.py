# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Agents who are gone, and the calls they left without a result.

An agent gives a sign with every request of the console and, while a page of Odoo is
open, by its websocket. Without a sign for the company's ``dialer_away_minutes`` the
session is paused, the customer on screen goes back and the supervisor is told. A call
stays with its agent, who may be talking while the computer sleeps: only
``dialer_call_timeout_minutes`` after the dial, and without a sign, it ends in an
attendance *No result registered*, and the customer is called again by that result.
"""

from datetime import timedelta

from odoo import api, fields, models

from ...tools.context import as_dialer
from ...tools.faults import kept_apart

# A sign is written once in this time, not with every request.
SIGN_SECONDS = 60


class DialerSession(models.Model):
    _inherit = "dialer.session"

    last_seen_at = fields.Datetime(
        string="Last sign of the agent", default=fields.Datetime.now, readonly=True
    )

    def _as_agent(self):
        """Whoever uses a session is there."""
        session = super()._as_agent()
        session._record_sign()
        return session

    def get_state(self):
        """Tell where this session stands; asking is a sign of the agent."""
        state = super().get_state()
        # agents have no write access to sessions other than by these methods
        as_dialer(self).filtered(lambda s: s.state != "closed")._record_sign()
        return state

    def _record_sign(self):
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
        if self.entry_id.state != "dialing":
            self._put_back()
            self.decision = False
        self._pause(self.env.ref("dialer_plinx_gate.pause_reason_away"))
        self._notify_supervisor()

    def _notify_supervisor(self):
        """Give the campaign's supervisor a to-do, one an agent."""
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

    def _pause_values(self):
        """Add the time limit of the pause, and whether it is exceeded."""
        values = super()._pause_values()
        if values:
            pause = self.pause_ids.filtered(lambda p: not p.ended_at)[:1]
            values["limit"] = pause.reason_id.limit_minutes * 60 or None
            values["exceeded"] = pause.exceeded
        return values


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    @api.model
    def _settle_lost_calls(self):
        """End the calls whose agents are gone without having said how they ended.

        :return: the entries that had such a call
        :rtype: dialer.queue.entry
        """
        calling = self.search(
            [
                ("state", "=", "dialing"),
                ("dialed_at", "<", fields.Datetime.now() - timedelta(minutes=1)),
            ]
        )
        settled = self.browse()
        for company, entries in calling.grouped("company_id").items():
            with kept_apart(company, "looking for calls that were left"):
                settled += entries._settle_lost()
        return settled

    def _settle_lost(self):
        """End those of these calls that are lost, each by itself.

        :return: the entries whose call was ended
        :rtype: dialer.queue.entry
        """
        settled = self.browse()
        lost = self.filtered(lambda entry: entry._is_lost_call())
        for entry in lost.try_lock_for_update(allow_referencing=True):
            with kept_apart(entry, "ending a call that was left"):
                entry._settle_lost_call()
                settled += entry
        return settled

    def _is_lost_call(self):
        """Whether nobody will say any more how this call ended."""
        minutes = self.company_id.dialer_call_timeout_minutes
        if fields.Datetime.now() - self.dialed_at < timedelta(minutes=minutes):
            return False
        session = self.session_id.filtered(lambda s: s.state != "closed")
        return not session or bool(session._filter_gone())

    def _settle_lost_call(self):
        """End a call without a result: an attendance that says so, then a retry.

        :return: the attendance
        :rtype: dialer.attendance
        """
        self.ensure_one()
        result = self.env.ref("dialer_plinx_gate.result_no_result")
        session, agent = self.session_id, self.agent_id
        values = self._result_values(result, False, agent)
        attendance = self.env["dialer.attendance"].create(
            {
                "partner_id": self.partner_id.id,
                "lead_id": self.lead_id.id,
                "campaign_id": self.campaign_id.id,
                "entry_id": self.id,
                "session_id": session.id,
                "user_id": (agent or self.env.user).id,
                "company_id": self.company_id.id,
                "date": self.hung_up_at or self.dialed_at,
                "result_id": result.id,
                "origin": "dialer",
                "channel": "phone",
                "phone": self.phone,
                "dialed_numbers": self.dialed_numbers,
                "next_contact_at": values.get("next_call_at", False),
            }
        )
        self._replace_activity(self.env["mail.activity"], result)
        self.write(values)
        on_screen = session.filtered(lambda s: s.entry_id == self)
        on_screen.write({"entry_id": False, "decision": False, "event_id": False})
        return attendance
