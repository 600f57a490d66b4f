# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..plinx.client import AGENT, Config, PlinxV1
from ..plinx.verdict import UNKNOWN, Verdict


class PlinxConnection(models.Model):
    _name = "plinx.connection"
    _description = "Connection to Plinx"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )

    _company_unique = models.Constraint(
        "UNIQUE(company_id)", "A company has one connection to Plinx."
    )

    @api.model
    def _adapter(self, company):
        """The adapter that speaks to this company's provider.

        :param res.company company: one company
        :return: None when no address or no token is set
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Adapter | None
        """
        # sudo: address and token are hidden from those for whom the gate asks
        company = company.sudo()
        if not company.plinx_url or not company.plinx_token_value:
            return None
        return PlinxV1(
            Config(
                base_url=company.plinx_url,
                token=company.plinx_token_value,
                allowed_hosts=company._plinx_allowed_hosts(),
                rules=company._plinx_active_rules(),
                total=company.plinx_timeout,
            )
        )

    @api.model
    def _lookup_many(self, company, subjects):
        """Ask Plinx about many customers at once, as an agent waits.

        :param res.company company: one company
        :param list subjects: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        :return: a verdict for every ref; never an exception
        :rtype: dict[str, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        adapter = self._adapter(company)
        if adapter is None:
            missing = Verdict(UNKNOWN, "not_configured")
            return {subject.ref: missing for subject in subjects}
        return adapter.lookup_many(subjects, AGENT)
