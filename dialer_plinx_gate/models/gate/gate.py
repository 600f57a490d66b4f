# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The one door to the gate: may this customer be dialed now, and what is done about it.

Campaigns, queues and sessions ask here, and nowhere else in this room.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...plinx.client import Subject
from ...plinx.phone import identities
from ...plinx.reasons import sentence
from ...plinx.verdict import (
    ACTIVE,
    FREE,
    PUSH,
    UNKNOWN,
    Verdict,
    judge_conversation,
    merge,
    utcnow,
)
from .conversation import ACTIVE_PUSH_SECONDS, CLOSED_PUSH_SECONDS
from .event import AVOIDED

NO_PHONE = "no_phone"
UNREAD_NUMBER = "unread_number"
# What stands on the customer, not what Plinx said: nobody is dialed, whatever the
# company's policy, and health does not count it.
OWN_REASONS = (NO_PHONE, UNREAD_NUMBER)
ACTIVE_AGE = timedelta(seconds=ACTIVE_PUSH_SECONDS)
CLOSED_AGE = timedelta(seconds=CLOSED_PUSH_SECONDS)


class DialerGate(models.AbstractModel):
    _name = "dialer.gate"
    _description = "Gate before Every Dial"

    # -------------------------------------------------------------------------
    # Verdicts
    # -------------------------------------------------------------------------

    @api.model
    def _evaluate(self, entries):
        """Say of each entry whether its customer may be dialed now.

        The seam for further gates: inherit, call super, and replace the verdicts of
        the entries that your gate knows better. Nothing is written, and no row is
        locked while the answer is awaited.

        :param dialer.queue.entry entries: entries of any campaigns
        :return: a verdict for each entry id
        :rtype: dict[int, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        verdicts = {}
        for company, group in entries.grouped("company_id").items():
            subjects = []
            for entry_id, called in group._customer_numbers().items():
                if verdict := self._own_verdict(called):
                    verdicts[entry_id] = verdict
                else:
                    subjects.append(self._prepare_subject(entry_id, called))
            if subjects:
                verdicts.update(self._ask(company, subjects))
        return verdicts

    @api.model
    def _own_verdict(self, called):
        """The verdict on a customer about whom Plinx is not asked, None on others.

        Plinx cannot say that a number is free which nobody could read.

        :param called: the customer's numbers, see
            ``dialer.queue.entry._customer_numbers``
        """
        if called.unread:
            return Verdict(UNKNOWN, UNREAD_NUMBER, {"text": called.unread_text})
        return None if called.identities else Verdict(UNKNOWN, NO_PHONE)

    @api.model
    def _ask(self, company, subjects):
        """Answer from what Plinx pushed just now, and ask Plinx about the others.

        :param res.company company: whose customers
        :param list subjects: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        :return: a verdict for each entry id
        :rtype: dict[int, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        answers = self._pushed_verdicts(company, subjects)
        others = [subject for subject in subjects if subject.ref not in answers]
        if others:
            answers |= self.env["plinx.connection"]._lookup_many(company, others)
        return {int(ref): verdict for ref, verdict in answers.items()}

    @api.model
    def _prepare_subject(self, entry_id, called):
        """What Plinx is asked about one customer: ids only, the learned one first.

        :param int entry_id: the entry, which is our reference in the question
        :param called: the customer's numbers, see
            ``dialer.queue.entry._customer_numbers``
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        """
        candidates = [
            wa_id for number in called.identities for wa_id in number.candidates
        ]
        if called.wa_id in candidates:
            candidates.insert(0, called.wa_id)
        return Subject(
            ref=str(entry_id),
            wa_ids=tuple(dict.fromkeys(candidates)),
            bsuids=(called.bsuid,) if called.bsuid and candidates else (),
        )

    # -------------------------------------------------------------------------
    # Verdicts that Plinx pushed
    # -------------------------------------------------------------------------

    @api.model
    def _pushed_verdicts(self, company, subjects):
        """Answer for the customers about whom Plinx pushed something just now.

        A push younger than 60 s that says *active* settles it. One younger than
        30 s that says *closed* does only when every id of the customer has one, and
        no other conversation of theirs is known to be open.

        :param res.company company: whose customers
        :param list subjects: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        :return: verdicts by ref; whoever is missing must be asked for
        :rtype: dict[str, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        now, found = utcnow(), defaultdict(list)
        for one in self.env["plinx.conversation"]._known(
            company,
            {wa_id for subject in subjects for wa_id in subject.wa_ids},
            {bsuid for subject in subjects for bsuid in subject.bsuids},
            now,
        ):
            for value in {one.key, one.conversation.bsuid} - {None}:
                found[value].append(one)
        if not found:
            return {}
        rules = company._plinx_active_rules()
        verdicts = {
            subject.ref: self._pushed_verdict(subject, found, rules, now)
            for subject in subjects
        }
        return {ref: verdict for ref, verdict in verdicts.items() if verdict}

    @api.model
    def _pushed_verdict(self, subject, found, rules, now):
        """The verdict that pushes give on one customer, None when they do not.

        The key of a number is among the ids that Plinx is asked for, so the mirror
        is searched by these.

        :param dict found: conversations of the mirror, by key and by user id
        """
        ids = (*subject.wa_ids, *subject.bsuids)
        known = [one for value in ids for one in found.get(value, ())]
        active = [
            verdict
            for verdict in (
                judge_conversation(one.conversation, rules, now)
                for one in known
                if one.age is not None and one.age < ACTIVE_AGE
            )
            if verdict.state == ACTIVE
        ]
        if active:
            best = merge(active)
            return replace(best, source=PUSH, provider_state=best.conversation.status)
        if known and all(one.closed and one.age < CLOSED_AGE for one in known):
            covered = {value for one in known for value in self._ids_of(one)}
            if covered.issuperset(ids):
                last = max(known, key=lambda one: one.conversation.sequence)
                return Verdict(
                    FREE,
                    "closed",
                    source=PUSH,
                    conversation=last.conversation,
                    provider_state="closed",
                )
        return None

    @api.model
    def _ids_of(self, one):
        """All the ids that a conversation of the mirror answers for."""
        numbers = identities(f"+{one.key}", None) if one.key else []
        wa_ids = [wa_id for number in numbers for wa_id in number.candidates]
        return [*wa_ids, one.conversation.bsuid]

    @api.model
    def _pushed_active(self, entry):
        """Whether a fresh push says that this customer is in conversation.

        :param dialer.queue.entry entry: one entry
        :rtype: bool
        """
        subject = self._prepare_subject(entry.id, entry._customer_numbers()[entry.id])
        verdict = self._pushed_verdicts(entry.company_id, [subject]).get(subject.ref)
        return bool(verdict) and verdict.state == ACTIVE

    # -------------------------------------------------------------------------
    # What is done
    # -------------------------------------------------------------------------

    @api.model
    def _decide(self, verdict, company):
        """What the dialer does with a verdict, by the company's settings.

        :param verdict: verdict of one customer
        :param res.company company: whose settings count
        :return: ``dial``, ``skip``, ``ask`` or ``hold``
        :rtype: str
        """
        if company.plinx_shadow and verdict.reason not in OWN_REASONS:
            return "dial"
        return self._decide_by_rules(verdict, company)

    @api.model
    def _decide_by_rules(self, verdict, company):
        """What the dialer does with a verdict where no shadow mode stands between.

        :param verdict: verdict of one customer
        :param res.company company: whose settings count
        :return: ``dial``, ``skip``, ``ask`` or ``hold``
        :rtype: str
        """
        if verdict.reason in OWN_REASONS:
            return "skip"
        if verdict.state == FREE:
            return "dial"
        if verdict.state == ACTIVE:
            return "ask" if company.dial_active_whatsapp else "skip"
        return company.plinx_failure_policy

    # -------------------------------------------------------------------------
    # The ledger
    # -------------------------------------------------------------------------

    @api.model
    def _record(self, values_list):
        """Write verdicts and what came of them into the ledger.

        The seam for addons that listen: inherit, call super, and read the rows. They
        are made in SQL, so that ``create`` is not called.

        :param list values_list: a dict of values a row, as for ``create``
        :rtype: dialer.gate.event
        """
        return self.env["dialer.gate.event"]._append(values_list)

    @api.model
    def _shadow_values(self, verdict, company):
        """What the ledger keeps besides: when to ask again, and, in shadow mode, what
        would have been done.

        :param verdict: verdict of one customer
        :param res.company company: whose settings count
        :return: values of dialer.gate.event
        :rtype: dict
        """
        values = {}
        if verdict.retry_at:
            # a whole second later rather than a moment too early
            later = verdict.retry_at + timedelta(microseconds=999_999)
            values["retry_at"] = later.replace(microsecond=0)
        if company.plinx_shadow:
            values["shadow_decision"] = self._decide_by_rules(verdict, company)
        return values

    @api.model
    def _conversation_values(self, conversation):
        """What the popup and the ledger show of a conversation.

        :param conversation: odoo.addons.dialer_plinx_gate.plinx.verdict.Conversation
            or None
        :return: a JSON-able dict, False without a conversation
        :rtype: dict | bool
        """
        if conversation is None:
            return False
        opened_at, inbound_at = conversation.opened_at, conversation.last_inbound_at
        return {
            "id": conversation.id,
            "status": conversation.status,
            "assignee": conversation.assignee,
            "url": conversation.url,
            "opened_at": fields.Datetime.to_string(opened_at) or None,
            "last_inbound_at": fields.Datetime.to_string(inbound_at) or None,
        }

    @api.model
    def _avoided_sql(self, user, company, start):
        """The SQL that counts the customers in conversation whom an agent passed over.

        :param res.users user: the agent
        :param res.company company: whose customers
        :param datetime start: from when on, naive UTC
        :return: a subquery in parentheses that gives one number
        :rtype: odoo.tools.SQL
        """
        domain = AVOIDED & Domain("user_id", "=", user.id)
        domain &= Domain("company_id", "=", company.id) & Domain("date", ">=", start)
        # sudo: only how many; whoever asks adds up an agent's own day
        events = self.env["dialer.gate.event"].sudo()
        return events._search(domain).subselect("count(*)")

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    @api.model
    def _reason_sentence(self, code, detail):
        """The reason of a verdict in words, in the user's language.

        :param str code: reason code of a verdict
        :param dict detail: its detail
        :rtype: str
        """
        if code == NO_PHONE:
            return self.env._("The customer has no valid phone.")
        if code == UNREAD_NUMBER:
            return self.env["dialer.queue.entry"]._unread_sentence(detail["text"])
        return sentence(code, detail, self.env._)
