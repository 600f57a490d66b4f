# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The popup of the plain form that asks how a call ended."""

from odoo import fields, models

from ..tools import inputs


class DialerCallResult(models.TransientModel):
    _name = "dialer.call.result"
    _description = "Result of a call"
    _inherit = ["dialer.session.popup", "dialer.bounds.mixin"]
    _check_company_auto = True

    # required in the form only: the popup opens before one is chosen
    result_id = fields.Many2one("dialer.result", check_company=True)
    company_id = fields.Many2one(related="session_id.company_id")
    effect = fields.Selection(related="result_id.effect")
    next_contact_at = fields.Datetime(string="Next contact")
    note = fields.Text()

    def action_save(self):
        """Register the result, and go on to the next customer.

        :return: action that shows where the session stands now
        :rtype: dict
        """
        inputs.one(self)
        state = self.session_id.register_result(
            self.result_id.id,
            note=self.note,
            next_contact_at=self.next_contact_at,
            entry_id=self.entry_id.id,
            go_on=True,
        )
        return self.session_id._state_action(state)
