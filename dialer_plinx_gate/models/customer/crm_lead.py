# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer adds to leads."""

from odoo import fields, models
from odoo.fields import NO_ACCESS

from ...tools import inputs


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "dialer.customer.mixin"]

    dialer_attendance_ids = fields.One2many(
        "dialer.attendance",
        "lead_id",
        string="Attendances",
        groups="dialer_plinx_gate.group_dialer_agent",
    )
    dialer_number_ids = fields.One2many(
        "dialer.number",
        "lead_id",
        string="Numbers",
        compute="_compute_dialer_number_ids",
        store=True,
        groups=NO_ACCESS,
    )

    # a number that must not be called is looked for in all queues
    _dialer_phone_sanitized = models.Index(
        "(phone_sanitized) WHERE phone_sanitized IS NOT NULL"
    )

    def _compute_dialer_attendance_count(self):
        counts = dict(
            self.env["dialer.attendance"]._read_group(
                [("lead_id", "in", self.ids)], ["lead_id"], ["__count"]
            )
        )
        for lead in self:
            lead.dialer_attendance_count = counts.get(lead._origin, 0)

    def action_view_dialer_attendances(self):
        """Open the attendances of the lead.

        :return: window action
        :rtype: dict
        """
        inputs.one(self)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "dialer_plinx_gate.dialer_attendance_action"
        )
        action["domain"] = [("lead_id", "=", self.id)]
        action["context"] = {
            "default_lead_id": self.id,
            "default_partner_id": self.partner_id.id,
        }
        return action
