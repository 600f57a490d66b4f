# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer takes over from a caller's context before it acts as superuser."""

from odoo.models import MAGIC_COLUMNS

KEPT = ("uid", "lang", "tz", "allowed_company_ids", "dialer_console")


def own_context(context: dict) -> dict:
    """Keep who calls and how to speak to them.

    Defaults and the dialer's own marks must not come from outside: they would steer
    what is written as superuser.
    """
    return {key: context[key] for key in KEPT if key in context}


def as_dialer(records):
    """The same records as the dialer itself works on them: as superuser.

    The caller has checked what the user may do, and says why this is needed.
    """
    context = own_context(records.env.context)
    return records.with_env(records.env(su=True, context=context))


def own_defaults(model) -> dict:
    """The defaults that the model itself gives, for every column.

    Context and ``ir.default``, which every user may set for themselves, would fill in
    what is missing, also in what the dialer makes as superuser.
    """
    values = {}
    for name, field in model._fields.items():
        column = field.store and field.column_type and not field.compute
        if not column or name in MAGIC_COLUMNS:
            continue
        value = field.default(model) if field.default else False
        values[name] = field.convert_to_write(value, model) if value else value
    return values
