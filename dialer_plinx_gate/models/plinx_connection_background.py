# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class PlinxConnection(models.Model):
    _name = "plinx.connection"
    _inherit = "plinx.connection"

    @api.model
    def _background_adapter(self, company):
        """The adapter for work that no agent waits for.

        :param res.company company: one company
        :return: None when Plinx is not to be asked now
        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Adapter | None
        """
        return self._adapter(company)
