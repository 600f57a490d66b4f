# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Records that the dialer itself relies on: results and pause reasons."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

SUPERVISORS = "dialer_plinx_gate.group_dialer_supervisor"


class DialerSystemMixin(models.AbstractModel):
    _name = "dialer.system.mixin"
    _description = "Record that the dialer itself relies on"
    _inherit = ["dialer.guard.mixin"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short technical name, the same in every language.")
    sequence = fields.Integer(default=50)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self._default_company(),
        help="Empty: it is offered in every company, and only system administrators "
        "can change it.",
    )
    is_system = fields.Boolean(
        readonly=True,
        copy=False,
        help="Made by the dialer, which relies on its meaning. Its name can be "
        "translated; it cannot be deleted, archived or given another meaning.",
    )

    @api.model
    def _default_company(self):
        """A supervisor makes what is for one company, an administrator for all."""
        return False if self.env.is_system() else self.env.company

    @api.private
    def check_access(self, operation):
        """Say in a sentence why a supervisor does not change what all companies use.

        The record rules decide, as they do in filters; they cannot say it.
        """
        try:
            return super().check_access(operation)
        except AccessError:
            # sudo: whether it belongs to one company is no secret
            shared = self.sudo().filtered(lambda record: not record.company_id)
            supervises = self.env.user.has_group(SUPERVISORS)
            if operation == "read" or not shared or not supervises:
                raise
            raise self._shared_error(shared[0].name) from None

    def _shared_error(self, name):
        return AccessError(
            self.env._(
                "“%(name)s” is offered in every company: only system administrators "
                "can change it. Create one for your company instead.",
                name=name,
            )
        )

    def _person_may_set(self, name, value):
        """Not even an administrator makes the records that the dialer relies on."""
        return name != "is_system" and super()._person_may_set(name, value)

    def write(self, vals):
        """Refuse a change of meaning of the records that the dialer relies on."""
        changed = self._meaning_fields() & vals.keys()
        if "name" in vals and self.env.lang in (None, "en_US"):
            # the source term is the meaning; other languages are translations
            changed |= {"name"}
        if changed:
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
