# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class DialerSession(models.Model):
    _name = "dialer.session"
    _inherit = "dialer.session"

    def _record(self, steps):
        """Keep also the ids by which Plinx knows these customers.

        :rtype: dialer.gate.event
        """
        for name in ("res.partner", "crm.lead"):
            self.env[name]._dialer_learn_identities(
                {
                    step.entry._customer(): step.verdict.conversation
                    for step in steps
                    if step.verdict.conversation
                    and step.entry._customer()._name == name
                }
            )
        return super()._record(steps)

    def _is_fresh(self):
        """A push since the last answer, saying that they talk, outdates it."""
        return super()._is_fresh() and not self.env["dialer.gate"]._pushed_active(
            self.entry_id
        )
