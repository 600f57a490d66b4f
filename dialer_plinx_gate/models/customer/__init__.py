# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer adds to contacts and leads."""

from . import (
    mixin,
    identity,
    phone_fields,
    mail_message,
    res_partner,
    partner_merge,
    crm_lead,
    number,
    number_reading,
)
