# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models

# What the dialer makes use of, if Plinx offers it.
WANTED_FEATURES = ("batch", "list", "webhooks", "bsuid")
GOOD, BAD = Markup("✓"), Markup("✗")


class PlinxConnectionTest(models.TransientModel):
    _name = "plinx.connection.test"
    _description = "Test of the connection to Plinx"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    ok = fields.Boolean(readonly=True)
    reason = fields.Char(readonly=True)
    message = fields.Char(string="Result", readonly=True)
    report = fields.Html(readonly=True, sanitize=False)
    latency_ms = fields.Integer(string="Time to answer (ms)", readonly=True)

    @api.model
    def _run(self, company):
        """Ask Plinx how it is, and keep what was found for the dialog.

        When Plinx is well, the dialer goes on at once.

        :param res.company company: whose connection to test
        :rtype: plinx.connection.test
        """
        connection = self.env["plinx.connection"]._of(company)
        adapter = connection._adapter(company)
        if adapter is None:
            return self._create_result(company, False, "not_configured", {})
        health = adapter.health()
        if health.ok:
            connection._record_outcomes(adapter.outcomes, [health])
        return self._create_result(
            company, health.ok, health.reason, health.detail, health
        )

    @api.model
    def _create_result(self, company, ok, reason, detail, health=None):
        sentence = self.env["dialer.gate"]._reason_sentence(reason, detail)
        reached = bool(health and health.contract)
        lines = self._lines(health) if reached else [(False, sentence)]
        return self.create(
            {
                "company_id": company.id,
                "ok": ok,
                "reason": reason,
                "message": sentence,
                "report": Markup("").join(
                    Markup("<p>%s %s</p>") % (GOOD if good else BAD, text)
                    for good, text in lines
                ),
                "latency_ms": health and health.latency_ms,
            }
        )

    @api.model
    def _lines(self, health):
        """What was found when Plinx answered, good or bad, one sentence each.

        :param health: odoo.addons.dialer_plinx_gate.plinx.client.Health
        :rtype: list[tuple[bool, str]]
        """
        missing = [name for name in WANTED_FEATURES if name not in health.features]
        skewed = health.reason == "clock"
        known = health.reason != "wrong_contract"
        return [
            (
                True,
                self.env._(
                    "Plinx answers in %(ms)s ms as “%(tenant)s”.",
                    ms=health.latency_ms,
                    tenant=health.tenant or "?",
                ),
            ),
            (True, self.env._("The token is accepted.")),
            (
                known,
                self.env._("Version of the contract: %(v)s.", v=health.contract),
            ),
            (
                not missing,
                self.env._("Missing features: %(names)s.", names=", ".join(missing))
                if missing
                else self.env._(
                    "Features: %(names)s.", names=", ".join(health.features)
                ),
            ),
            (
                not skewed,
                self.env._(
                    "The clocks differ by %(s)s s; set the time of this server.",
                    s=round(abs(health.skew_s)),
                )
                if skewed
                else self.env._("The clocks agree."),
            ),
        ]
