# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A promised call is one thing: the agent's activity and the entry's due time."""

from datetime import datetime

from odoo import fields, models
from odoo.tools import format_datetime

from .entry import ENDED_STATES, SYNCED


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    activity_id = fields.Many2one(
        "mail.activity",
        string="Promised call",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Rescheduling or completing the activity does the same to the call, and "
        "the other way round.",
    )

    def _own_times(self):
        """How long each promised call is its agent's once it is due, by entry id."""
        return {
            entry.id: entry.callback_until - entry.next_call_at
            for entry in self
            if entry.callback_until
        }

    def _keep_own_times(self, own):
        """Let promised calls belong to their agents as long as before the move."""
        # sudo: until when a promise is its agent's is the dialer's own
        for entry in self.sudo().browse(own):
            entry.callback_until = entry.next_call_at + own[entry.id]

    def _move_activities(self):
        """Move the activities to the days of the next calls, or end them with these."""
        # sudo: mail.activity - it may be another agent's promise that moves
        for entry in self.sudo().filtered("activity_id"):
            activity = entry.activity_id.with_context(**{SYNCED: True})
            if entry.state in ENDED_STATES:
                activity.unlink()
            elif activity.date_deadline != entry._promised_day():
                activity.date_deadline = entry._promised_day()

    def _promised_day(self):
        """The date of the next call in the company's time zone."""
        return self.company_id._dialer_local(self.next_call_at).date()

    def _replace_activity(self, activity, result):
        """Link a new promise, or none, and close the one that was kept.

        :param mail.activity activity: the new one, possibly empty
        :param dialer.result result: how the contact ended
        """
        self.ensure_one()
        # sudo: mail.activity - any agent of the campaign may keep the promise
        kept = self.activity_id.sudo().with_context(**{SYNCED: True})
        self.activity_id = activity
        if kept.active:
            kept._action_done(feedback=result.display_name)

    def _schedule_call(self, result, when, user):
        """Make an agent's activity for the next contact, on the customer.

        :param dialer.result result: how the last contact ended
        :param datetime when: naive UTC
        :param res.users user: the agent
        :rtype: mail.activity
        """
        self.ensure_one()
        entry, result = (
            self.with_context(lang=user.lang),
            result.with_context(lang=user.lang),
        )
        return (
            self._customer()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=self.company_id._dialer_local(when).date(),
                summary=entry.env._(
                    "%(result)s: call again (%(campaign)s)",
                    result=result.name,
                    campaign=self.campaign_id.name,
                ),
                user_id=user.id,
                # what the caller's own defaults would fill in
                active=True,
                feedback=False,
                recommended_activity_type_id=False,
                previous_activity_type_id=False,
            )
        )

    def _promised_moment(self, when):
        """Bring a moment that a person chose into the campaign's calling hours.

        :param datetime when: naive UTC, or False
        :return: naive UTC, or False
        """
        return when and self._calling_moment(when)

    def _moved_sentence(self, chosen, when):
        """Say that a promise was brought into the calling hours.

        :param datetime chosen: what the person chose, naive UTC, or False
        :param datetime when: what became of it
        :return: a sentence, or None where nothing was moved
        :rtype: str | None
        """
        if not chosen or not when or chosen == when:
            return None
        zone = self.env.user.tz or str(self.company_id._dialer_tz())
        moment = format_datetime(self.env, when, tz=zone, dt_format="EEE dd/MM HH:mm")
        return self.env._("Saved for %(time)s, the next calling hours.", time=moment)

    def _follow_activity(self):
        """Move the next call to the day, and the agent, of the activity."""
        moved = self.browse()
        for entry in self:
            activity, company = entry.activity_id, entry.company_id
            values = {}
            if entry.callback_user_id and activity.user_id != entry.callback_user_id:
                values["callback_user_id"] = activity.user_id.id
            day = activity.date_deadline
            if day != entry._promised_day():
                local = company._dialer_local(entry.next_call_at)
                moment = datetime.combine(day, local.time())
                moment = company._naive_utc(company._dialer_tz().localize(moment))
                values["next_call_at"] = entry._calling_moment(moment)
                moved |= entry
            if values:
                entry.write(values)
        # the attendance that announced the call announces it for then
        for attendance in moved.attendance_ids:
            entry = attendance.entry_id
            if attendance.activity_id == entry.activity_id:
                attendance.next_contact_at = entry.next_call_at

    def _end_promise(self, state, reason):
        """End the entries whose promised call took place elsewhere or was dropped.

        :param str state: what they become
        :param str reason: code that tells the supervisor why
        """
        self.with_context(**{SYNCED: True}).write(
            self._waiting_values(
                state=state,
                wait_reason=reason,
                is_callback=False,
                callback_user_id=False,
                callback_until=False,
                activity_id=False,
            )
        )
