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
from ...plinx.phone import wa_id_key
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
from .event import AVOIDED

NO_PHONE = "no_phone"
UNREAD_NUMBER = "unread_number"
# What stands on the customer, not what Plinx said: nobody is dialed, whatever the
# company's policy, and health does not count it.
OWN_REASONS = (NO_PHONE, UNREAD_NUMBER)


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
        """Leave out whom Plinx pushed as active just now, and ask about the others.

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

        A learned number is asked about even where it is none of those typed: the
        customer moved to it.

        :param int entry_id: the entry, which is our reference in the question
        :param called: the customer's numbers, see
            ``dialer.queue.entry._customer_numbers``
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        """
        candidates = [
            wa_id for number in called.identities for wa_id in number.candidates
        ]
        if called.wa_id and candidates:
            # as Plinx wrote it, and as the mirror knows it
            candidates[:0] = filter(None, (called.wa_id, wa_id_key(called.wa_id)))
        return Subject(
            ref=str(entry_id),
            wa_ids=tuple(dict.fromkeys(candidates)),
            bsuids=(called.bsuid,) if called.bsuid and candidates else (),
        )

    @api.model
    def _asked_ids(self, entry_id, called):
        """The ids that a question about this customer names, as one text.

        :param int entry_id: the entry
        :param called: see :meth:`_prepare_subject`; None for nobody
        :return: sorted, so that the same set gives the same text
        :rtype: str
        """
        if called is None:
            return ""
        subject = self._prepare_subject(entry_id, called)
        return " ".join(sorted({*subject.wa_ids, *subject.bsuids}))

    # -------------------------------------------------------------------------
    # Verdicts that Plinx pushed
    # -------------------------------------------------------------------------

    @api.model
    def _pushed_verdicts(self, company, subjects):
        """Name the customers whom Plinx pushed as active just now.

        Such a push withholds a customer without a lookup. Nothing else that was
        pushed or listed settles anything: whoever is dialed was asked about.

        :param res.company company: whose customers
        :param list subjects: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        :return: verdicts by ref; whoever is missing must be asked for
        :rtype: dict[str, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        found = self._active_pushes(company, subjects, lambda one: one.fresh)
        verdicts = {}
        for ref, active in found.items():
            best = merge(active)
            verdicts[ref] = replace(
                best, source=PUSH, provider_state=best.conversation.status
            )
        return verdicts

    @api.model
    def _active_pushes(self, company, subjects, counts):
        """What was pushed within a minute and makes these customers active.

        :param res.company company: whose customers
        :param list subjects: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        :param counts: whether one of the mirror's conversations is to be looked at
        :return: the active verdicts by ref; nobody without one
        :rtype: dict[str, list]
        """
        now, judged = utcnow(), defaultdict(list)
        rules = company._plinx_active_rules()
        for one in self.env["plinx.conversation"]._known(
            company,
            {wa_id for subject in subjects for wa_id in subject.wa_ids},
            {bsuid for subject in subjects for bsuid in subject.bsuids},
            now,
        ):
            verdict = judge_conversation(one.conversation, rules, now)
            if verdict.state == ACTIVE and counts(one):
                for value in {one.key, one.conversation.bsuid} - {None}:
                    judged[value].append(verdict)
        # the key of a number is among the ids that Plinx is asked for
        found = {
            subject.ref: [
                verdict
                for value in (*subject.wa_ids, *subject.bsuids)
                for verdict in judged.get(value, ())
            ]
            for subject in subjects
        }
        return {ref: verdicts for ref, verdicts in found.items() if verdicts}

    @api.model
    def _pushed_active(self, entry, called):
        """Whether something that came in just now says that this customer talks.

        Whatever its own time: it is a reason to ask, not an answer.

        :param dialer.queue.entry entry: one entry
        :param called: see :meth:`_prepare_subject`
        :rtype: bool
        """
        subject = self._prepare_subject(entry.id, called)
        company = entry.company_id
        return bool(self._active_pushes(company, [subject], lambda one: one.recent))

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
        # the policy is for a Plinx that fails, not for one customer's own trouble
        return "skip" if verdict.answered else company.plinx_failure_policy

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
