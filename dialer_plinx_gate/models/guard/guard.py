# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a person may not change, whatever rights they have on the model.

A field that is declared ``readonly`` is so for the screen only; here it is so for
everybody but the dialer, which writes with ``sudo()``.
"""

from odoo import api, models
from odoo.exceptions import AccessError

USER_LINK = ("many2one", "res.users")


class DialerGuardMixin(models.AbstractModel):
    _name = "dialer.guard.mixin"
    _description = "Record of one company, with fields that are the dialer's own"
    _inherit = ["dialer.bounds.mixin"]

    # -------------------------------------------------------------------------
    # Which fields
    # -------------------------------------------------------------------------

    @api.model
    def _fixed_fields(self):
        """Names of the fields that stay as the record was made: its company, and the
        link that decides which company that is.

        :rtype: frozenset[str]
        """
        company = self._fields["company_id"]
        path = (company.related or "").split(".")[:1] if company.related else []
        return frozenset({"company_id", *path})

    @api.model
    def _dialer_fields(self):
        """Names of the fields that only the dialer writes.

        :rtype: frozenset[str]
        """
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.readonly and field.store and name not in models.MAGIC_COLUMNS
        )

    def _person_may_set(self, name, value):
        """Whether a person may give these records this value of a dialer's field.

        System administrators may: theirs is to repair what went wrong.

        :param str name: one of :meth:`_dialer_fields`
        :param value: as for ``write``
        :rtype: bool
        """
        return self.env.user._is_system()

    # -------------------------------------------------------------------------
    # Guard
    # -------------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Take the dialer's fields from the code, not from context or user defaults."""
        values = super().default_get(fields)
        if not self.env.su:
            for name in self._dialer_fields() & values.keys():
                if self._fields[name].default:
                    values[name] = self._own_default(name)
                else:
                    del values[name]
        return values

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse values of the dialer's fields, and links to what is not theirs."""
        if not self.env.su:
            for vals in vals_list:
                self._check_new(vals)
                self._check_links(vals)
        records = super().create(vals_list)
        if not self.env.su:
            for record, vals in zip(records, vals_list, strict=True):
                record._check_people(vals)
        return records

    def write(self, vals):
        """Refuse a change of the company, and of the dialer's fields."""
        if self.env.su:
            return super().write(vals)
        self._check_changes(vals)
        self._check_links(vals)
        result = super().write(vals)
        self._check_people(vals)
        return result

    def _check_new(self, vals):
        for name in self._dialer_fields() & vals.keys():
            default = self._own_default(name)
            given = vals[name] or default
            if given != default and not self._person_may_set(name, given):
                self._refuse_dialer_field(name)

    def _check_changes(self, vals):
        for name in self._fixed_fields() & vals.keys():
            if self._is_change(name, vals[name]):
                raise AccessError(
                    self.env._(
                        "“%(field)s” of %(records)s stays as it is. Make a new record "
                        "instead.",
                        field=self._fields[name]._description_string(self.env),
                        records=self._description,
                    )
                )
        for name in self._dialer_fields() & vals.keys():
            if self._is_change(name, vals[name]) and not self._person_may_set(
                name, vals[name]
            ):
                self._refuse_dialer_field(name)

    def _check_links(self, vals):
        """See to it that a person links only to what they may read.

        A link shows the name of what it leads to.
        """
        for name, value in vals.items():
            field = self._fields.get(name)
            if field and field.type == "many2one" and value:
                linked = field.convert_to_cache(value, self, validate=False)
                self.env[field.comodel_name].browse(linked).check_access("read")

    def _check_people(self, names):
        """See to it that whom a person puts into a record works in its company.

        Users are no secret to each other, so that reading them says nothing.
        """
        for name in names:
            field = self._fields.get(name)
            if not field or (field.type, field.comodel_name) != USER_LINK:
                continue
            # sudo: companies of others are compared, not shown
            for record in self.sudo():
                user, company = record[name], record.company_id
                if user and company and company not in user.company_ids:
                    raise AccessError(
                        self.env._(
                            "“%(field)s” has to be somebody of %(company)s.",
                            field=field._description_string(self.env),
                            company=company.name,
                        )
                    )

    def _refuse_dialer_field(self, name):
        raise AccessError(
            self.env._(
                "“%(field)s” is set by the dialer itself and is not changed by hand.",
                field=self._fields[name]._description_string(self.env),
            )
        )

    def _is_change(self, name, value):
        """Whether one of these records has another value.

        :rtype: bool
        """
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            return True
        try:
            new = field.convert_to_cache(value, self, validate=False)
        except (TypeError, ValueError):
            return True
        # sudo: compared, not shown
        return any(
            field.convert_to_cache(record[name], record, validate=False) != new
            for record in self.sudo()
        )

    @api.model
    def _own_default(self, name):
        """What the code gives a field of a new record, as for ``write``."""
        field = self._fields[name]
        if not field.default:
            return False
        value = field.convert_to_cache(field.default(self), self, validate=False)
        return field.convert_to_write(value, self)
