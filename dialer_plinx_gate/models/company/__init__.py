# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A company's settings, its business days and its first steps."""

from . import (
    res_company,
    res_company_plinx,
    business_day,
    settings,
    res_config_settings,
    checklist,
)
