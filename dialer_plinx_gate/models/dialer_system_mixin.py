# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class DialerSystemMixin(models.AbstractModel):
    _name = "dialer.system.mixin"
    _description = "Record that the dialer itself relies on"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short technical name, the same in every language.")
    sequence = fields.Integer(default=50)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: it is offered in every company."
    )
    is_system = fields.Boolean(
        readonly=True,
        copy=False,
        help="Made by the dialer, which relies on its meaning. Its name can be "
        "translated; it cannot be deleted, archived or given another meaning.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("is_system") for vals in vals_list):
            raise UserError(self.env._("Only the dialer itself makes system records."))
        return super().create(vals_list)

    def write(self, vals):
        """Refuse a change of meaning of the records that the dialer relies on."""
        changed = self._meaning_fields() & vals.keys()
        if "name" in vals and self.env.lang in (None, "en_US"):
            # the source term is the meaning; other languages are translations
            changed |= {"name"}
        if changed:
            if not self.env.su and "is_system" in changed:
                raise UserError(
                    self.env._("Only the dialer itself makes system records.")
                )
            for record in self.filtered("is_system"):
                if any(
                    self._fields[name].convert_to_write(record[name], record)
                    != vals[name]
                    for name in changed
                ):
                    raise UserError(
                        self.env._(
                            "“%(name)s” is used by the dialer itself: it cannot be "
                            "archived or given another meaning.",
                            name=record.display_name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_system(self):
        for record in self.filtered("is_system"):
            raise UserError(
                self.env._(
                    "“%(name)s” is used by the dialer itself and cannot be deleted.",
                    name=record.display_name,
                )
            )

    @api.model
    def _meaning_fields(self):
        """Names of the fields that make up a record's meaning.

        :rtype: frozenset[str]
        """
        return frozenset({"code", "is_system", "active", "company_id"})
