# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a session moves: from one contact to the next, by way of the gate.

One *next* goes: find the next customer without a lock, lock the session, finish with
the present customer, show the next. So nobody waits for HTTP behind a lock, and a
transaction that runs again repeats no effect.
"""

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools import inputs
from .look_ahead import LookAhead

CHOICES = ("yes", "no", "call")


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def next_contact(self):
        """Get the next customer who may be called; skip those in conversation.

        A customer who is on screen already, not dialed yet, stays there: calling
        this twice takes no second customer.

        :return: the state, see :meth:`get_state`, with ``skips``: the customers
            skipped, as dicts with ``id`` and ``name``
        :rtype: dict
        :raise UserError: while paused, or while a call has no result yet
        """
        session = self._at_work()
        if session.state == "paused":
            raise UserError(
                self.env._("The dialer is paused. Resume it to get the next customer.")
            )
        session._check_no_call()
        if session._held_entry():
            return session._state()
        ahead = session._find_next()
        session._lock()
        return session._show_next(ahead)

    def answer(self, choice, entry_id=None):
        """Answer the question about the customer on screen, once.

        :param str choice: ``yes`` pauses the dialer, records the attendance and goes
            on to the next customer; ``no`` goes on and records nothing; ``call``
            calls nevertheless, where that is allowed
        :param int entry_id: the customer that the question was about; an answer to
            a question that is no longer open changes nothing
        :return: the state, see :meth:`get_state`, with ``uri`` after ``call``
        :rtype: dict
        :raise UserError: on an unknown choice, or one that is not offered
        """
        session = self._at_work()
        refusal = self.env._("Answer the question with Yes or No.")
        choice = inputs.choice(choice, CHOICES, refusal)
        entry_id = inputs.record_id(self.env, entry_id)
        entry = session._held_entry()
        if entry.state != "asking" or (entry_id and entry_id != entry.id):
            return session._state()
        active = session.event_id.verdict == "active"
        if choice == "yes" and not active:
            raise UserError(self.env._("Choose whether to call or to go on."))
        if choice == "yes":
            return session._answer_yes()
        if choice == "no":
            return session._answer_no()
        return session._answer_call(active)

    def _find_next(self, stay_paused=False):
        """Reserve the next customer who may be called; see :class:`LookAhead`.

        :param bool stay_paused: the dialer stays paused: take the next customer whom
            nobody forbids to call, but put no question yet
        :return: what was seen on the way
        :rtype: LookAhead
        """
        ahead = LookAhead(self, stay_paused)
        if self._may_work():
            # no job comes by as often as an agent does
            self.entry_id._release_expired(self.campaign_id)
            ahead.search()
        return ahead

    def _show_next(self, ahead):
        """Bring what was found onto the agent's screen, and settle what was passed.

        :param LookAhead ahead: see :meth:`_find_next`
        :rtype: dict
        """
        skipped, blocks = self._skip(ahead.skips), ahead.blocks
        blocked = self.entry_id.browse(blocks)
        blocked._lock_pending()._apply_blocks(blocks)
        # a whole queue outside its hours is put off at once, not by the batch
        if blocks and not ahead.chosen and not ahead.exhausted:
            blocked._postpone_closed(blocks)
        self.write(
            {
                **self._prepare_screen(ahead),
                "skipped_count": self.skipped_count + len(skipped),
                "short_lookahead": ahead.found_early,
            }
        )
        return self._state(skipped=len(skipped), skips=self._name_skips(skipped))

    def _prepare_screen(self, ahead):
        """Values of the session for what was found.

        :param LookAhead ahead: see :meth:`_find_next`
        :rtype: dict
        """
        values = {"entry_id": False, "hold_since": False}
        if chosen := ahead.chosen:
            # the question is put when the agent resumes
            unasked = ahead.stay_paused and chosen.decision == "ask"
            # before anything is learned: what was asked, not what would be now
            values.update(self._asked_values(chosen))
            values.update(
                entry_id=chosen.entry.id,
                decision=False if unasked else chosen.decision,
                event_id=self._record_verdicts([chosen]).id,
            )
        elif ahead.hold:
            values.update(
                decision="hold",
                event_id=self._record_verdicts([ahead.hold]).id,
                hold_since=self.hold_since or fields.Datetime.now(),
            )
        elif ahead.exhausted or not ahead.candidates:
            values["decision"] = "empty"
        else:
            values["decision"] = "searching"
        return values

    def _answer_yes(self):
        """Pause, record that this contact takes place on WhatsApp, and go on."""
        stays_paused = self.company_id.whatsapp_pause_mode == "hold_next"
        ahead = self._find_next(stay_paused=stays_paused)
        self._lock()
        self._record_whatsapp_contact()
        if stays_paused:
            self._pause(self.env.ref("dialer_plinx_gate.pause_reason_whatsapp"))
        return self._show_next(ahead)

    def _answer_no(self):
        """Put the customer behind those who wait; nothing is written on them."""
        ahead = self._find_next(stay_paused=self.state == "paused")
        self._lock()
        self._record_answer("no")
        self.entry_id._defer()
        return self._show_next(ahead)

    def _answer_call(self, active):
        """Call although Plinx said no, or nothing.

        :param bool active: the customer is in conversation
        :raise UserError: where the company does not do that
        """
        if active and not self.company_id.dialer_call_anyway:
            raise UserError(
                self.env._(
                    "Your company does not call customers who are in conversation."
                )
            )
        entry = self.entry_id
        if not self._may_work():
            return self._put_back_stopped()
        if block := entry._blocks().get(entry.id):
            return self._put_back_blocked(entry, block)
        if entry._unreadable():
            self._recheck_gate(entry)
            return self._state(message=self._skip_sentence(entry))
        if not self._is_fresh() and not self._may_still_call(entry, active):
            return self._state_after_recheck(entry)
        self._lock()
        self._record_answer("call")
        if self.event_id.verdict == "active":
            self._log_updates(entry, self._call_anyway_line())
        if self.state == "paused":
            self._unpause()
        return self._state(uri=self._place_call(entry))

    def _may_still_call(self, entry, active):
        """Ask Plinx again before the call that an agent chose.

        :param dialer.queue.entry entry: the customer on screen
        :param bool active: the agent knew that the customer is in conversation
        :return: whether the agent's answer holds for what Plinx says now
        :rtype: bool
        """
        if self._recheck_gate(entry):
            return True
        same = active or self.event_id.verdict == "unknown"
        return self.decision == "ask" and same

    def _record_answer(self, choice):
        """Keep the agent's answer with the verdict that was asked about."""
        self.event_id.write({"answer": choice, "answer_date": fields.Datetime.now()})

    def _record_whatsapp_contact(self):
        """Record that the contact takes place on WhatsApp; the agent calls later."""
        entry, event = self.entry_id, self.event_id
        when = self._next_business_moment(entry)
        self._record_answer("yes")
        self._create_attendance(
            entry,
            self.env.ref("dialer_plinx_gate.result_whatsapp"),
            when,
            note=self._conversation_note(event.conversation or {}),
            gate_event_id=event.id,
        )
        entry._promise(when, self.user_id)

    def _conversation_note(self, conversation):
        """What Plinx said, for the attendance, in the company's language."""
        session = self.with_context(lang=self.company_id._dialer_lang())
        if conversation.get("assignee"):
            return session.env._(
                "Active WhatsApp conversation in Plinx with %(attendant)s.",
                attendant=conversation["assignee"],
            )
        return session.env._("Active WhatsApp conversation in Plinx.")
