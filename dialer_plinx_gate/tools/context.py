# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer takes over from a caller's context before it acts as superuser."""

KEPT = ("uid", "lang", "tz", "allowed_company_ids", "dialer_console")


def own_context(context: dict) -> dict:
    """Keep who calls and how to speak to them.

    Defaults and the dialer's own marks must not come from outside: they would steer
    what is written as superuser.
    """
    return {key: context[key] for key in KEPT if key in context}
