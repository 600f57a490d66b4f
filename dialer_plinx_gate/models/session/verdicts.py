# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a session does with verdicts: it asks once more, skips, and keeps a record."""

from datetime import timedelta

from odoo import fields, models

from ..gate.gate import NO_PHONE, OWN_REASONS, UNREAD_NUMBER
from .look_ahead import Candidate

# A customer who stayed on screen longer is asked about again before the call.
FRESH_SECONDS = 15
# The screen lists so many of those who were skipped, and counts the others.
MAX_NAMES = 50


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def _is_fresh(self):
        """Whether the verdict on the customer on screen is good enough to dial on.

        It is of the last seconds, was given for exactly the ids that would be asked
        about now, every number can be read still, and no push since says that they
        talk.

        :rtype: bool
        """
        oldest = fields.Datetime.now() - timedelta(seconds=FRESH_SECONDS)
        if not self.checked_at or self.checked_at < oldest:
            return False
        gate, entry = self.env["dialer.gate"], self.entry_id
        called = entry._customer_numbers().get(entry.id)
        if not called or called.unread:
            return False
        # sudo: the ids are for nobody to read
        if self.sudo().asked_ids != gate._asked_ids(entry.id, called):
            return False
        return not gate._pushed_active(entry, called)

    def _recheck_gate(self, entry):
        """Ask Plinx again about the customer on screen.

        :return: whether the customer may still be called
        :rtype: bool
        """
        gate = self.env["dialer.gate"]
        known = entry._with_customer_numbers()
        verdict = gate._evaluate(known)[entry.id]
        decision = gate._decide(verdict, self.company_id)
        called = known._customer_numbers()[entry.id]
        again = Candidate(entry, verdict, decision, called=called)
        self._lock()
        if decision == "skip":
            entry._give_back()
            self._clear_screen()
            self.skipped_count += len(self._skip([again]))
            return False
        values = {
            **self._asked_values(again),
            "decision": decision,
            "hold_since": False,
            "event_id": self._record_verdicts([again]).id,
        }
        if decision == "ask":
            entry._ask()
        if decision == "hold":
            entry._give_back()
            self._clear_screen()
            values["hold_since"] = fields.Datetime.now()
        self.write(values)
        return decision == "dial"

    def _asked_values(self, candidate):
        """Values of the session for what was asked about the customer on screen.

        :rtype: dict
        """
        gate, entry = self.env["dialer.gate"], candidate.entry
        return {
            "checked_at": fields.Datetime.now(),
            "asked_ids": gate._asked_ids(entry.id, candidate.called),
        }

    def _state_after_recheck(self, skipped):
        """Tell the agent why the customer on screen is not called after all.

        A customer who was skipped leaves the screen to the next one.

        :param dialer.queue.entry skipped: the customer who was on screen
        :rtype: dict
        """
        if self.entry_id or self.decision == "hold":
            return self._state()
        ahead = self._find_next()
        self._lock()
        state = self._show_next(ahead)
        state["skipped"] += 1
        state["skips"] = self._name_skips(skipped, sudo=True) + state["skips"]
        state["message"] = state["message"] or self._skip_sentence(skipped)
        return state

    def _skip_sentence(self, skipped):
        """Tell the agent why the customer who was on screen is not any more.

        :param dialer.queue.entry skipped: the customer
        :rtype: str
        """
        if skipped.state == "invalid":
            reason = skipped.wait_reason or "invalid"
            why = skipped._wait_sentence(reason)
            if reason == UNREAD_NUMBER:
                why = skipped._unread_sentence(skipped.unread_text)
            return self.env._("Not dialed: %(why)s", why=why)
        # sudo: the ledger is the supervisors'; the agent is told of this one
        event = skipped.sudo().gate_event_ids[:1]
        if event.verdict == "active":
            return self.env._(
                "%(customer)s just started a WhatsApp conversation and was skipped.",
                customer=skipped.customer_name,
            )
        return self.env._(
            "%(customer)s was skipped: %(why)s",
            customer=skipped.customer_name,
            why=event.with_env(self.env).sudo().reason_text,
        )

    def _skip(self, candidates):
        """Pass over all at once whom Plinx lets nobody call, or who have no number that
        can be dialed.

        :param list candidates: those decided as ``skip``
        :return: the entries skipped; those that others took meanwhile are left out
        :rtype: dialer.queue.entry
        """
        entries = self.entry_id.browse(one.entry.id for one in candidates)
        entries = entries._lock_pending()
        mine = set(entries.ids)
        candidates = [one for one in candidates if one.entry.id in mine]
        if not candidates:
            return entries
        self._record_verdicts(candidates)
        self._skip_invalid(candidates)
        asked = [one for one in candidates if one.verdict.reason not in OWN_REASONS]
        unanswered = [one for one in asked if one.verdict.state == "unknown"]
        busy = self.entry_id.browse(
            one.entry.id for one in asked if one.verdict.state != "unknown"
        )
        self._log_updates(busy, self._skip_line())
        self._await_conversations(busy, candidates)
        self._set_aside_unanswered(unanswered)
        return entries

    def _skip_invalid(self, candidates):
        """Set aside, until their phone is corrected, those who cannot be dialed."""
        without = self.entry_id.browse(
            one.entry.id for one in candidates if one.verdict.reason == NO_PHONE
        )
        self._log_updates(without, self._invalid_line())
        without._invalidate()
        texts = {
            one.entry.id: one.verdict.detail["text"]
            for one in candidates
            if one.verdict.reason == UNREAD_NUMBER
        }
        if texts:
            unread = self.entry_id.browse(texts)
            self._log_unread(unread, texts)
            unread._invalidate_unread(texts)

    def _await_conversations(self, entries, candidates):
        """Offer customers in conversation again later, or when they have ended it."""
        conversations = {one.entry.id: one.verdict.conversation for one in candidates}
        for moment, group in self._retry_moments(entries).items():
            group._wait_for_conversations(moment, conversations)

    def _set_aside_unanswered(self, candidates):
        """Offer those again later of whom Plinx said nothing, and say so on them.

        :param list candidates: of a call to Plinx that succeeded
        """
        reasons = {}
        for one in candidates:
            line = self._unanswered_line(one.verdict)
            reasons[line] = reasons.get(line, self.entry_id.browse()) + one.entry
        for line, entries in reasons.items():
            self._log_updates(entries, line)
            for moment, group in self._retry_moments(entries).items():
                group._set_aside("unanswered", moment)

    def _retry_moments(self, entries):
        """When skipped customers are offered again, at a time when they may be called.

        :return: entries by moment, naive UTC
        :rtype: dict[datetime.datetime, dialer.queue.entry]
        """
        minutes = self.company_id.plinx_skip_retry_minutes
        later = fields.Datetime.now() + timedelta(minutes=minutes)
        # a short wait, no date: no business day is awaited
        moments = entries._calling_moments(later)
        return entries.grouped(lambda entry: moments[entry.id])

    def _name_skips(self, entries, sudo=False):
        """What the screen lists of customers that were skipped.

        :param bool sudo: whatever the agent may see of them: they were on screen
        :rtype: list[dict]
        """
        return [
            {"id": entry.id, "name": entry.customer_name}
            for entry in entries[:MAX_NAMES].sudo(sudo)
        ]

    def _record_verdicts(self, candidates):
        """Write the verdicts into the ledger, and learn by what ids Plinx knows whom.

        :rtype: dialer.gate.event
        """
        self._learn_identities(candidates)
        common = {
            "date": fields.Datetime.now(),
            "company_id": self.company_id.id,
            "campaign_id": self.campaign_id.id,
            "session_id": self.id,
            "user_id": self.user_id.id,
            "shadow": self.company_id.plinx_shadow,
        }
        return self.env["dialer.gate"]._record(
            [{**common, **self._prepare_event(one)} for one in candidates]
        )

    def _prepare_event(self, candidate):
        """What the ledger keeps of one verdict; inherit it to keep more."""
        verdict, entry = candidate.verdict, candidate.entry
        gate = self.env["dialer.gate"]
        return {
            "entry_id": entry.id,
            "partner_id": entry.partner_id.id,
            "lead_id": entry.lead_id.id,
            "verdict": verdict.state,
            "decision": candidate.decision,
            "source": verdict.source,
            "provider_state": verdict.provider_state,
            "latency_ms": verdict.latency_ms,
            "reason": verdict.reason,
            "detail": verdict.detail or False,
            "conversation": gate._conversation_values(verdict.conversation),
            **gate._shadow_values(verdict, self.company_id),
        }

    def _learn_identities(self, candidates):
        """Keep on the customers the ids by which Plinx knows them."""
        learned = {"res.partner": {}, "crm.lead": {}}
        for one in candidates:
            if one.verdict.conversation:
                customer = one.entry.partner_id or one.entry.lead_id
                learned[customer._name][customer.id] = one.verdict.conversation
        for name, conversations in learned.items():
            self.env[name]._dialer_learn_identities(conversations)
