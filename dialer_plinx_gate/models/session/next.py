# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a session moves: from one contact to the next, by way of the gate.

One *next* goes: look at the head of the queue without a lock, ask Plinx for that
batch, then take the first entry that may be called and is still to be had, and only
then write. So nobody waits for HTTP behind a lock, and a transaction that runs again
repeats no effect.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...tools import inputs
from ..gate.gate import NO_PHONE
from ..queue.entry import HELD_STATES

# How many customers Plinx is asked about at once: as many as it takes, until one was
# found among the first few; then only these, until they are no longer enough.
MANY = 200
FEW = 10
# The agent's call comes back within two seconds, however many are skipped.
LOOK_AHEAD_SECONDS = 0.9
MAX_SKIPS = 2000
# A customer who stayed on screen longer is asked about again before the call.
FRESH_SECONDS = 15
# When to try again while Plinx gives no time of its own.
HOLD_SECONDS = 10
MAX_NAMES = 50
CHOICES = ("yes", "no", "call")


@dataclass
class Step:
    """One entry of the queue with what the gate says and the dialer decides.

    ``decision`` is one of the gate's, or ``wait`` for an entry with a block, of
    which Plinx was not asked.
    """

    entry: models.BaseModel
    verdict: object
    decision: str
    block: object = None


@dataclass
class Plan:
    """What was seen at the head of the queue, in the order of calling."""

    # the clock is looked up when it is read, so that tests can stop the time
    started: float = field(default_factory=lambda: time.monotonic())
    steps: list = field(default_factory=list)
    tried: int = 0
    after: tuple = None
    exhausted: bool = False

    @property
    def hold(self):
        """The step that nobody gets past, if there is one."""
        last = self.steps[-1:]
        return last[0] if last and last[0].decision == "hold" else None

    @property
    def out_of_time(self):
        """Whether the agent has waited long enough for one call."""
        return (
            time.monotonic() - self.started > LOOK_AHEAD_SECONDS
            or len(self.steps) >= MAX_SKIPS
        )


