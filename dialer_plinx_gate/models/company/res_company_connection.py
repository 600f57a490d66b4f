# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

# Who changes one of these wants Plinx to be tried again at once.
CONNECTION_FIELDS = ("plinx_url", "plinx_token_value", "plinx_timeout")


class ResCompany(models.Model):
    _inherit = "res.company"

    gate_event_days = fields.Integer(
        string="Keep the gate's verdicts for (days)",
        default=90,
        help="Older rows of “why was this customer not dialed?” are deleted by night.",
    )

    _gate_event_days_range = models.Constraint(
        "CHECK(gate_event_days IS NULL OR gate_event_days BETWEEN 1 AND 3650)",
        "The gate's verdicts are kept for at least one day and at most ten years.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env["plinx.connection"]._ensure_for(companies)
        return companies

    def write(self, vals):
        """Give the connection a fresh start when its settings change."""
        if not vals.keys() & set(CONNECTION_FIELDS):
            return super().write(vals)
        before = self._connection_settings()
        result = super().write(vals)
        after = self._connection_settings()
        for company in self:
            if before[company] != after[company]:
                self.env["plinx.connection"]._of(company)._reset()
        return result

    def _connection_settings(self):
        """What the connections of these companies depend on, to compare.

        :rtype: dict[res.company, list]
        """
        # sudo: the address and the token are compared, not shown
        return {
            company: [company.sudo()[name] for name in CONNECTION_FIELDS]
            for company in self
        }
