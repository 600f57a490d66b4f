# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from odoo import api, models

from ..plinx.phone import wa_id_key
from ..plinx.verdict import (
    ACTIVE,
    FREE,
    PUSH,
    Verdict,
    judge_conversation,
    merge,
    utcnow,
)
from .plinx_conversation import ACTIVE_PUSH_SECONDS, CLOSED_PUSH_SECONDS

ACTIVE_AGE = timedelta(seconds=ACTIVE_PUSH_SECONDS)
CLOSED_AGE = timedelta(seconds=CLOSED_PUSH_SECONDS)


class DialerGate(models.AbstractModel):
    _name = "dialer.gate"
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
        ids = {subject.ref: self._mirror_ids(subject) for subject in subjects}
        everything = set().union(*ids.values())
        known = self.env["plinx.conversation"]._known(
            company,
            [value for kind, value in everything if kind == "key" and value],
            [value for kind, value in everything if kind == "bsuid"],
            now,
        )
        for one in known:
            for kind, value in (("key", one.key), ("bsuid", one.conversation.bsuid)):
                if value:
                    found[kind, value].append(one)
        rules = company._plinx_active_rules()
        verdicts = {
            ref: self._pushed_verdict([found[one] for one in mine], rules, now)
            for ref, mine in ids.items()
            if any(one in found for one in mine)
        }
        return {ref: verdict for ref, verdict in verdicts.items() if verdict}

    @api.model
    def _mirror_ids(self, subject):
        """What the mirror may know a customer by; an id it cannot know is None."""
        return {("key", wa_id_key(wa_id)) for wa_id in subject.wa_ids} | {
            ("bsuid", bsuid) for bsuid in subject.bsuids
        }

    @api.model
    def _pushed_verdict(self, known, rules, now):
        """The verdict that pushes give on one customer, None when they do not.

        :param list known: for each id of the customer, its conversations
        """
        everything = [one for found in known for one in found]
        verdicts = [
            judge_conversation(one.conversation, rules, now)
            for one in everything
            if one.age is not None and one.age < ACTIVE_AGE
        ]
        active = [verdict for verdict in verdicts if verdict.state == ACTIVE]
        if active:
            best = merge(active)
            return replace(best, source=PUSH, provider_state=best.conversation.status)
        over = all(
            one.closed and one.age is not None and one.age < CLOSED_AGE
            for one in everything
        )
        if over and all(known):
            last = max(everything, key=lambda one: one.conversation.sequence)
            return Verdict(
                FREE,
                "closed",
                source=PUSH,
                conversation=last.conversation,
                provider_state="closed",
            )
        return None

    @api.model
    def _pushed_active(self, entry):
        """Whether a fresh push says that this customer is in conversation.

        :param dialer.queue.entry entry: one entry
        :rtype: bool
        """
        subject = self._prepare_subject(entry.id, entry._called()[entry.id])
        verdict = self._pushed_verdicts(entry.company_id, [subject]).get(subject.ref)
        return bool(verdict) and verdict.state == ACTIVE
