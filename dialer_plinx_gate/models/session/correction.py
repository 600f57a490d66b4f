# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A wrong result is corrected, with all that followed from it.

The queue, the promised call and the do-not-call lists become what they would be if the
right result had been saved at once. Who changed what, when and why stands on the
attendance and in the customer's Updates.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_datetime

from ...tools import inputs
from ...tools.context import as_dialer
from ..queue.callback import SYNCED

SUPERVISOR = "dialer_plinx_gate.group_dialer_supervisor"
MAX_REASON = 500
# How many of today's calls the console offers for correction.
MAX_RECENT = 3
# The queue has ended this promise already, elsewhere.
ENDED_ELSEWHERE = ("activity_done", "activity_deleted")


class DialerAttendance(models.Model):
    _inherit = "dialer.attendance"

    corrected_from_id = fields.Many2one(
        "dialer.result",
        string="Result before the correction",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    corrected_by_id = fields.Many2one(
        "res.users", string="Corrected by", readonly=True, copy=False
    )
    corrected_at = fields.Datetime(string="Corrected on", readonly=True, copy=False)
    correction_reason = fields.Char(
        string="Reason for the correction", readonly=True, copy=False
    )
    can_correct = fields.Boolean(compute="_compute_can_correct")

    @api.depends("origin", "channel", "user_id", "date", "company_id")
    @api.depends_context("uid")
    def _compute_can_correct(self):
        for attendance in self:
            attendance.can_correct = not attendance._why_not_correct()

    # -------------------------------------------------------------------------
    # Who may
    # -------------------------------------------------------------------------

    def _was_call(self):
        """Whether somebody was dialed, whatever channel the contact goes on by."""
        return self.origin == "dialer" and (
            self.channel == "phone" or bool(self.dialed_numbers or self.duration)
        )

    def _why_not_correct(self):
        """What forbids this user to correct this result.

        :return: a sentence, or None
        :rtype: str | None
        """
        self.ensure_one()
        if self.origin == "manual":
            return self.env._(
                "This attendance was recorded by hand: change its result directly."
            )
        # sudo: the numbers themselves are not shown
        if not self.sudo()._was_call():
            return self.env._(
                "The agent answered Yes and nobody was dialed: the contact took place "
                "on WhatsApp, and there is no result of a call to correct. Write what "
                "came of it in the note."
            )
        if self.env.user.has_group(SUPERVISOR):
            return None
        if self.user_id != self.env.user:
            return self.env._(
                "This is a call of %(agent)s. Agents can correct only their own "
                "calls; ask your supervisor.",
                agent=self.user_id.sudo().name,  # sudo: who called is no secret
            )
        company = self.company_id
        if company._dialer_local(self.date).date() != company._dialer_date():
            return self.env._(
                "Agents can correct results only on the day of the call. Ask your "
                "supervisor."
            )
        return None

    def _check_correctable(self):
        """Check that this user may correct this result.

        :raise UserError: a sentence that says why not
        :raise AccessError: for who may not read it, or is not active in its company
        """
        inputs.one(self)
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You are not active in that company."))
        if why := self._why_not_correct():
            mine = self.user_id == self.env.user or self.env.user.has_group(SUPERVISOR)
            raise UserError(why) if mine else AccessError(why)

    # -------------------------------------------------------------------------
    # What people call
    # -------------------------------------------------------------------------

    def action_correct_result(self):
        """Button: open the popup that corrects the result of a call.

        :return: window action on dialer.attendance.correct
        :rtype: dict
        :raise UserError: when this user may not correct it, saying why
        """
        self._check_correctable()
        popup = self.env["dialer.attendance.correct"].create({"attendance_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct result"),
            "res_model": popup._name,
            "res_id": popup.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "medium"},
        }

    @api.model
    @api.readonly
    def recent_calls(self):
        """The last calls of this agent today, which the console offers to correct.

        :return: the newest first, JSON-able dicts with ``id``, ``name`` of the
            customer, ``result``, ``date`` (UTC) and ``corrected``
        :rtype: list[dict]
        """
        calls = self.browse()
        for company in self.env.companies:
            calls |= self.search(
                [
                    ("user_id", "=", self.env.uid),
                    ("company_id", "=", company.id),
                    ("origin", "=", "dialer"),
                    ("gate_event_id", "=", False),
                    ("date", ">=", company._dialer_day_start()),
                ],
                limit=MAX_RECENT,
            )
        calls = calls.filtered("can_correct").sorted("date", reverse=True)
        calls = calls[:MAX_RECENT]
        partners = self._labels(calls.partner_id)
        leads = self._labels(calls.lead_id)
        return [
            {
                "id": call.id,
                "name": partners.get(call.partner_id.id) or leads[call.lead_id.id],
                "result": call.result_id.name,
                "date": fields.Datetime.to_string(call.date),
                "corrected": bool(call.corrected_by_id),
            }
            for call in calls
        ]

    # -------------------------------------------------------------------------
    # The correction
    # -------------------------------------------------------------------------

    def _correct(self, before, result, reason, next_contact_at=None, note=None):
        """Correct the result of one call, once.

        :param dialer.result before: the result that the user saw as the wrong one
        :param dialer.result result: the right one
        :param str reason: why, for those who read it later
        :param next_contact_at: when to call again, see ``register_result``
        :param str note: the note from now on; None leaves it as it is
        :return: whether anything was changed; a second click changes nothing
        :rtype: bool
        :raise UserError: when the input cannot be used, or somebody was faster
        """
        self._check_correctable()
        reason = self._check_reason(reason)
        self._check_new_result(result)
        # what follows from a result is the dialer's to write; checked above
        call = as_dialer(self)
        call._lock_call()
        if call.result_id == result and before != result and call.corrected_by_id:
            return False
        if call.result_id != before:
            raise UserError(
                self.env._(
                    "The result has been changed to “%(result)s” in the meantime. "
                    "Open the correction again.",
                    result=call.result_id.name,
                )
            )
        when = call._read_next_contact(result, next_contact_at)
        if result == before and (when or False) == call.next_contact_at:
            raise UserError(
                self.env._("The call already has this result. Choose another.")
            )
        call._apply_correction(result, reason, when, note)
        return True

    @api.model
    def _check_reason(self, reason):
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why you are correcting the result."))
        if len(reason) > MAX_REASON or "\0" in reason:
            raise UserError(
                self.env._(
                    "The reason must be plain text of at most %(count)s characters.",
                    count=MAX_REASON,
                )
            )
        return reason

    def _check_new_result(self, result):
        """Check that the company uses this result, and people may choose it."""
        company = result.company_id
        usable = len(result) == 1 and result.exists() and result.active
        if not usable or (company and company != self.company_id):
            raise UserError(self.env._("Choose a result from the list."))
        if result == self.env.ref("dialer_plinx_gate.result_no_result"):
            raise UserError(
                self.env._(
                    "“%(result)s” is set automatically by the dialer. Choose how the "
                    "call ended.",
                    result=result.name,
                )
            )

    def _read_next_contact(self, result, next_contact_at):
        """The moment of the next contact by the new result.

        :return: naive UTC, or False where the result decides
        """
        if result.effect not in ("callback", "retry"):
            return False
        when = self._read_moment(next_contact_at)
        if when:
            self._check_future(when)
            if self._in_queue():
                when = self.entry_id._promised_moment(when)
        elif result.effect == "callback" and self._in_queue():
            day = self.company_id._next_business_day(fields.Datetime.now())
            when = self.entry_id._automatic_moment(day)
        return when

    def _lock_call(self):
        """Make other requests on this call wait, the session's first, as elsewhere."""
        entry = self.entry_id
        if sessions := self.session_id | entry.session_id:
            sessions._lock()
        for record in (entry, self):
            record.flush_recordset()
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM %s WHERE id = ANY(%s) FOR NO KEY UPDATE",
                    SQL.identifier(record._table),
                    record.ids,
                ),
                log_exceptions=False,
            )

    def _in_queue(self):
        """Whether the customer still stands in the queue where this call left them."""
        entry = self.entry_id
        return (
            self._is_latest()
            and entry.state != "dialing"
            and not entry.withdrawn
            and entry.wait_reason not in ENDED_ELSEWHERE
        )

    def _apply_correction(self, result, reason, when, note):
        """Change the attendance and all that followed from its result."""
        before, in_queue = self.result_id, self._in_queue()
        self._unblock_numbers()
        promised = self.activity_id
        if in_queue:
            promised |= self.entry_id.activity_id
        promised.filtered("active").with_context(**{SYNCED: True}).unlink()
        values = {
            "result_id": result.id,
            "channel": result._channel(),
            "next_contact_at": when,
            "activity_id": False,
            "corrected_from_id": before.id,
            "corrected_by_id": self.env.uid,
            "corrected_at": fields.Datetime.now(),
            "correction_reason": reason,
        }
        if note is not None:
            values["note"] = note
        self.write(values)
        if in_queue:
            self._move_entry(result, when)
        if result.effect == "dnc":
            self._block_numbers()
        self._log_correction(before)

    def _move_entry(self, result, when):
        """Put the customer where this result would have put them then."""
        entry, user = self.entry_id, self.user_id
        screen = entry.session_id.filtered(lambda s: s.entry_id == entry)
        activity = entry.activity_id.browse()
        if when:
            activity = entry._schedule_call(result, when, user)
        entry.activity_id = activity
        due = entry._finish(result, when, user, self.date) or when
        self.write({"next_contact_at": due, "activity_id": activity.id})
        screen._clear_screen("expired")

    def _log_correction(self, before):
        """Write into the customer's Updates who corrected what, and why."""
        company = self.company_id
        call = self.with_context(lang=company._dialer_lang())
        moment = format_datetime(
            call.env, self.date, tz=str(company._dialer_tz()), dt_format="short"
        )
        line = call.env._(
            "Call at %(time)s: %(user)s corrected the result from “%(before)s” to "
            "“%(after)s”. Reason: %(reason)s",
            time=moment,
            user=self.env.user.name,
            before=before.with_env(call.env).name,
            after=call.result_id.name,
            reason=self.correction_reason,
        )
        customer = self.partner_id or self.lead_id
        customer._dialer_log_updates(line, company)
