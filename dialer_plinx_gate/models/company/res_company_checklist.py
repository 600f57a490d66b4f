# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dialer_parameter_chosen = fields.Boolean(
        copy=False,
        help="Somebody decided what happens with customers in conversation.",
    )
    dialer_checklist_closed = fields.Boolean(
        copy=False, help="The first steps of the dialer are not shown any more."
    )

    def write(self, vals):
        """Note that the company has decided about customers in conversation."""
        result = super().write(vals)
        if "dial_active_whatsapp" in vals:
            # sudo: a note beside the parameter, by whoever was allowed to change that
            undecided = self.sudo().filtered(lambda c: not c.dialer_parameter_chosen)
            undecided.dialer_parameter_chosen = True
        return result
