# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ...plinx.client import Subject
from ...plinx.reasons import sentence
from ...plinx.verdict import ACTIVE, FREE, UNKNOWN, Verdict

NO_PHONE = "no_phone"


class DialerGate(models.AbstractModel):
    _name = "dialer.gate"
    _description = "Gate before every dial"

    @api.model
    def _evaluate(self, entries):
        """Say of each entry whether its customer may be dialed now.

        This is the place for further gates: inherit, call super, and replace the
        verdicts of the entries that your gate knows better. Nothing is written,
        and no row is locked while the answer is awaited.

        :param dialer.queue.entry entries: entries of any campaigns
        :return: a verdict for each entry id
        :rtype: dict[int, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        verdicts = {}
        for company, group in entries.grouped("company_id").items():
            subjects = []
            for entry_id, called in group._customer_numbers().items():
                subject = self._prepare_subject(entry_id, called)
                if subject.wa_ids or subject.bsuids:
                    subjects.append(subject)
                else:
                    verdicts[entry_id] = Verdict(UNKNOWN, NO_PHONE)
            if subjects:
                verdicts.update(self._ask(company, subjects))
        return verdicts

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

    @api.model
    def _decide(self, verdict, company):
        """What the dialer does with a verdict, by the company's settings.

        :param verdict: verdict of one customer
        :param res.company company: whose settings count
        :return: ``dial``, ``skip``, ``ask`` or ``hold``
        :rtype: str
        """
        if company.plinx_shadow and verdict.reason != NO_PHONE:
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
        if verdict.reason == NO_PHONE:
            return "skip"
        if verdict.state == FREE:
            return "dial"
        if verdict.state == ACTIVE:
            return "ask" if company.dial_active_whatsapp else "skip"
        return company.plinx_failure_policy

    @api.model
    def _reason_sentence(self, code, detail):
        """The reason of a verdict in words, in the user's language.

        :param str code: reason code of a verdict
        :param dict detail: its detail
        :rtype: str
        """
        if code == NO_PHONE:
            return self.env._("The customer has no valid phone.")
        return sentence(code, detail, self.env._)
