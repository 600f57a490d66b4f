# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom to call: filters, fills, limits and imported lists."""

from . import (
    campaign,
    filters,
    fill,
    preview,
    protected_filters,
    list_import,
    list_customers,
    exhausted,
    limits,
    reopen,
    board,
    why_not,
)
