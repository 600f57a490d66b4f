# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A promised call is one thing: the agent's activity and the entry's due time."""

from datetime import datetime

from odoo import api, fields, models

from .entry import FROZEN_STATES

ENDED_STATES = ("done", "exhausted", "invalid", "cancelled")
# Context key of a change that the other side has made already.
SYNCED = "dialer_activity_synced"


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    activity_id = fields.Many2one(
        "mail.activity",
        string="Promised call",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Moving or doing one moves or ends the other.",
    )

    def write(self, vals):
        """Move the agent's promise and the activity along with the next call."""
        moved = "next_call_at" in vals and "callback_until" not in vals
        own = self._own_times() if moved else {}
        leaving = self.browse()
        if "state" in vals and vals["state"] not in FROZEN_STATES:
            leaving = self.filtered(lambda entry: entry.state in FROZEN_STATES)
        result = super().write(vals)
        self._keep_own_times(own)
        # what was edited meanwhile counts from now on
        self.env.add_to_compute(self._fields["phone"], leaving)
        if {"next_call_at", "state"} & vals.keys() and not self.env.context.get(SYNCED):
            self._move_activities()
        return result

    def _wait_for_conversations(self, until, conversations):
        """A promised call that waits for a conversation moves as a whole, too."""
        own, linked = self._own_times(), self.filtered("activity_id")
        result = super()._wait_for_conversations(until, conversations)
        self._keep_own_times(own)
        linked._move_activities()
        return result

    @api.model
    def _withdraw_numbers(self, numbers, companies=None):
        """Nobody is called back on a number that must not be called."""
        count = super()._withdraw_numbers(numbers, companies=companies)
        if count:
            # sudo: the promise is another agent's, maybe of another company
            domain = [("activity_id", "!=", False), ("state", "=", "cancelled")]
            self.sudo().search(domain)._move_activities()
        return count

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
        """Bring the activities in line with the entries."""
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
