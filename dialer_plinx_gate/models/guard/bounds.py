# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bounds of what a person may type: one place for every text, moment, file and list.

Numbers have bounds of their own, each a constraint of its model; here it is only seen
to that the database can hold them.
"""

import base64
import math
from datetime import date

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

# Characters of a line, and of a text of several lines.
LONGEST_LINE = 1_024
LONGEST_TEXT = 10_000
# Bytes of a file.
LARGEST_FILE = 20 * 1024 * 1024
# Records in a list such as the tags of a filter.
MOST_LINKS = 2_000
# What PostgreSQL keeps as integer.
LARGEST_INTEGER = 2**31 - 1
LARGEST_FLOAT = 1e15
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def is_storable(text):
    """Whether the database takes every character of a text.

    :param str text: any text
    :rtype: bool
    """
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def check_bounds(records, vals, names=None):
    """Refuse values that are too long, too large, too many or out of time.

    What only the dialer writes (readonly fields) is the dialer's to look after.

    :param records: records, possibly none, of the model that the values are for
    :param dict vals: values as for ``write``
    :param names: only these fields; None for all
    :raise ValidationError: naming the field and its bound
    """
    for name, value in vals.items():
        field = records._fields.get(name)
        if not field or field.readonly or (names is not None and name not in names):
            continue
        check = CHECKS.get(field.type)
        if check and (sentence := check(records.env, field, value)):
            raise ValidationError(sentence)


def _label(env, field):
    return field._description_string(env)


def _text_fault(env, field, value):
    text = str(value or "")
    most = LONGEST_LINE if field.type == "char" else LONGEST_TEXT
    most = getattr(field, "longest", most)
    if len(text) > most:
        return env._(
            "“%(field)s” is too long: %(length)s characters, where %(most)s fit.",
            field=_label(env, field),
            length=len(text),
            most=most,
        )
    if not is_storable(text):
        return env._(
            "“%(field)s” holds characters that cannot be stored. Type it again.",
            field=_label(env, field),
        )
    return None


def _number_fault(env, field, value):
    try:
        number = float(value or 0)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    largest = LARGEST_INTEGER if field.type == "integer" else LARGEST_FLOAT
    if abs(number) <= largest:
        return None
    return env._(
        "“%(field)s” needs a number of a sensible size.", field=_label(env, field)
    )


def _moment_fault(env, field, value):
    if not value:
        return None
    try:
        day = fields.Date.to_date(value)
    except (TypeError, ValueError, AttributeError):
        day = None
    if day and EARLIEST <= day < LATEST:
        return None
    return env._(
        "“%(field)s” needs a date between %(first)s and %(last)s.",
        field=_label(env, field),
        first=EARLIEST.year,
        last=LATEST.year,
    )


def _file_fault(env, field, value):
    if not value:
        return None
    try:
        # three bytes stand in four characters
        if len(value) * 3 // 4 <= LARGEST_FILE and base64.b64decode(value) is not None:
            return None
    except (TypeError, ValueError):
        return env._(
            "“%(field)s” is no file: its content has to be base64.",
            field=_label(env, field),
        )
    return env._(
        "“%(field)s” is too large: a file may have %(most)s MB.",
        field=_label(env, field),
        most=LARGEST_FILE // 1024**2,
    )


def _links_fault(env, field, value):
    if _count_links(value) <= MOST_LINKS:
        return None
    return env._(
        "“%(field)s” takes %(most)s records at the most.",
        field=_label(env, field),
        most=MOST_LINKS,
    )


def _count_links(value):
    if isinstance(value, models.BaseModel):
        return len(value)
    commands = value if isinstance(value, (list, tuple)) else ()
    return sum(
        len(command[2])
        if isinstance(command, (list, tuple)) and command[:1] in ([6], (6,))
        else 1
        for command in commands
    )


CHECKS = {
    "char": _text_fault,
    "text": _text_fault,
    "html": _text_fault,
    "integer": _number_fault,
    "float": _number_fault,
    "date": _moment_fault,
    "datetime": _moment_fault,
    "binary": _file_fault,
    "many2many": _links_fault,
}


class DialerBoundsMixin(models.AbstractModel):
    _name = "dialer.bounds.mixin"
    _description = "Record whose values have bounds"

    def _valid_field_parameter(self, field, name):
        """Let a text say with ``longest=`` that it may have more characters."""
        return name == "longest" or super()._valid_field_parameter(field, name)

    def _add_missing_default_values(self, values):
        """Check what a record is made of, defaults from the context included."""
        values = super()._add_missing_default_values(values)
        check_bounds(self, values)
        return values

    def write(self, vals):
        """Check what is changed."""
        check_bounds(self, vals)
        return super().write(vals)

    def _check_company(self, fnames=None):
        """Refuse links into another company, without the names that Odoo would tell.

        :raise UserError: naming no record
        """
        try:
            return super()._check_company(fnames)
        except UserError:
            # not chained: what the client calls details would tell the names
            raise UserError(
                self.env._(
                    "What is chosen here belongs to another company. Choose something "
                    "of %(company)s.",
                    # sudo: a company is named to whoever writes its records
                    company=", ".join(self.sudo().company_id.mapped("name")),
                )
            ) from None
