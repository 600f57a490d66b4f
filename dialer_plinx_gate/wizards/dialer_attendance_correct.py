# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The popup that corrects the result of a call."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import inputs

# What the person fills in; the rest is the attendance's.
FILLED_IN = frozenset({"result_id", "reason", "note", "next_contact_at"})


class DialerAttendanceCorrect(models.TransientModel):
    _name = "dialer.attendance.correct"
    _inherit = ["dialer.customer.names", "dialer.bounds.mixin"]
    _description = "Correction of a result"
    _check_company_auto = True

    attendance_id = fields.Many2one("dialer.attendance", required=True, readonly=True)
    partner_id = fields.Many2one(related="attendance_id.partner_id")
    lead_id = fields.Many2one(related="attendance_id.lead_id")
    date = fields.Datetime(related="attendance_id.date", string="Call")
    company_id = fields.Many2one(related="attendance_id.company_id")
    before_id = fields.Many2one(
        "dialer.result", string="Current result", required=True, readonly=True
    )
    moves_queue = fields.Boolean(
        compute="_compute_moves_queue",
        help="The customer has not been called since, so the queue follows the "
        "correction.",
    )
    result_id = fields.Many2one(
        "dialer.result",
        string="New result",
        check_company=True,
        domain="[('code', '!=', 'no_result'), ('id', '!=', before_id),"
        " ('company_id', 'in', [False, company_id])]",
    )
    effect = fields.Selection(related="result_id.effect")
    reason = fields.Char(
        help="Why the result is being corrected. Others can read it later."
    )
    next_contact_at = fields.Datetime(string="Next contact")
    note = fields.Text()

    @api.depends("attendance_id")
    def _compute_moves_queue(self):
        for popup in self:
            # sudo: whether the queue has moved on, whatever the reader sees of it
            call = popup.attendance_id.sudo()
            popup.moves_queue = bool(call) and call._in_queue()

    @api.model_create_multi
    def create(self, vals_list):
        """Open corrections, of calls that this user may correct.

        :raise AccessError: for a call of somebody else
        :raise UserError: when it cannot be corrected, saying why
        """
        vals_list = [
            self._of_attendance(self._add_missing_default_values(vals))
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        """Fill in the correction; what it is about does not change."""
        for name in vals.keys() - FILLED_IN:
            field = self._fields.get(name)
            if not field or any(
                popup[name]
                != field.convert_to_record(
                    field.convert_to_cache(vals[name], popup, validate=False), popup
                )
                for popup in self
            ):
                raise AccessError(
                    self.env._("A correction stays with the call it was opened for.")
                )
        return super().write(
            {name: value for name, value in vals.items() if name in FILLED_IN}
        )

    @api.model
    def _of_attendance(self, values):
        """Take from the attendance what is the attendance's."""
        attendance_id = values.get("attendance_id")
        attendance = self.env["dialer.attendance"]
        if inputs.is_id(attendance_id):
            attendance = attendance.browse(attendance_id)
        attendance._check_correctable()
        filled_in = {key: values[key] for key in FILLED_IN if key in values}
        return {
            "note": attendance.note,
            **filled_in,
            "attendance_id": attendance.id,
            "before_id": attendance.result_id.id,
        }

    def action_save(self):
        """Correct the result, with all that followed from it.

        :return: window action that closes the popup, after a notification where the
            next contact was brought into the calling hours
        :rtype: dict
        :raise UserError: when something is missing, or somebody was faster
        """
        inputs.one(self)
        self.attendance_id._correct(
            self.before_id,
            self.result_id,
            self.reason,
            next_contact_at=self.next_contact_at,
            note=self.note or False,
        )
        close = {
            "type": "ir.actions.act_window_close",
            "infos": {"corrected": self.attendance_id.id},
        }
        call = self.attendance_id
        # sudo: the zone of the company is all that is read of the queue
        moved = call.sudo().entry_id._moved_sentence(
            self.next_contact_at, call.next_contact_at
        )
        if not moved:
            return close
        params = {"message": moved, "type": "info", "next": close}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": params,
        }
