# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    guard,
    live,
    gate,
    company,
    customer,
    queue,
    session,
    campaign,
    report,
)
