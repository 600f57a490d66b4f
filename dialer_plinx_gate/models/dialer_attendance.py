# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DialerAttendance(models.Model):
    _name = "dialer.attendance"
    _description = "Attendance"
    _order = "date desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
    )
    lead_id = fields.Many2one(
        "crm.lead", index="btree_not_null", ondelete="cascade", check_company=True
    )
    campaign_id = fields.Many2one(
        "dialer.campaign",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    entry_id = fields.Many2one(
        "dialer.queue.entry", index="btree_not_null", ondelete="set null"
    )
    session_id = fields.Many2one("dialer.session", ondelete="set null")
    gate_event_id = fields.Many2one("dialer.gate.event", ondelete="set null")
    user_id = fields.Many2one(
        "res.users",
        string="Agent",
        required=True,
        default=lambda self: self.env.user,
        index=True,
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now, index=True)
    result_id = fields.Many2one(
        "dialer.result", required=True, ondelete="restrict", check_company=True
    )
    origin = fields.Selection(
        [("dialer", "Dialer"), ("manual", "Manual")], required=True, default="manual"
    )
    channel = fields.Selection(
        [("phone", "Phone"), ("whatsapp", "WhatsApp")], required=True, default="phone"
    )
    phone = fields.Char()
    duration = fields.Integer(help="Length of the call in seconds.", aggregator="avg")
    wrap_up = fields.Integer(
        string="Wrap-up",
        readonly=True,
        aggregator="avg",
        help="Seconds from the end of the talk to the result.",
    )
    note = fields.Text()
    next_contact_at = fields.Datetime(string="Next contact")
    activity_id = fields.Many2one("mail.activity", ondelete="set null", copy=False)

    _number = models.Index("(phone, company_id) WHERE phone IS NOT NULL")
    _user_day = models.Index("(user_id, date)")
    _once_per_verdict = models.UniqueIndex(
        "(gate_event_id) WHERE gate_event_id IS NOT NULL",
        "This answer was recorded already.",
    )

    @api.constrains("partner_id", "lead_id")
    def _check_customer(self):
        for attendance in self:
            if not attendance.partner_id and not attendance.lead_id:
                raise ValidationError(
                    self.env._("An attendance needs a customer or a lead.")
                )

    @api.depends("result_id", "partner_id", "lead_id")
    def _compute_display_name(self):
        for attendance in self:
            customer = attendance.partner_id or attendance.lead_id
            attendance.display_name = " – ".join(
                filter(None, (customer.display_name, attendance.result_id.name))
            )
