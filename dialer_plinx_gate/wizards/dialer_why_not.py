# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class DialerWhyNot(models.TransientModel):
    _name = "dialer.why.not"
    _description = "Why a customer is not being called"
    _rec_name = "subject"

    subject = fields.Char(readonly=True)
    line_ids = fields.One2many("dialer.why.not.line", "why_not_id", readonly=True)
    has_counts = fields.Boolean(compute="_compute_has_counts")

    @api.depends("line_ids.count")
    def _compute_has_counts(self):
        for popup in self:
            popup.has_counts = any(popup.line_ids.mapped("count"))

    @api.model
    def _open(self, subject, lines):
        """Show reasons in a popup.

        :param str subject: whom it is about
        :param list lines: values of dialer.why.not.line, in order
        :return: window action
        :rtype: dict
        """
        # sudo: the popup is made for the user, who may only read it
        popup = self.sudo().create(
            {
                "subject": subject,
                "line_ids": [fields.Command.create(line) for line in lines],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why not called?"),
            "res_model": self._name,
            "res_id": popup.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }


class DialerWhyNotLine(models.TransientModel):
    _name = "dialer.why.not.line"
    _description = "Reason why a customer is not being called"
    _order = "id"

    why_not_id = fields.Many2one("dialer.why.not", required=True, ondelete="cascade")
    campaign_id = fields.Many2one("dialer.campaign", readonly=True)
    reason = fields.Char(readonly=True)
    count = fields.Integer(string="Customers", readonly=True)
    until = fields.Datetime(readonly=True)
