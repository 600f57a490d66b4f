# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom to call: filters, fills, limits and imported lists."""

from . import (
    campaign,
    limits,
    filters,
    filter_rights,
    filter_time,
    filter_dates,
    protected_filters,
    preview,
    fill,
    reopen,
    list_import,
    list_import_reading,
    list_import_taking,
    list_import_problem,
    list_customers,
    why_not,
)
