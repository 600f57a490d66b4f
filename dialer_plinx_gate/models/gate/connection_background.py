# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ...plinx.breaker import CALL, allow
from ...plinx.verdict import utcnow


class PlinxConnection(models.Model):
    _inherit = "plinx.connection"

    @api.model
    def _background_adapter(self, company):
        """The adapter for work that no agent waits for.

        Such work never probes: that is left to whoever needs an answer.

        :param res.company company: one company
        :return: None when Plinx is not to be asked now
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Adapter | None
        """
        state = self._of(company)._breaker()
        if state.auth_error or allow(state, utcnow()) != CALL:
            return None
        return self._adapter(company)
