# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from odoo import api, models

from ...plinx.phone import identities
from ...plinx.verdict import (
    ACTIVE,
    FREE,
    PUSH,
    Verdict,
    judge_conversation,
    merge,
    utcnow,
)
from .conversation import ACTIVE_PUSH_SECONDS, CLOSED_PUSH_SECONDS

ACTIVE_AGE = timedelta(seconds=ACTIVE_PUSH_SECONDS)
CLOSED_AGE = timedelta(seconds=CLOSED_PUSH_SECONDS)


class DialerGate(models.AbstractModel):
    _inherit = "dialer.gate"

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
