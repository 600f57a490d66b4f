# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def _record(self, steps):
        """Keep also the ids by which Plinx knows these customers.

        :rtype: dialer.gate.event
        """
        learned = {"res.partner": {}, "crm.lead": {}}
        for step in steps:
            if step.verdict.conversation:
                entry = step.entry
                customer = entry.partner_id or entry.lead_id
                learned[customer._name][customer.id] = step.verdict.conversation
        for name, conversations in learned.items():
            self.env[name]._dialer_learn_identities(conversations)
        return super()._record(steps)

    def _is_fresh(self):
        """A push since the last answer, saying that they talk, outdates it."""
        return super()._is_fresh() and not self.env["dialer.gate"]._pushed_active(
            self.entry_id
        )