class DialerSession(models.Model):
    _inherit = "dialer.session"

    # -------------------------------------------------------------------------
    # What the agent does
    # -------------------------------------------------------------------------

    def next_contact(self):
        """Get the next customer who may be called; skip those in conversation.

        A customer who is on screen already, not dialed yet, stays there: calling
        this twice takes no second customer.

        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: while paused, or while a call has no result yet
        """
        session = self._as_agent()
        if session.state == "paused":
            raise UserError(
                self.env._("The dialer is paused. Resume it to get the next customer.")
            )
        session._check_no_call()
        if session._held_entry():
            return session._state()
        return session._advance()

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
        session = self._as_agent()
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
            paused = session.state == "paused"
            return session._advance(session._settle_no, park=paused)
        return session._answer_call(active)

    def dial(self):
        """Place the call to the customer on screen.

        Plinx is asked again if its answer is older than 15 seconds; when the
        customer is in conversation meanwhile, nobody is called and the state says
        what happened.

        :return: the state, see :meth:`get_state`, with ``uri`` to open
        :rtype: dict
        :raise UserError: when there is nobody to dial, or the dialer is paused
        """
        session = self._as_agent()
        entry = session._held_entry()
        if not entry:
            raise UserError(self.env._("There is no customer on screen to dial."))
        if entry.state == "dialing":
            return session._state(uri=session._call_uri(entry))
        if session.state == "paused":
            raise UserError(self.env._("The dialer is paused. Resume it to dial."))
        if entry.state == "asking":
            raise UserError(self.env._("Answer the question on screen first."))
        if session.campaign_id.state != "running":
            raise UserError(
                self.env._("The supervisor has stopped this campaign. Do not dial.")
            )
        if block := entry._blocks().get(entry.id):
            return session._give_up(entry, block)
        if not session._is_fresh() and not session._gate_again(entry):
            return session._after_gate_again(entry)
        session._lock()
        uri = session._place_call(entry)
        return session._state(uri=uri)

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
        :return: the state, see :meth:`get_state`, with ``attendance_id``
        :rtype: dict
        :raise UserError: when there was no call, or the input cannot be used
        """
        session = self._as_agent()
        note = inputs.text(self.env, note)
        entry_id = inputs.record_id(self.env, entry_id)
        go_on = inputs.flag(self.env, go_on)
        entry = session._held_entry()
        if entry_id and entry_id != entry.id:
            last = session.attendance_ids[:1]
            if last.entry_id.id == entry_id:
                return session._state(attendance_id=last.id)
        if entry.state != "dialing":
            raise UserError(self.env._("There is no call waiting for a result."))
        result = session._check_result(result_id)
        when = session._check_next_contact(result, next_contact_at)
        attendances = []

        def settle():
            attendances.append(session._settle_call(entry, result, note, when))

        if go_on and session.state == "running":
            state = session._advance(settle)
            return {**state, "attendance_id": attendances[0].id}
        session._lock()
        settle()
        return session._state(attendance_id=attendances[0].id)

    def resume(self):
        """Go on after a pause, with the customer on screen if there is one.

        Plinx is asked about that customer again; without one, the next is taken.

        :return: the state, see :meth:`get_state`
        :rtype: dict
        """
        session = self._as_agent()
        if session.state != "paused":
            return session._state()
        entry = session._held_entry()
        if entry.state == "reserved" and not session._gate_again(entry):
            session._unpause()
            return session._after_gate_again(entry)
        if entry:
            session._unpause()
            return session._state()
        return session._advance(session._unpause)

    # -------------------------------------------------------------------------
    # Next
    # -------------------------------------------------------------------------

    def _advance(self, settle=None, park=False):
        """Go to the next customer.

        :param settle: called without arguments, once the next is found, to finish
            with the present one
        :param bool park: the dialer stays paused: take the next customer whom nobody
            forbids to call, but put no question yet
        :rtype: dict
        """
        plan, chosen = Plan(), None
        if self.campaign_id.state == "running":
            self.entry_id._release_expired(self.campaign_id)
            while chosen is None and self._look_ahead(plan):
                chosen = self._take_first(plan, park)
        self._lock()
        if settle:
            settle()
        passed = plan.steps[: plan.tried] if chosen else plan.steps
        skipped = self._skip([step for step in passed if step.decision == "skip"])
        blocks = {step.entry.id: step.block for step in passed if step.block}
        self.entry_id.browse(blocks)._lock_pending()._apply_blocks(blocks)
        if not chosen and blocks and not plan.exhausted:
            self.entry_id.browse(blocks)._postpone_closed(blocks)
        self._show(plan, chosen, park)
        self.skipped_count += len(skipped)
        self.short_lookahead = bool(chosen) and plan.tried <= FEW
        return self._state(
            skipped=len(skipped),
            skips=[
                {"id": entry.id, "name": entry.customer_name}
                # whom the agent may see; the customer on screen is another matter
                for entry in skipped[:MAX_NAMES].sudo(False)
            ],
        )

    def _look_ahead(self, plan):
        """Ask Plinx about the next batch of the queue; nothing is locked or written.

        :return: whether there is anything new to choose from
        :rtype: bool
        """
        if plan.exhausted or plan.hold or plan.out_of_time:
            return False
        company = self.company_id
        few = self.short_lookahead or company.dial_active_whatsapp
        size = FEW if few and not plan.steps else MANY
        entries = self.entry_id._peek(
            self.campaign_id, self.user_id, size, after=plan.after
        )
        plan.exhausted = len(entries) < size
        if not entries:
            return False
        gate = self.env["dialer.gate"]
        known = entries._with_customer_numbers()
        blocks = known._blocks()
        # by now all of them have been read, in one statement
        plan.after = entries[-1]._queue_key()
        verdicts = gate._evaluate(known.filtered(lambda e: e.id not in blocks))
        for entry in entries:
            if entry.id in blocks:
                plan.steps.append(Step(entry, None, "wait", blocks[entry.id]))
                continue
            verdict = verdicts[entry.id]
            decision = gate._decide(verdict, company)
            plan.steps.append(Step(entry, verdict, decision))
            if decision == "hold":
                break
        return True

    def _take_first(self, plan, park):
        """Reserve the first entry of the plan that may be shown to the agent.

        :return: its step, or None
        """
        for step in plan.steps[plan.tried :]:
            plan.tried += 1
            if step.decision == "hold":
                return None
            if step.decision in ("skip", "wait"):
                continue
            asking = step.decision == "ask" and not park
            if step.entry._reserve(self, "asking" if asking else "reserved"):
                return step
        return None

    def _show(self, plan, chosen, park):
        """Bring what was found onto the agent's screen."""
        values = {"entry_id": False, "hold_since": False}
        if chosen:
            parked = park and chosen.decision == "ask"
            values.update(
                entry_id=chosen.entry.id,
                decision=False if parked else chosen.decision,
                event_id=self._record([chosen]).id,
                checked_at=fields.Datetime.now(),
            )
        elif plan.hold:
            values.update(
                decision="hold",
                event_id=self._record([plan.hold]).id,
                hold_since=self.hold_since or fields.Datetime.now(),
            )
        elif plan.exhausted or not plan.steps:
            values["decision"] = "empty"
        else:
            values["decision"] = "searching"
        self.write(values)

    def _held_entry(self):
        """The customer on screen, unless the reservation was lost meanwhile.

        :rtype: dialer.queue.entry
        """
        entry = self.entry_id
        if entry and (entry.session_id != self or entry.state not in HELD_STATES):
            self.entry_id = False
            entry = self.entry_id
        return entry

    # -------------------------------------------------------------------------
    # The gate, once more
    # -------------------------------------------------------------------------

    def _is_fresh(self):
        """Whether the verdict on the customer on screen is new enough to dial on."""
        oldest = fields.Datetime.now() - timedelta(seconds=FRESH_SECONDS)
        return bool(self.checked_at and self.checked_at >= oldest)

    def _gate_again(self, entry):
        """Ask Plinx again about the customer on screen.

        :return: whether the customer may still be called
        :rtype: bool
        """
        gate = self.env["dialer.gate"]
        verdict = gate._evaluate(entry)[entry.id]
        step = Step(entry, verdict, gate._decide(verdict, self.company_id))
        self._lock()
        values = {
            "checked_at": fields.Datetime.now(),
            "decision": step.decision,
            "hold_since": False,
        }
        if step.decision == "skip":
            entry.write(entry._waiting_values())
            self.skipped_count += len(self._skip([step]))
            values.update(entry_id=False, decision=False)
        else:
            values["event_id"] = self._record([step]).id
        if step.decision == "ask":
            entry.state = "asking"
        if step.decision == "hold":
            entry.write(entry._waiting_values())
            values.update(entry_id=False, hold_since=fields.Datetime.now())
        self.write(values)
        return step.decision == "dial"

    def _after_gate_again(self, skipped):
        """Tell the agent why the customer on screen is not called after all.

        A customer who was skipped leaves the screen to the next one.

        :param dialer.queue.entry skipped: the customer who was on screen
        """
        if self.entry_id or self.decision == "hold":
            return self._state()
        state = self._advance()
        state["skipped"] += 1
        state["skips"].insert(0, {"id": skipped.id, "name": skipped.customer_name})
        state["message"] = state["message"] or self.env._(
            "%(customer)s is in an active WhatsApp conversation since a moment ago "
            "and was skipped.",
            customer=skipped.customer_name,
        )
        return state

    # -------------------------------------------------------------------------
    # Skipping
    # -------------------------------------------------------------------------

    def _skip(self, steps):
        """Pass over customers in conversation, or without a phone, all at once.

        :param list steps: steps decided as ``skip``
        :return: the entries skipped; those that others took meanwhile are left out
        :rtype: dialer.queue.entry
        """
        entries = self.entry_id.browse(step.entry.id for step in steps)
        entries = entries._lock_pending()
        mine = set(entries.ids)
        steps = [step for step in steps if step.entry.id in mine]
        if not steps:
            return entries
        invalid = self.entry_id.browse(
            step.entry.id for step in steps if step.verdict.reason == NO_PHONE
        )
        busy = entries - invalid
        minutes = self.company_id.plinx_skip_retry_minutes
        later = fields.Datetime.now() + timedelta(minutes=minutes)
        self._record(steps)
        self._log_updates(invalid, self._invalid_line())
        self._log_updates(busy, self._skip_line())
        invalid.write({"state": "invalid"})
        conversations = {step.entry.id: step.verdict.conversation for step in steps}
        # a short wait for a conversation to end, no date: no business day is awaited
        moments = busy._calling_moments(later)
        for moment, group in busy.grouped(lambda e: moments[e.id]).items():
            group._wait_for_conversations(moment, conversations)
        return entries

    def _record(self, steps):
        """Write the verdicts into the ledger.

        :rtype: dialer.gate.event
        """
        common = {
            "date": fields.Datetime.now(),
            "company_id": self.company_id.id,
            "campaign_id": self.campaign_id.id,
            "session_id": self.id,
            "user_id": self.user_id.id,
            "shadow": self.company_id.plinx_shadow,
        }
        return self.env["dialer.gate.event"]._append(
            [{**common, **self._prepare_event(step)} for step in steps]
        )

    def _prepare_event(self, step):
        """What the ledger keeps of one verdict; inherit it to keep more."""
        verdict, entry = step.verdict, step.entry
        return {
            "entry_id": entry.id,
            "partner_id": entry.partner_id.id,
            "lead_id": entry.lead_id.id,
            "verdict": verdict.state,
            "decision": step.decision,
            "source": verdict.source,
            "provider_state": verdict.provider_state,
            "latency_ms": verdict.latency_ms,
            "reason": verdict.reason,
            "detail": verdict.detail or False,
            "conversation": self._prepare_conversation(verdict.conversation),
        }

    def _prepare_conversation(self, conversation):
        """What the popup and the ledger show of a conversation, JSON-able."""
        if conversation is None:
            return False
        return {
            "id": conversation.id,
            "status": conversation.status,
            "assignee": conversation.assignee,
            "url": conversation.url,
            "opened_at": fields.Datetime.to_string(conversation.opened_at) or None,
            "last_inbound_at": fields.Datetime.to_string(conversation.last_inbound_at)
            or None,
        }

    # -------------------------------------------------------------------------
    # Updates
    # -------------------------------------------------------------------------

    def _log_updates(self, entries, line):
        """Write the same line into the Updates of the customers of these entries."""
        partners = entries.partner_id.sudo()
        partners._dialer_log_updates(line, self.company_id)
        if len(partners) < len(entries):
            others = entries.filtered(lambda entry: not entry.partner_id)
            others.lead_id.sudo()._dialer_log_updates(line, self.company_id)

    def _company_context(self):
        """This session in the company's language, with campaign and local time."""
        company = self.company_id
        session = self.with_context(lang=company._dialer_lang())
        moment = format_datetime(
            session.env,
            fields.Datetime.now(),
            tz=str(company._dialer_tz()),
            dt_format="short",
        )
        return session, {"campaign": self.campaign_id.name, "time": moment}

    def _skip_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: not dialed, active conversation in "
            "Plinx (WhatsApp).",
            **values,
        )

    def _invalid_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: not dialed, no valid phone.", **values
        )

    def _unasked_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: dialed without an answer of Plinx.",
            **values,
        )

    def _call_anyway_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: %(agent)s called in spite of an active "
            "conversation in Plinx (WhatsApp).",
            agent=self.user_id.name,
            **values,
        )

    # -------------------------------------------------------------------------
    # Answers
    # -------------------------------------------------------------------------

    def _answer_yes(self):
        stay = self.company_id.whatsapp_pause_mode == "hold_next"
        return self._advance(self._settle_yes, park=stay)

    def _settle_yes(self):
        """Pause, and record that this contact takes place on WhatsApp."""
        entry, event = self.entry_id, self.event_id
        result = self.env.ref("dialer_plinx_gate.result_whatsapp")
        when = self._next_business_moment(entry)
        event.write({"answer": "yes", "answer_date": fields.Datetime.now()})
        self._create_attendance(
            entry,
            result,
            note=self._conversation_note(event.conversation or {}),
            next_contact_at=when,
            gate_event_id=event.id,
        )
        entry.write(entry._callback_values(when, self.user_id))
        if self.company_id.whatsapp_pause_mode == "hold_next":
            self._pause(self.env.ref("dialer_plinx_gate.pause_reason_whatsapp"))

    def _conversation_note(self, conversation):
        """What Plinx said, for the attendance, in the company's language."""
        session = self.with_context(lang=self.company_id._dialer_lang())
        if conversation.get("assignee"):
            return session.env._(
                "Active WhatsApp conversation in Plinx with %(attendant)s.",
                attendant=conversation["assignee"],
            )
        return session.env._("Active WhatsApp conversation in Plinx.")

    def _settle_no(self):
        """Put the customer behind those who wait; nothing is written on them."""
        self.event_id.write({"answer": "no", "answer_date": fields.Datetime.now()})
        self.entry_id._defer()

    def _answer_call(self, active):
        """Call although Plinx said no, or nothing."""
        if active and not self.company_id.dialer_call_anyway:
            raise UserError(
                self.env._(
                    "Your company does not call customers who are in conversation."
                )
            )
        if block := self.entry_id._blocks().get(self.entry_id.id):
            return self._give_up(self.entry_id, block)
        self._lock()
        self.event_id.write({"answer": "call", "answer_date": fields.Datetime.now()})
        if active:
            self._log_updates(self.entry_id, self._call_anyway_line())
        if self.state == "paused":
            self._unpause()
        uri = self._place_call(self.entry_id)
        return self._state(uri=uri)

    def _unpause(self):
        self._end_pause()
        self.state = "running"

    # -------------------------------------------------------------------------
    # The call
    # -------------------------------------------------------------------------

    def _give_up(self, entry, block):
        """Put back a customer whom a rule protects since they came on screen.

        :param Block block: the rule
        :rtype: dict
        """
        self._lock()
        entry.write(entry._waiting_values())
        entry._apply_blocks({entry.id: block})
        self.write({"entry_id": False, "decision": False})
        return self._state(
            message=self.env._(
                "Not dialed: %(why)s", why=entry._wait_sentence(block.reason)
            )
        )

    def _place_call(self, entry):
        """Mark the customer as in call and have the call placed.

        :return: the URI that the web client opens, or None
        """
        numbers = entry._identities()[entry.id]
        entry.write(
            {
                "state": "dialing",
                "attempts": entry.attempts + 1,
                "dialed_at": fields.Datetime.now(),
                "phone": numbers[0].e164 if numbers else entry.phone,
                "dialed_numbers": [number.e164 for number in numbers],
            }
        )
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

    def _settle_call(self, entry, result, note, when):
        """Turn an ended call into an attendance, and the entry's future by result."""
        talking, wrap_up = entry._call_seconds(fields.Datetime.now())
        values = entry._result_values(result, when, self.user_id)
        attendance = self._create_attendance(
            entry,
            result,
            note=note,
            duration=talking,
            wrap_up=wrap_up,
            channel=result._channel(),
            dialed_numbers=entry.dialed_numbers,
            next_contact_at=when or values.get("next_call_at", False),
            schedule=result.effect == "callback" or bool(when),
        )
        entry.write(values)
        if result.effect == "dnc":
            attendance._block_numbers()
        self.write({"entry_id": False, "decision": False, "event_id": False})
        return attendance

    def _create_attendance(self, entry, result, schedule=True, **values):
        """Record a contact with the customer, with its activity where one is due.

        :param dialer.queue.entry entry: whom
        :param dialer.result result: how it ended
        :param bool schedule: make an activity for the next contact
        :param values: further values of the attendance
        :rtype: dialer.attendance
        """
        when = values.get("next_contact_at")
        activity = entry.env["mail.activity"]
        if schedule and when:
            activity = entry._schedule_call(result, when, self.user_id)
        entry._replace_activity(activity, result)
        return self.env["dialer.attendance"].create(
            {
                "partner_id": entry.partner_id.id,
                "lead_id": entry.lead_id.id,
                "campaign_id": self.campaign_id.id,
                "entry_id": entry.id,
                "session_id": self.id,
                "user_id": self.user_id.id,
                "company_id": self.company_id.id,
                "date": fields.Datetime.now(),
                "result_id": result.id,
                "origin": "dialer",
                "channel": "whatsapp",
                "phone": entry.phone,
                "duration": 0,
                "activity_id": activity.id,
                **values,
            }
        )
