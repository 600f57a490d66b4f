# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A company's connection to its provider: the adapter, and how the gate asks it."""

from odoo import api, fields, models

from ...plinx.breaker import CALL, allow
from ...plinx.client import AGENT, Config, PlinxV1
from ...plinx.reasons import NOT_CONFIGURED
from ...plinx.verdict import UNKNOWN, Verdict, utcnow
from ...tools.server_config import option

# The clocks' difference is kept anew when it has changed by more seconds.
SKEW_STEP = 1


class PlinxConnection(models.Model):
    _name = "plinx.connection"
    _description = "Connection to Plinx"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )

    skew_s = fields.Float(
        string="Clock ahead (s)",
        readonly=True,
        help="How many seconds Plinx's clock is ahead of this server's.",
    )

    _company_unique = models.Constraint(
        "UNIQUE(company_id)", "Each company has one connection to Plinx."
    )

    @api.model
    def _of(self, company):
        """The connection of a company.

        :param res.company company: one company
        :rtype: plinx.connection
        """
        # sudo: agents ask by way of a connection that only administrators may read
        return self.sudo().search([("company_id", "=", company.id)])

    @api.model
    def _ensure_for(self, companies):
        """Make the connections that these companies lack.

        They are made with the company, not at the first question: an agent's
        request shall never wait for another one that makes the same row.

        :param res.company companies: companies of any number
        """
        # sudo: nobody has the right to make connections by hand
        self = self.sudo()
        missing = (
            companies - self.search([("company_id", "in", companies.ids)]).company_id
        )
        self.create([{"company_id": company.id} for company in missing])

    @api.model
    def _ensure_all(self):
        """Make the connections that are missing; at installation and upgrade."""
        known = self.search([("company_id", "!=", False)]).company_id
        others = self.env["res.company"].search([("id", "not in", known.ids)])
        self._ensure_for(others)

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
        return self._new_adapter(
            base_url=company.plinx_url,
            token=company.plinx_token_value,
            ca_path=option("plinx_ca_path") or None,
            rules=company._plinx_active_rules(),
            total=company.plinx_timeout,
        )

    @api.model
    def _new_adapter(self, base_url="", token="", **config):
        """Make an adapter: the one place that knows the provider's.

        Without an address it still reads events.

        :param config: see odoo.addons.dialer_plinx_gate.plinx.client.Config
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Adapter
        """
        # the server's file decides, not the database: an administrator of Odoo is not
        # always one of the machine
        hosts = self.env["res.company"]._plinx_allowed_hosts()
        return PlinxV1(Config(base_url, token, allowed_hosts=hosts, **config))

    @api.model
    def _background_adapter(self, company):
        """The adapter for work that no agent waits for.

        Such work never probes: that is left to whoever needs an answer.

        :param res.company company: one company
        :return: None when Plinx is not to be asked now
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Adapter | None
        """
        # a token that was refused is not tried again before somebody changes it
        state = self._of(company)._breaker()
        if state.auth_error or allow(state, utcnow()) != CALL:
            return None
        return self._adapter(company)

    @api.model
    def _lookup_many(self, company, subjects):
        """Ask Plinx about many customers at once, as an agent waits.

        While the circuit breaker is open nobody is asked.

        :param res.company company: one company
        :param list subjects: odoo.addons.dialer_plinx_gate.plinx.client.Subject
        :return: a verdict for every ref; never an exception
        :rtype: dict[str, odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict]
        """
        adapter = self._adapter(company)
        connection = self._of(company)
        if adapter is None:
            refusal = Verdict(UNKNOWN, NOT_CONFIGURED)
            connection._record_missing()
        else:
            refusal = connection._refusal()
        # everybody gets the same verdict, and no request leaves this server
        if refusal:
            return {subject.ref: refusal for subject in subjects}
        answers = adapter.lookup_many(subjects, AGENT)
        # after the answer: nobody holds the row while Plinx is awaited
        connection._record_outcomes(adapter.outcomes, answers.values())
        connection._learn_skew(adapter.skew_s)
        return answers

    def _learn_skew(self, skew_s):
        """Keep how far Plinx's clock is ahead, where that has changed; never waits.

        :param float skew_s: seconds; None when no answer told the time
        """
        if not self or skew_s is None or abs(skew_s - self.skew_s) <= SKEW_STEP:
            return
        if self._lock_breaker() is not None:
            self.skew_s = skew_s
            self.flush_recordset(["skew_s"])
