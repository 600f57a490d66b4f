# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The call: dialing, hanging up, and what its result makes of it."""

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools import inputs


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def dial(self, entry_id=None):
        """Place the call to the customer on screen.

        Plinx is asked again if its answer is older than 15 seconds, or was about
        other numbers; when the customer is in conversation meanwhile, nobody is
        called and the state says what happened.

        :param int entry_id: the customer whom the agent saw; who has left the screen
            since is not dialed, nor anybody else instead
        :return: the state, see :meth:`get_state`, with ``uri`` to open
        :rtype: dict
        :raise UserError: when there is nobody to dial, or the dialer is paused
        """
        session = self._at_work()
        entry = session._held_entry()
        if entry.state == "dialing":
            # clicked again, or the answer was lost: the same call once more
            return session._state(uri=session._call_uri(entry))
        if session._was_settled(entry, inputs.record_id(self.env, entry_id)):
            return session._state()
        session._check_may_dial(entry)
        if not session._may_work():
            return session._put_back_stopped()
        if block := entry._blocks().get(entry.id):
            return session._put_back_blocked(entry, block)
        if not session._is_fresh() and not session._recheck_gate(entry):
            return session._state_after_recheck(entry)
        session._lock()
        uri = session._place_call(entry)
        return session._state(uri=uri)

    def hang_up(self):
        """Say that the talk is over; what follows until the result is wrap-up time.

        Optional: without it the whole time up to the result counts as talk.

        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: when no call is going on
        """
        session = self._at_work()
        entry = session._held_entry()
        if entry.state != "dialing":
            raise UserError(self.env._("There is no call to end."))
        session._lock()
        if not entry.hung_up_at:
            entry.hung_up_at = fields.Datetime.now()
        return session._state()

    def register_result(
        self, result_id, note=None, next_contact_at=None, entry_id=None, go_on=False
    ):
        """Say how the call ended; it becomes an attendance, and decides what follows.

        :param int result_id: id of a dialer.result
        :param str note: what is worth knowing, plain text
        :param next_contact_at: when to call again, naive UTC, as datetime or
            ``YYYY-MM-DD HH:MM:SS``; for results that call back
        :param int entry_id: the customer that was called; a second save of the same
            call changes nothing
        :param bool go_on: get the next customer in the same answer, unless paused
        :return: the state, see :meth:`get_state`, with ``attendance_id`` and, where
            the next contact was brought into the calling hours, ``moved``: a sentence
        :rtype: dict
        :raise UserError: when there was no call, or the input cannot be used
        """
        session = self._at_work()
        note = inputs.text(self.env, note)
        entry_id = inputs.record_id(self.env, entry_id)
        go_on = inputs.flag(self.env, go_on)
        entry = session._held_entry()
        if entry_id and entry_id != entry.id:
            # saved again, after the answer to the first was lost
            last = session.attendance_ids[:1]
            if last.entry_id.id == entry_id:
                return session._state(attendance_id=last.id)
        if entry.state != "dialing":
            raise UserError(self.env._("There is no call waiting for a result."))
        result = session._check_result(result_id)
        chosen = session._check_next_contact(result, next_contact_at)
        when = entry._promised_moment(chosen)
        go_on = go_on and session.state == "running"
        # found before the lock, so that a transaction that runs again repeats nothing
        ahead = session._find_next() if go_on else None
        session._lock()
        attendance = session._finish_call(entry, result, note, when)
        state = session._show_next(ahead) if go_on else session._state()
        if moved := entry._moved_sentence(chosen, when):
            message = " ".join(filter(None, (moved, state["message"])))
            state.update(moved=moved, message=message)
        return {**state, "attendance_id": attendance.id}

    def _was_settled(self, entry, entry_id):
        """Whether an earlier click has dealt with the customer whom the agent saw.

        :param dialer.queue.entry entry: who is on screen now
        :param int entry_id: whom the agent saw, None when that is not said
        :rtype: bool
        """
        if self.state != "running":
            return False
        return bool(entry_id) and entry_id != entry.id

    def _check_may_dial(self, entry):
        """Check that the customer on screen can be dialed now.

        :raise UserError: when there is none, or something has to be done first
        """
        if not entry:
            raise UserError(self.env._("There is no customer on screen to dial."))
        if self.state == "paused":
            raise UserError(self.env._("The dialer is paused. Resume it to dial."))
        if entry.state == "asking":
            raise UserError(self.env._("Answer the question on screen first."))
        if self.campaign_id.state != "running":
            raise UserError(
                self.env._("The supervisor has stopped this campaign. Do not dial.")
            )

    def _put_back_stopped(self):
        """Put back the customer of an agent who calls for this campaign no more.

        :rtype: dict
        """
        self._lock()
        self._put_back()
        self.decision = "empty"
        return self._state()

    def _put_back_blocked(self, entry, block):
        """Put back a customer whom a rule protects since they came on screen.

        :param Block block: the rule
        :rtype: dict
        """
        self._lock()
        entry._give_back()
        entry._apply_blocks({entry.id: block})
        self._clear_screen()
        return self._state(
            message=self.env._(
                "Not dialed: %(why)s", why=entry._wait_sentence(block.reason)
            )
        )

    def _place_call(self, entry):
        """Mark the customer as in call and have the call placed.

        :return: the URI that the web client opens, or None
        """
        entry._dial()
        # a question that was answered with a call is one no more
        self.decision = "dial"
        if self.event_id.verdict == "unknown" and not self.event_id.shadow:
            self._log_updates(entry, self._unasked_line())
        return self._originate(entry)

    def _originate(self, entry):
        """Place the call. Telephony addons inherit this and return None.

        It is called once a call, in the transaction that marks the customer as in
        call; a second click only asks :meth:`_call_uri` again, which such an addon
        makes return None, too.

        :param dialer.queue.entry entry: the customer to call
        :return: URI for the web client to open, or None when the call is placed by
            other means
        :rtype: str | None
        """
        return self._call_uri(entry)

    def _call_uri(self, entry):
        """The URI that places a call from the web client, by the company's setting."""
        return f"{self.company_id.dialer_uri_scheme}:{entry.phone}"

    def _check_result(self, result_id):
        """Get a result that this company may use.

        :raise UserError: when there is none with this id
        """
        refusal = self.env._("Choose a result from the list.")
        result = inputs.pick(self.env["dialer.result"], result_id, refusal)
        company = result.company_id
        if not result.active or (company and company != self.company_id):
            raise UserError(refusal)
        return result

    def _check_next_contact(self, result, next_contact_at):
        """Read the moment of the next contact; callbacks always have one.

        :return: naive UTC, or False
        :raise UserError: when it is no moment, not in the future, or too far in it
        """
        when = inputs.moment(self.env, next_contact_at)
        if when and when <= fields.Datetime.now():
            raise UserError(self.env._("The next contact must be in the future."))
        if not when and result.effect == "callback":
            when = self._next_business_moment(self.entry_id)
        return when

    def _next_business_moment(self, entry):
        """Start of work on the next business day, within the calling hours.

        :rtype: datetime.datetime
        """
        start = self.company_id._next_business_day(fields.Datetime.now())
        return entry._automatic_moment(start)

    def _finish_call(self, entry, result, note, when):
        """Turn a call into an attendance, and let the customer go on by its result.

        :param dialer.queue.entry entry: the customer in call
        :param dialer.result result: how the call ended
        :param str note: what is worth knowing, or None
        :param datetime when: the next contact that the agent chose, or False
        :rtype: dialer.attendance
        """
        talking, wrap_up = entry._call_seconds(fields.Datetime.now())
        attendance = self._end_call(
            entry, result, when, note=note, duration=talking, wrap_up=wrap_up
        )
        if result.effect == "dnc":
            attendance._block_numbers()
        return attendance

    def _end_call(self, entry, result, when=False, **values):
        """Record a call that is over, and take the customer off the screen.

        The session may be empty: a call outlives it.

        :param dialer.queue.entry entry: the customer in call
        :param dialer.result result: how the call ended
        :param datetime when: the next contact that was chosen, or False
        :param values: further values of the attendance
        :rtype: dialer.attendance
        """
        attendance = self._create_attendance(
            entry, result, when, dialed_numbers=entry.dialed_numbers, **values
        )
        # when a retry is due follows from the campaign's rules, which the queue knows
        if due := entry._finish(result, when, attendance.user_id):
            attendance.next_contact_at = due
        self.filtered(lambda session: session.entry_id == entry)._clear_screen()
        return attendance

    def _create_attendance(self, entry, result, when=False, **values):
        """Record a contact with a customer, and the next one as an activity.

        :param dialer.queue.entry entry: whom
        :param dialer.result result: how it ended
        :param datetime when: the next contact that was chosen, or False
        :param values: further values of the attendance
        :rtype: dialer.attendance
        """
        vals = {**self._prepare_attendance(entry, result), **values}
        activity = entry.env["mail.activity"]
        if when:
            agent = self.env["res.users"].browse(vals["user_id"])
            activity = entry._schedule_call(result, when, agent)
        # also where no next one follows: this contact kept the promise, if any
        entry._replace_activity(activity, result)
        return self.env["dialer.attendance"].create(
            {**vals, "next_contact_at": when, "activity_id": activity.id}
        )

    def _prepare_attendance(self, entry, result):
        """What an attendance of the dialer says of a contact, whatever it was.

        :rtype: dict
        """
        return {
            "partner_id": entry.partner_id.id,
            "lead_id": entry.lead_id.id,
            "campaign_id": entry.campaign_id.id,
            "entry_id": entry.id,
            "session_id": self.id,
            "user_id": (self.user_id or entry.agent_id or self.env.user).id,
            "company_id": entry.company_id.id,
            "date": fields.Datetime.now(),
            "result_id": result.id,
            "origin": "dialer",
            "channel": result._channel(),
            "phone": entry.phone,
            "duration": 0,
        }
