# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's own do-not-call list, which holds for all companies."""

from odoo import api, fields, models

from ...plinx.phone import identities


class PhoneBlacklist(models.Model):
    _inherit = "phone.blacklist"

    dialer_key = fields.Char(
        compute="_compute_dialer_key",
        store=True,
        index="btree_not_null",
        help="Digits of the number as the dialer compares it, however it was typed.",
    )

    @api.depends("number")
    def _compute_dialer_key(self):
        for record in self:
            found = identities(record.number or "", None)
            record.dialer_key = found[0].key if found else False

    @api.model_create_multi
    def create(self, vals_list):
        """Block numbers everywhere; their customers leave all queues at once."""
        records = super().create(vals_list)
        self._block(records.filtered("active"))
        return records

    def write(self, vals):
        """Block or free numbers; the queues follow."""
        before = self.filtered("active").mapped("number")
        result = super().write(vals)
        if {"active", "number"} & vals.keys():
            blocked = self.filtered("active")
            self._block(blocked)
            self._unblock(set(before) - set(blocked.mapped("number")))
        return result

    def unlink(self):
        """Free numbers; their customers come back to the queues."""
        before = self.filtered("active").mapped("number")
        result = super().unlink()
        self._unblock(before)
        return result

    @api.model
    def _block(self, records):
        # sudo: the list is for all companies
        entries = self.env["dialer.queue.entry"].sudo()
        entries._withdraw_numbers(records.mapped("number"))

    @api.model
    def _unblock(self, numbers):
        # sudo: the list is for all companies
        entries = self.env["dialer.queue.entry"].sudo()
        entries._bring_back_numbers(list(numbers))
