# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer adds to contacts."""

from odoo import fields, models
from odoo.fields import NO_ACCESS

from ...tools import inputs


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "dialer.customer.mixin"]

    dialer_attendance_ids = fields.One2many(
        "dialer.attendance",
        "partner_id",
        string="Attendances",
        groups="dialer_plinx_gate.group_dialer_agent",
    )
    dialer_number_ids = fields.One2many(
        "dialer.number",
        "partner_id",
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
        """Count the attendances; a company counts those of its contacts too."""
        self.dialer_attendance_count = 0
        everyone = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.ids)], ["parent_id"]
        )
        counts = self.env["dialer.attendance"]._read_group(
            [("partner_id", "in", everyone.ids)], ["partner_id"], ["__count"]
        )
        asked = set(self._ids)
        for partner, count in counts:
            while partner:
                if partner.id in asked:
                    partner.dialer_attendance_count += count
                partner = partner.parent_id

    def action_view_dialer_attendances(self):
        """Open the attendances of the customer and, on a company, its contacts'.

        :return: window action
        :rtype: dict
        """
        inputs.one(self)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "dialer_plinx_gate.dialer_attendance_action"
        )
        action["domain"] = [("partner_id", "child_of", self.id)]
        action["context"] = {"default_partner_id": self.id}
        return action
